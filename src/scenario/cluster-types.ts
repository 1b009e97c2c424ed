/** A cluster's scenario once words have become numbers. */
import type { ClusterColumns } from "./cluster-spec.ts";

/** Demand of a trace, as the demand room reads it. */
export interface DemandInput {
  readonly stepNs: number;
  readonly steps: number;
  readonly vms: readonly {
    readonly id: string;
    readonly vcpus: number;
    /** 0: not known. */
    readonly mhz: number;
    readonly memoryMib: number;
    readonly startStep: number;
    readonly endStep: number;
  }[];
  readonly cpu: Float32Array;
  readonly memory?: Float32Array;
}

export interface ClusterScenario {
  readonly resolution: "fluid";
  readonly name: string;
  readonly seed: number;
  readonly durationNs: number;
  readonly columns: ClusterColumns;
  /** Name and options of the balancing policy. */
  readonly balance: { readonly name: string; readonly options: Readonly<Record<string, unknown>> };
  /** Per host its labels by level; levels that a host lacks are its own name. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  /** Whether there are placement rules; their text is read with the scenario's. */
  readonly hasRules: boolean;
}
