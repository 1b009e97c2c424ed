/** Samples of memory for the series. Values go straight behind their columns: runs may have thousands of VMs. */
import { MEMORY_STATES } from "../controls/memory-states.ts";
import { hostLargeQuantities } from "../report/csv.ts";
import type { HostMemory, Series } from "../report/result.ts";
import { hasLarge } from "./observe-large.ts";
import { activeEstimate, managesMemory, NO_TARGET } from "./observe-memory.ts";
import type { World } from "./world.ts";

type Writable<T> = {
  -readonly [K in keyof T]: NonNullable<T[K]> extends readonly number[] ? number[] : never;
};
type HostRows = Writable<Series["hosts"][string]>;
type VmRows = Writable<Series["vms"][string]>;

export class MemorySampler {
  /** By host and by VM of the scenario. */
  readonly hosts: readonly HostRows[];
  readonly vms: readonly VmRows[];
  readonly #world: World;
  /** Accesses of each VM, as of the last sample. */
  readonly #accesses: Float64Array;
  /** The same of translations, and of those that missed the TLB. */
  readonly #translated: Float64Array;
  readonly #misses: Float64Array;

  constructor(world: World) {
    this.#world = world;
    const isLarge = hasLarge(world);
    this.hosts = world.scenario.hosts.map(() => emptyHost(isLarge));
    this.vms = world.vmRows.map((row, vm) => ({
      ...emptyVm(managesMemory(world, row), isLarge),
      ...(world.scenario.vms[vm]!.mmu === undefined ? {} : { translated: [], tlbMisses: [] }),
    }));
    this.#accesses = new Float64Array(world.scenario.vms.length);
    this.#translated = new Float64Array(world.scenario.vms.length);
    this.#misses = new Float64Array(world.scenario.vms.length);
  }

  /**
   * Takes a sample; the recount columns are fresh.
   *
   * @param hosts  memory of the hosts now
   * @param saved  saved pages of every VM row
   */
  sample(hosts: readonly HostMemory[], saved: readonly number[]): void {
    hosts.forEach((memory, host) => {
      sampleHost(this.hosts[host]!, memory);
    });
    const { vmRows, columns } = this.#world;
    this.vms.forEach((series, vm) => {
      const row = vmRows[vm]!;
      sampleVm(this.#world, row, saved[row]!, series);
      const accesses = columns.vmAccesses.get(row);
      series.accesses.push(accesses - this.#accesses[vm]!);
      this.#accesses[vm] = accesses;
      if (series.tlbMisses !== undefined) this.#sampleMmu(vm, row, series);
    });
  }

  #sampleMmu(vm: number, row: number, series: VmRows): void {
    const { columns } = this.#world;
    const cx = columns.vmMmu[row]! - 1;
    const [translated, misses] = [columns.mmuAccesses.get(cx), columns.mmuTlbMisses.get(cx)];
    series.translated!.push(translated - this.#translated[vm]!);
    series.tlbMisses!.push(misses - this.#misses[vm]!);
    this.#translated[vm] = translated;
    this.#misses[vm] = misses;
  }
}

function sampleHost(series: HostRows, memory: HostMemory): void {
  series.usedPages.push(memory.usedPages);
  series.grantedPages.push(memory.grantedPages);
  series.sharedPages.push(memory.sharedPages);
  series.savedPages.push(memory.savedPages);
  series.hintPages.push(memory.hintPages);
  series.cowBreaks.push(memory.cowBreaks);
  series.freePages.push(memory.freePages);
  series.state.push(MEMORY_STATES.indexOf(memory.state));
  series.reservedPages.push(memory.reservedPages);
  series.configuredPages.push(memory.configuredPages);
  series.balloonPages.push(memory.balloonPages);
  series.swappedPages.push(memory.swappedPages);
  series.compressedPages.push(memory.compressedPages);
  series.swapIns.push(memory.swapIns);
  series.swapOuts.push(memory.swapOuts);
  if (series.largePages === undefined) return;
  for (const key of hostLargeQuantities) series[key]!.push(memory[key]!);
}

/** All but accesses, which need the sample before. */
function sampleVm(world: World, row: number, saved: number, series: VmRows): void {
  const { columns } = world;
  const size = columns.vmPpnCount[row]!;
  const granted = columns.vmGrantedPages[row]!;
  const target = columns.vmTargetPages[row]!;
  const { slow, fast, next, most } = activeEstimate(world, row);
  const pages = (ppm: number): number => Math.round((ppm * size) / 1e6);
  series.grantedPages.push(granted);
  series.consumedPages.push(granted - saved);
  series.sharedPages.push(columns.vmSharedPages[row]!);
  series.savedPages.push(saved);
  series.zeroPages.push(columns.vmZeroPages[row]!);
  series.activePages.push(columns.vmActivePages[row]!);
  series.activeEstimatePages.push(pages(most));
  series.activeSlowPages.push(pages(slow));
  series.activeFastPages.push(pages(fast));
  series.activeNextPages.push(pages(next));
  series.targetPages.push(target === NO_TARGET ? columns.vmMaxPages[row]! : target);
  series.balloonPages.push(columns.vmBalloonPages[row]!);
  series.balloonTargetPages.push(columns.vmBalloonTarget[row]!);
  series.swappedPages.push(columns.vmSwappedPages[row]!);
  series.swapTargetPages.push(columns.vmSwapTarget[row]!);
  series.compressedPages.push(columns.vmCompressedPages[row]!);
  series.swapIns.push(columns.vmSwapIns.get(row));
  series.swapOuts.push(columns.vmSwapOuts.get(row));
  if (series.largePages !== undefined) {
    series.largePages.push(columns.vmLargePages[row]!);
    series.largeHintPages!.push(columns.vmLargeHeld[row]!);
  }
  if (series.guestFreePages === undefined) return;
  series.guestFreePages.push(columns.vmFreePages[row]!);
  series.guestSwapIns!.push(columns.vmGuestSwapIns.get(row));
  series.guestSwapOuts!.push(columns.vmGuestSwapOuts.get(row));
}

function emptyHost(isLarge: boolean): HostRows {
  return {
    usedPages: [],
    grantedPages: [],
    sharedPages: [],
    savedPages: [],
    hintPages: [],
    cowBreaks: [],
    freePages: [],
    state: [],
    reservedPages: [],
    configuredPages: [],
    balloonPages: [],
    swappedPages: [],
    compressedPages: [],
    swapIns: [],
    swapOuts: [],
    ...(isLarge ? Object.fromEntries(hostLargeQuantities.map((key) => [key, []])) : {}),
  };
}

function emptyVm(isManaged: boolean, isLarge: boolean): VmRows {
  return {
    grantedPages: [],
    consumedPages: [],
    sharedPages: [],
    savedPages: [],
    zeroPages: [],
    activePages: [],
    activeEstimatePages: [],
    activeSlowPages: [],
    activeFastPages: [],
    activeNextPages: [],
    targetPages: [],
    balloonPages: [],
    balloonTargetPages: [],
    swappedPages: [],
    swapTargetPages: [],
    compressedPages: [],
    swapIns: [],
    swapOuts: [],
    accesses: [],
    ...(isLarge ? { largePages: [], largeHintPages: [] } : {}),
    ...(isManaged ? { guestFreePages: [], guestSwapIns: [], guestSwapOuts: [] } : {}),
  };
}
