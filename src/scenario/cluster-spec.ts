/**
 * A cluster to be simulated, as columns: base units, a row a host or VM, nothing left to be looked up but rules and policy.
 *
 * MHz are of nominal clock, memory is in MiB, demand in parts of a VM's vCPUs.
 */

export interface ClusterHosts {
  readonly names: readonly string[];
  /** All processors of a host, and one of them. */
  readonly mhz: Float64Array;
  readonly pcpuMhz: Float64Array;
  readonly memoryMib: Float64Array;
  /** Bytes a second that moves get, in each direction. */
  readonly linkBytesPerS: Float64Array;
  /** Watts at 0 %, 10 % … 100 %; undefined: not known, draws nothing. */
  readonly watts: readonly (readonly number[] | undefined)[];
  /** 1: not there until an event adds it. */
  readonly isOut: Uint8Array;
}

export interface ClusterVms {
  readonly names: readonly string[];
  readonly vcpus: Float64Array;
  /** vCPUs × clock: what a demand of 1 is. */
  readonly mhz: Float64Array;
  /** Configured; 0: not known, never short. */
  readonly memoryMib: Float64Array;
  /** Where it starts; −1: where there is room. */
  readonly host: Int32Array;
  /** −1: right under the cluster. */
  readonly pool: Int32Array;
  readonly shares: Float64Array;
  readonly reservationMhz: Float64Array;
  /** Infinity: none. */
  readonly limitMhz: Float64Array;
  /** Who is started first after a failure: highest. */
  readonly priority: Uint8Array;
  readonly startStep: Int32Array;
  /** Exclusive. */
  readonly endStep: Int32Array;
  /** Row of the demand table; −1: `constant` holds at all times. */
  readonly trace: Int32Array;
  readonly constant: Float32Array;
  /** Part of its memory in use, where the table does not say. */
  readonly activePart: Float32Array;
}

export interface ClusterPool {
  readonly name: string;
  /** −1: right under the cluster; parents stand before children. */
  readonly parent: number;
  readonly shares: number;
  readonly reservationMhz: number;
  readonly limitMhz: number;
}

/** What happens at the start of an interval. */
export type ClusterEvent = { readonly step: number } & (
  | {
      readonly kind: "fail";
      readonly host: number;
      /** Interval in which it is back; Infinity: never. */
      readonly backStep: number;
    }
  | { readonly kind: "add" | "remove"; readonly host: number }
  | { readonly kind: "start" | "stop"; readonly vm: number }
  | {
      readonly kind: "set";
      readonly vm?: number;
      readonly pool?: number;
      readonly shares?: number;
      readonly reservationMhz?: number;
      readonly limitMhz?: number;
    }
);

/** How long a move takes and what it costs. */
export type MoveModel =
  /** Pre-copy over the link, by what the VM writes: `migrationCost`. */
  | {
      readonly kind: "pre-copy";
      /** Memory written a second, as a part of what is active. */
      readonly dirtyPartPerS: number;
    }
  /** CloudSim's: memory over half the link, a tenth of the VM's processor meanwhile. */
  | { readonly kind: "half-link" };

export interface ClusterColumns {
  readonly name: string;
  readonly seed: number;
  readonly stepNs: number;
  readonly steps: number;
  /** Intervals between two decisions of the policy. */
  readonly balanceSteps: number;
  readonly hosts: ClusterHosts;
  readonly vms: ClusterVms;
  readonly pools: readonly ClusterPool[];
  /** VM-major: `cpu[row * steps + step]`. */
  readonly demand?: { readonly steps: number; readonly cpu: Float32Array; readonly memory?: Float32Array };
  /** By interval. */
  readonly events: readonly ClusterEvent[];
  readonly moves: MoveModel;
  readonly memory: {
    readonly taxPpm: number;
    /** Most that a balloon takes of a VM. */
    readonly balloonPpm: number;
    /** Part of what VMs hold that sharing saves. */
    readonly sharedPpm: number;
  };
  /** How VMs without a host get one. */
  readonly placement: "most-free" | "first-fit" | "least-power";
  /** From a host's failure until its VMs are up elsewhere. */
  readonly restartNs: number;
}
