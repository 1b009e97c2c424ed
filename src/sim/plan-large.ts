/** Large pages: which VMs may have some, and what hosts start from. */
import { MEMORY_STATES, memoryThresholds, type StatesKind } from "../controls/memory-states.ts";
import type { Core } from "../core/boot.ts";
import type { LargePageSpec, Scenario, VmSpec } from "../scenario/types.ts";

const MODES = { never: 0, auto: 1, always: 2 } as const;
/** Worse than the worst state. */
const NO_STATE = MEMORY_STATES.length;
const BLOCK_PAGES = 512;

/** How a VM is backed. */
export function backingOf(scenario: Scenario, vm: VmSpec): LargePageSpec["backing"] {
  return vm.largePages ?? scenario.policies.memory.largePages?.backing ?? "never";
}

/** Whether some VM of a scenario may be backed by large pages. */
export function usesLarge(scenario: Scenario): boolean {
  return scenario.vms.some((vm) => backingOf(scenario, vm) !== "never");
}

/**
 * Frames that get rows for pages of a VM: with large pages whole blocks, and some beyond, since gaps are of no use to them.
 *
 * @param pages  that the VM can come to use
 */
export function usableFrames(scenario: Scenario, pages: number): number {
  if (!usesLarge(scenario)) return pages;
  const blocks = Math.ceil(pages / BLOCK_PAGES);
  return (blocks + Math.ceil(blocks / 8)) * BLOCK_PAGES;
}

/** Free pages below which large pages are broken, and those that breaking aims at. */
function largeThresholds(
  breakAt: LargePageSpec["breakAt"],
  states: StatesKind,
  memoryPages: number,
  hysteresisPpm: number,
): { readonly below: number; readonly above: number } {
  const thresholds = memoryThresholds(states, memoryPages, hysteresisPpm);
  switch (breakAt) {
    case "always":
    case "never":
      return { below: 0, above: 0 };
    case "high": {
      // What it takes to come back to high, without the margin: that is for states.
      const { clear, soft } = memoryThresholds(states, memoryPages, 0);
      const above = clear.above > 0 ? clear.above : soft.above;
      return { below: above, above };
    }
    default:
      // Some sets have no clear.
      return { below: 0, above: thresholds[breakAt].above || thresholds.soft.above };
  }
}

export function fillLarge({ columns }: Core, scenario: Scenario, vmOrder: readonly number[]): void {
  const { largePages, reclaim } = scenario.policies.memory;
  if (largePages === undefined) return;
  const { breakAt, defragPagesPerSecond } = largePages;
  columns.worldLargeNs.set(0, reclaim.everyNs);
  const level = (MEMORY_STATES as readonly string[]).indexOf(breakAt);
  columns.worldLargeLevel[0] = breakAt === "always" ? 0 : level > 0 ? level : NO_STATE;
  columns.worldDefragRate[0] = defragPagesPerSecond;
  scenario.hosts.forEach(({ memoryPages }, host) => {
    const { below, above } = largeThresholds(breakAt, reclaim.states, memoryPages, reclaim.hysteresisPpm);
    columns.hostLargeBelow[host] = below;
    columns.hostLargeAbove[host] = above;
  });
  vmOrder.forEach((index, row) => {
    columns.vmLargeMode[row] = MODES[backingOf(scenario, scenario.vms[index]!)];
  });
}
