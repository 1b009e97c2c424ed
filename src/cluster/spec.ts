/** A cluster to be simulated: the columns of a scenario, and its rules. */
import type { PlaceRules } from "../place/rules.ts";
import type { ClusterColumns } from "../scenario/cluster-spec.ts";

export type {
  ClusterColumns,
  ClusterEvent,
  ClusterHosts,
  ClusterPool,
  ClusterVms,
  MoveModel,
} from "../scenario/cluster-spec.ts";

export interface ClusterSpec extends ClusterColumns {
  /** Of `ballast place`; items are VMs, bins are hosts. */
  readonly rules?: PlaceRules;
}
