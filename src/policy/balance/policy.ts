/**
 * The seam of balancing: what a policy sees of a cluster at the start of an interval, and what it may ask for.
 *
 * Rows of hosts and VMs count from 0. All columns are the simulator's own: look, do not write.
 */

/** What a policy sees. Demand is that of the interval that begins. */
export interface BalanceView {
  readonly nowNs: number;
  /** Interval, from 0, and its length. */
  readonly step: number;
  readonly stepNs: number;

  readonly hosts: number;
  readonly hostNames: readonly string[];
  /** All of a host's processors, and the clock of one. */
  readonly hostMhz: Float64Array;
  readonly hostPcpuMhz: Float64Array;
  /** Memory that VMs may hold there before some is taken from them. */
  readonly hostMemoryMib: Float64Array;
  /** Memory that its VMs need there. */
  readonly hostUsedMib: Float64Array;
  /** Asked for by its VMs, within their limits. */
  readonly hostDemandMhz: Float64Array;
  /** 1 for hosts that can run VMs: not failed, not taken out. */
  readonly hostUp: Uint8Array;
  /** Hosts with one number draw power alike and are equally large. */
  readonly hostKind: Uint16Array;
  /** Watts of hosts of a kind at so many MHz in use. */
  watts(kind: number, mhz: number): number;

  readonly vms: number;
  readonly vmName: (vm: number) => string;
  /** Host of each VM; −1: it does not run. */
  readonly vmHost: Int32Array;
  /** All of its vCPUs, and what it asks for now, within its limit. */
  readonly vmMhz: Float64Array;
  readonly vmDemandMhz: Float64Array;
  /** Memory that it needs on a host, and that a move has to copy. */
  readonly vmMemoryMib: Float64Array;
  /** 1 while it is moving. */
  readonly vmMoving: Uint8Array;
  /** VMs of a host, in order. */
  vmsOf(host: number): Int32Array;
  /** Whether the rules of the scenario let a VM run there, given where the others are; room is not looked at. */
  allows(vm: number, host: number): boolean;
  /** Tells `allows` to take a VM for being on another host; forgotten when `decide` returns. */
  assume(vm: number, host: number): void;

  /** Intervals that `past` knows of, the one that begins included. */
  readonly pastSteps: number;
  /** Demand of all VMs so many intervals ago, as parts of `vmMhz`; 0 is the one that begins. */
  past(back: number): Float32Array;
}

/** One VM to another host, and why, in a sentence that a person can check. */
export interface Move {
  readonly vm: number;
  readonly to: number;
  readonly reason: string;
}

/** How hosts draw power under a policy. */
export type PowerUse =
  /** All of it, always, whatever the load. */
  | "full"
  /** By load; a host without VMs idles. */
  | "idle"
  /** By load; a host without VMs is off. */
  | "off-when-empty";

/** Who decides on moves. Made by a factory with options; see `docs/cluster/policies.md` for how to write one. */
export interface BalancePolicy {
  readonly name: string;
  /** `idle` if absent. */
  readonly power?: PowerUse;
  /**
   * Moves to begin now, in order; each must be possible when those before it have been made.
   *
   * An impossible one is a `PolicyError`, and none is made.
   */
  decide(view: BalanceView): readonly Move[];
}
