/** From what a scenario says of memory to base units: controls, devices, reclaiming, sampling. */
import { diskKinds, memoryDefaults, memoryProfiles } from "./memory-defaults.ts";
import type {
  ActivitySpec,
  MemoryControls,
  MemoryCosts,
  MemoryPolicySpec,
  Profile,
  ReclaimSpec,
} from "./types.ts";

/** Controls of a VM of so many pages. */
export function resolveVmMemory(pages: number): MemoryControls {
  const shares = sharesOf(memoryDefaults.shareWords.normal, pages);
  return { shares, minPages: 0, maxPages: pages };
}

/** Controls of a pool. */
export function resolvePoolMemory(): MemoryControls {
  return { shares: sharesOf(memoryDefaults.shareWords.normal, memoryDefaults.poolPages), minPages: 0 };
}

/** Shares of a word: so many per configured MB, 1 at least. */
function sharesOf(perMb: number, pages: number): number {
  return Math.max(1, Math.round((perMb * pages) / 256));
}

/** A swap device for a host whose VMs have so many pages. */
export function resolveSwap(vmPages: number) {
  return { disk: diskKinds[memoryDefaults.swapKind.value], pages: vmPages };
}

/** What the policy for memory is told. */
export function resolveReclaiming(
  profile: Profile,
): Pick<MemoryPolicySpec, "idleTaxPpm" | "reclaim" | "activity" | "costs"> {
  const absent = memoryDefaults.reclaim;
  const generation = memoryProfiles[profile];
  const reclaim: ReclaimSpec = {
    enabled: true,
    everyNs: absent.everyNs.value,
    balloon: true,
    shareFirst: absent.shareFirst.value,
    clusterPages: absent.clusterPages.value,
    zipPpm: generation.compression ? absent.zipPpm.value : 0,
    zipQuarterPpm: absent.zipQuarterPpm.value,
    zipHalfPpm: absent.zipHalfPpm.value,
    states: generation.states,
    hysteresisPpm: absent.hysteresisPpm.value,
  };
  const { pages, slowKeepPpm, fastKeepPpm, minPpm } = memoryDefaults.activity;
  const activity: ActivitySpec = {
    everyNs: generation.activityNs,
    pages: pages.value,
    slowKeepPpm: slowKeepPpm.value,
    fastKeepPpm: fastKeepPpm.value,
    minPpm: minPpm.value,
  };
  const costs: MemoryCosts = memoryDefaults.costs.value;
  return { idleTaxPpm: memoryDefaults.idleTaxPpm.value, reclaim, activity, costs };
}
