/** Results as earlier versions wrote them. */
import type { HostResult, Result, VmMemory } from "../../src/report/result.ts";

/** As a version wrote it that knew nothing of reclaiming. */
export function oldResult(result: Result): Result {
  const kept = (row: object, keys: readonly string[]): object =>
    Object.fromEntries(Object.entries(row).filter(([key]) => keys.includes(key)));
  const ofHosts =
    "sizePages freePages usedPages grantedPages sharedPages commonPages savedPages zeroPages hintPages scannedPages unvisitedPages cowBreaks falseMatches outOfFrames".split(
      " ",
    );
  const ofVms =
    "sizePages grantedPages consumedPages touchedPages dirtyPages sharedPages savedPages zeroPages cowBreaks balloonPages swappedPages compressedPages scannedPages accesses writes outOfFrames".split(
      " ",
    );
  const series = <Of extends object>(rows: Readonly<Record<string, Of>>, keys: readonly string[]) =>
    Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, kept(row, keys) as Of]));
  return {
    ...result,
    hosts: result.hosts.map((host) => ({
      ...host,
      memory: kept(host.memory, ofHosts) as HostResult["memory"],
    })),
    vms: result.vms.map((vm) => ({ ...vm, memory: kept(vm.memory, ofVms) as VmMemory })),
    series: {
      atNs: result.series.atNs,
      hosts: series(
        result.series.hosts,
        "usedPages grantedPages sharedPages savedPages hintPages cowBreaks".split(" "),
      ),
      vms: series(
        result.series.vms,
        "grantedPages consumedPages sharedPages savedPages zeroPages".split(" "),
      ),
    },
  };
}
