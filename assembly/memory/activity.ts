/**
 * How much of its memory a VM uses: watches a few pages, and counts those that are touched.
 *
 *   period     n pages, uniformly at random, are watched; the first touch of one is a fault
 *   its end    f = touched / n      slow' = a slow + (1 − a) f      fast' = b fast + (1 − b) f
 *   estimate   the largest of slow, fast, and fast with the counts of the period that runs
 *
 * Beside it an estimate from access bits of the same pages: it does not see what devices touch. And the truth, that no real
 * system knows: all pages touched in the period.
 *
 * Here a period is time powered on, not time executed. Gains are parameters: they were never published.
 *
 * Source: ESX'02 §5.3. Cost: O(pages) a period, for the truth; a fault a watched page.
 */
import {
  harvestAccessed,
  harvestCount,
  ppnFlags,
  sampleCount,
  ppnFlagsAt,
  samplePpn,
  setPpnFlags,
  setHarvestLastAccessed,
  setSamplePpn,
  setVmAccessedPpm,
  setVmActivePages,
  setVmActivityPeriods,
  setVmFastPpm,
  setVmPageRandom,
  setVmSampleCount,
  setVmSampleTouched,
  setVmSlowPpm,
  vmActivityPeriods,
  vmFastPpm,
  vmPageRandom,
  vmPpnCount,
  vmPpnFirst,
  vmSampleCount,
  vmSampleFirst,
  vmSampleTouched,
  vmSlowPpm,
  worldActivityNs,
  worldFastKeepPpm,
  worldSamplePages,
  worldSlowKeepPpm,
} from "../layout";
import { activityEvent } from "../events";
import { below, mix64, nextState } from "../prng";
import { NEVER, schedule } from "../queue";
import { trackAccessed } from "./harvest";
import { Flag } from "./pmap";

const MILLION: u64 = 1_000_000;

/** A period of a VM is over: the averages move, other pages are watched. */
export function activityTick(vm: u32, at: u64): void {
  schedule(activityEvent(vm), at + worldActivityNs(0));
  if (vmSampleCount(vm) > 0) closePeriod(vm);
  clearMarks(vm);
  watch(vm);
}

/** A VM is powered on: its first period begins. */
export function beginActivity(vm: u32, at: u64): void {
  if (worldActivityNs(0) == 0 || sampleCount() == 0) return;
  forget(vm);
  watch(vm);
  schedule(activityEvent(vm), at + worldActivityNs(0));
}

/** A VM is powered off: nobody looks at it, and it uses nothing. */
export function endActivity(vm: u32): void {
  if (worldActivityNs(0) == 0 || sampleCount() == 0) return;
  forget(vm);
  schedule(activityEvent(vm), NEVER);
}

function forget(vm: u32): void {
  clearMarks(vm);
  setVmActivePages(vm, 0);
  setVmAccessedPpm(vm, 0);
  setVmSampleCount(vm, 0);
  setVmSampleTouched(vm, 0);
  setVmActivityPeriods(vm, 0);
  setVmSlowPpm(vm, 0);
  setVmFastPpm(vm, 0);
}

function closePeriod(vm: u32): void {
  const count = <u64>vmSampleCount(vm);
  const part = (<u64>vmSampleTouched(vm) * MILLION) / count;
  const first = vmActivityPeriods(vm) == 0;
  setVmSlowPpm(vm, first ? <u32>part : average(vmSlowPpm(vm), part, worldSlowKeepPpm(0)));
  setVmFastPpm(vm, first ? <u32>part : average(vmFastPpm(vm), part, worldFastKeepPpm(0)));
  setVmActivityPeriods(vm, vmActivityPeriods(vm) + 1);
  let accessed: u64 = 0;
  for (let row = vmSampleFirst(vm); row < vmSampleFirst(vm) + vmSampleCount(vm); ++row) {
    accessed += <u64>(((<u32>ppnFlags(samplePpn(row))) & Flag.Accessed) != 0);
  }
  setVmAccessedPpm(vm, <u32>((accessed * MILLION) / count));
}

function average(before: u32, now: u64, keep: u32): u32 {
  return <u32>((<u64>before * <u64>keep + now * (MILLION - <u64>keep) + MILLION / 2) / MILLION);
}

/** Counts the pages touched in the period, and takes its marks off all pages. */
function clearMarks(vm: u32): void {
  const marks: u32 = Flag.Recent | Flag.Accessed | Flag.Watched;
  let active: u32 = 0;
  let accessed: u32 = 0;
  const flags = ppnFlagsAt(vmPpnFirst(vm));
  const end = flags + ((<usize>vmPpnCount(vm)) << 1);
  for (let at = flags; at < end; at += 2) {
    const own = <u32>load<u16>(at);
    active += (own / Flag.Recent) & 1;
    accessed += (own / Flag.Accessed) & 1;
    store<u16>(at, own & ~marks);
  }
  setVmActivePages(vm, active);
  if (harvestCount() == 0 || harvestAccessed(vm) == 0) return;
  setHarvestLastAccessed(vm, accessed);
  trackAccessed(vm);
}

/** Picks the pages that are watched from now on, each once. */
function watch(vm: u32): void {
  const pages = vmPpnCount(vm);
  const count = min(worldSamplePages(0), pages);
  for (let index: u32 = 0; index < count;) {
    const state = nextState(vmPageRandom(vm));
    setVmPageRandom(vm, state);
    const ppn = vmPpnFirst(vm) + below(mix64(state), pages);
    const flags = <u32>ppnFlags(ppn);
    if (flags & Flag.Watched) continue;
    setPpnFlags(ppn, <u16>(flags | Flag.Watched));
    setSamplePpn(vmSampleFirst(vm) + index, ppn);
    index += 1;
  }
  setVmSampleCount(vm, count);
  setVmSampleTouched(vm, 0);
}
