/** Moving VMs as a scenario says it, in base units. */

export type MoveMode = "pre-copy" | "post-copy" | "hybrid" | "stop-and-copy";
export type MoveRule = "qemu" | "clark" | "vmotion" | "xen" | "remaining";
export type MovePhase = "reserved" | "disk" | "rounds" | "stop" | "state" | "commits" | "activates" | "push";

/** A migration. */
export interface MoveSpec {
  /** Index into `vms`. */
  readonly vm: number;
  /** Index into `hosts`. */
  readonly to: number;
  /** Index into `pools`, of the destination; absent: directly below it. */
  readonly pool?: number;
  readonly mode: MoveMode;
  readonly rule: MoveRule;
  /** Absent: no limit but the link's. */
  readonly bps?: number;
  readonly downtimeLimitNs: number;
  readonly thresholdPages?: number;
  readonly ratioPpm?: number;
  readonly rounds?: number;
  readonly giveUpNs?: number;
  readonly abortsElse: boolean;
  readonly rateMinBps: number;
  readonly rateMaxBps: number;
  readonly rateStepBps: number;
  readonly autoConverge: boolean;
  /** 0: no stream is parked. */
  readonly stunFaults: number;
  readonly skipDirty: boolean;
  readonly skipFree: boolean;
  /** Absent: pages sent again go whole. */
  readonly deltaBytes?: number;
  /** Absent: that of the link, if there is one. */
  readonly latencyNs?: number;
  readonly switchoverNs: number;
  readonly announceNs: number;
  readonly stateBytes: number;
  readonly diskBytes: number;
  readonly sharedSwap: boolean;
  readonly bubbling: boolean;
  readonly cpuNsPerPage: number;
}

/** A failure: of a host, or of what is between two; at a time, or when a migration comes to a phase after it. */
export interface FailSpec {
  readonly host?: number;
  readonly link?: readonly [number, number];
  readonly phase?: MovePhase;
  readonly vm?: number;
}
