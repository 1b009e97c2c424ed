/** What large pages did, for results and series. */
import type { HostMemory, LargePageCounts } from "../report/result.ts";
import type { World } from "./world.ts";

/** Whether VMs of a world may have large pages. */
export function hasLarge({ plan }: World): boolean {
  return plan.core.groups.has("large");
}

/** Large pages of a VM; no keys where nobody may have some. */
export function observeVmLarge(world: World, vm: number): LargePageCounts {
  if (!hasLarge(world)) return {};
  const { columns } = world;
  const shared = columns.vmLargeShared.get(vm);
  return {
    largePages: columns.vmLargePages[vm]!,
    largeBacked: columns.vmLargeBacked.get(vm),
    largeFormed: columns.vmLargeFormed.get(vm),
    largeBroken: shared + columns.vmLargeTaken.get(vm),
    largeBrokenToShare: shared,
    largeHintPages: columns.vmLargeHeld[vm]!,
  };
}

/** Of a host; `sum` is over its VMs. */
export function observeHostLarge(
  world: World,
  host: number,
  sum: (of: (vm: number) => number) => number,
): Pick<HostMemory, keyof LargePageCounts | "largeMovedPages" | "largeMoveNs"> {
  if (!hasLarge(world)) return {};
  const { columns, scenario } = world;
  const { copyNs, mapNs } = scenario.policies.memory.costs;
  const moved = columns.hostDefragMoves.get(host);
  const shared = sum((vm) => columns.vmLargeShared.get(vm));
  return {
    largePages: sum((vm) => columns.vmLargePages[vm]!),
    largeBacked: sum((vm) => columns.vmLargeBacked.get(vm)),
    largeFormed: sum((vm) => columns.vmLargeFormed.get(vm)),
    largeBroken: shared + sum((vm) => columns.vmLargeTaken.get(vm)),
    largeBrokenToShare: shared,
    largeHintPages: sum((vm) => columns.vmLargeHeld[vm]!),
    largeMovedPages: moved,
    largeMoveNs: moved * (copyNs + mapNs),
  };
}
