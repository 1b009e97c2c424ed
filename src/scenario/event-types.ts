/** What a scenario wants done while it runs, in base units. */
import type { FailSpec, MoveSpec } from "./move-types.ts";

/** What happens at a time, as the scenario says. */
export type EventSpec = {
  readonly atNs: number;
  /** Who acts; absent: the administrator. */
  readonly actor?: string;
  /** Where it stands, for messages: `events[2]`. */
  readonly path: string;
} /** `reset`: the guest starts again, its balloon driver with it. */ & (
  | { readonly kind: "start" | "stop" | "reset"; readonly vm: number }
  /** VMs of one group, rows of the scenario as it stands; they are not there before. */
  | { readonly kind: "add"; readonly vms: readonly number[] }
  | { readonly kind: "add-pool"; readonly pool: number }
  | { readonly kind: "remove-pool"; readonly pool: number }
  | { readonly kind: "remove"; readonly vm: number }
  /** A VM goes to another pool of its host; none: directly below it. */
  | { readonly kind: "place"; readonly vm: number; readonly pool?: number }
  | ({ readonly kind: "migrate" } & MoveSpec)
  | ({ readonly kind: "fail" } & FailSpec)
  | { readonly kind: "repair"; readonly link: readonly [number, number] }
  /** The idle memory tax of the policy from now on. */
  | { readonly kind: "tax"; readonly taxPpm: number }
  | {
      readonly kind: "set";
      readonly target: { readonly kind: "vm" | "pool"; readonly index: number };
      /** For the whole VM or pool. */
      readonly shares?: number;
      /** VMs, instead of `shares`: a word's number for each vCPU that the VM has by then. */
      readonly sharesPerVcpu?: number;
      readonly reservationMhz?: number;
      /** `none` takes the limit away. */
      readonly limitMhz?: number | "none";
      /** VMs: hot-add or hot-unplug. */
      readonly vcpus?: number;
      /** Memory controls; `none` takes the limit away. */
      readonly mem?: {
        readonly shares?: number;
        readonly minPages?: number;
        readonly maxPages?: number | "none";
      };
      /** The control as written, for messages: `cpu.shares`, `vcpus`. */
      readonly keys: readonly string[];
    }
);
