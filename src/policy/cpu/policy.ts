/**
 * What a CPU policy is: it sees one host through views, and writes targets, every `policies.cpu.every` and host.
 *
 * Its targets are the controls that the scheduler works by: shares, reservations, limits, and the clock.
 */

/**
 * One host and its VMs, as of now. Arrays run over the host's VMs and are copies. "Since" is since this policy last
 * decided; at the first time, when nothing has run yet, all of that is 0. What is not known is −1.
 */
export interface CpuView {
  readonly atNs: number;
  /** Simulated time since this policy last decided; 0 at first. */
  readonly elapsedNs: number;
  readonly hostName: string;
  /** Nominal clock of all cores together. */
  readonly capacityMhz: number;
  /** Nominal clock of one pCPU: the most that one vCPU can use. */
  readonly pcpuMhz: number;
  readonly pcpus: number;
  /** Clock in force, of the nominal one. */
  readonly frequencyPpm: number;
  /** Clocks to choose from, ascending; the last is 1_000_000. */
  readonly statesPpm: readonly number[];
  /** Part of its pCPUs' time with a vCPU or an interrupt, since. */
  readonly busyPpm: number;
  readonly vmNames: readonly string[];
  /** vCPUs online. */
  readonly vmVcpus: Uint32Array;
  /** 1: powered on. */
  readonly vmOn: Uint8Array;
  /** Controls as the scenario and its events have them, whatever the policy has made of them; Infinity: no limit. */
  readonly vmGivenShares: Float64Array;
  readonly vmGivenReservationMhz: Float64Array;
  readonly vmGivenLimitMhz: Float64Array;
  /** Nominal clock used, since. */
  readonly vmUsedMhz: Float64Array;
  /** Of its vCPUs' time since, 0 … 1_000_000: ready but not running, time that a limit took included. */
  readonly vmReadyPpm: Float64Array;
  readonly vmCostopPpm: Float64Array;
  /** (RUN + SYS) / (RUN + SYS + WAIT) since; −1 if nothing ran or waited. */
  readonly vmDemandPpm: Float64Array;
  /** Operations that its guest completed, since, and ever. */
  readonly vmOperations: Float64Array;
  readonly vmOperationsEver: Float64Array;
  /** Latency of the operations completed since; −1 if there are none. The p99 is up to 1/32 too high. */
  readonly vmLatencyMeanNs: Float64Array;
  readonly vmLatencyP99Ns: Float64Array;
  /** `policies.cpu.options` of the scenario: times in ns, parts in ppm. */
  readonly options: Readonly<Record<string, number | string>>;
}

/** What a policy may set. Arrays have one entry a VM of the host and hold what is in force. */
export interface CpuTargets {
  /** Whole numbers, 1 … 1_000_000. */
  readonly vmShares: Float64Array;
  /** 0 … the VM's limit; what is powered on has to be admitted by its pools and the host, all of it at once. */
  readonly vmReservationMhz: Float64Array;
  /** Above 0; Infinity: none. */
  readonly vmLimitMhz: Float64Array;
  /** One of `statesPpm`, enough for the reservations of what is on. Where a governor decides, its choice stands here. */
  frequencyPpm: number;
  /**
   * Reserves as much as admission lets through, given what the targets hold by now.
   *
   * @param vm   index of a VM of the host
   * @param mhz  wanted; what exceeds the VM's limit or finds no room is left out
   * @returns    what `vmReservationMhz[vm]` is now
   */
  reserve(vm: number, mhz: number): number;
  /**
   * Says why, for the record of decisions.
   *
   * @param row     index of a VM of the host, or "host"
   * @param reason  one sentence that a person can check
   * @param inputs  the numbers it rests on
   */
  because(row: number | "host", reason: string, inputs?: Readonly<Record<string, number>>): void;
}

export interface CpuPolicy {
  readonly name: string;
  decide(view: CpuView, targets: CpuTargets): void;
}

/** Most shares that a VM can have. */
export const SHARES_MAX = 1_000_000;
