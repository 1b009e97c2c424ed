/**
 * The sharing scan: which pages are visited, in which order, how many per second.
 *
 * A host's scan ticks; each tick earns the host and every VM a budget of their rates, and what is not spent within
 * one tick's worth is kept. VMs take turns, a chunk each. Candidates are random pages (with replacement, as ESX
 * picked them), the next of a random permutation of runs of 64 pages, or the next in order.
 *
 * Here a VM whose mapped pages have all been visited since their last write spends its budget without looking: a visit
 * could change nothing.
 *
 * Source: ESX'02 §4.2-4.3 (random pages, rate limits). Cost: the visits; O(VMs) per tick.
 */
import {
  hostScanCarry,
  hostScanNext,
  hostScanned,
  hostScanRateTarget,
  hostVmCount,
  hostVmFirst,
  ppnFlags,
  setHostScanCarry,
  setHostScanNext,
  setHostScanned,
  setPpnFlags,
  setScratchWord,
  setVmScanCarry,
  setVmScanned,
  setVmScanPass,
  setVmScanPosition,
  setVmScanRandom,
  vmGrantedPages,
  vmHost,
  vmPpnCount,
  vmPpnFirst,
  vmScanCarry,
  vmScanned,
  vmScanPass,
  vmScanPosition,
  vmScanRandom,
  vmScanRateTarget,
  vmUnvisitedPages,
  worldScanOrder,
} from "../layout";
import { below, mix64, nextState, permute } from "../prng";
import { BATCH } from "./look-ahead";
import { countUnvisited, Flag } from "./pmap";
import { visitCandidates } from "./visit-batch";

export const NO_LIMIT: u32 = 0xffff_ffff;
const SECOND: u64 = 1_000_000_000;
/** A VM's turn is this many pages at the most. */
const TURN_PAGES: u32 = 4096;
/** Neighbours that a permuted pass visits together: what was allocated together lies together. */
const RUN_PAGES: u32 = 64;

/** What a page must be, of these, to be visited with effect: mapped and nothing else. */
const CANDIDATE: u32 = Flag.Mapped | Flag.Visited | Flag.Cow | Flag.Ineligible;

const enum Order {
  Random = 0,
  Permuted = 1,
  Sequential = 2,
}

/**
 * Scans a host's VMs for one tick.
 *
 * @param periodNs  simulated time since the last tick
 */
export function scanHost(host: u32, periodNs: u64): void {
  const vms = hostVmCount(host);
  if (vms == 0) return;
  let budget = earn(hostScanRateTarget(host), hostScanCarry(host), periodNs);
  for (let turn: u32 = 0; turn < vms; ++turn) {
    if (vmHost(hostVmFirst(host) + turn) == host) earnVm(hostVmFirst(host) + turn, periodNs);
  }
  let next = hostScanNext(host) % vms;
  // A whole round of turns that spends nothing ends the tick.
  for (let idle: u32 = 0; idle < vms && budget >= SECOND;) {
    const vm = hostVmFirst(host) + next;
    const spent = vmHost(vm) == host ? takeTurn(host, vm, turnPages(budget, vms)) : 0;
    budget -= hostScanRateTarget(host) == NO_LIMIT ? 0 : <u64>spent * SECOND;
    idle = spent == 0 ? idle + 1 : 0;
    next = next + 1 == vms ? 0 : next + 1;
  }
  setHostScanNext(host, next);
  setHostScanCarry(host, hostScanRateTarget(host) == NO_LIMIT ? 0 : budget);
}

/** Budget after a tick, in page·ns: what was left, and the tick's own; no more than two ticks' worth, none at 0. */
function earn(rate: u32, carry: u64, periodNs: u64): u64 {
  if (rate == NO_LIMIT) return <u64>NO_LIMIT * SECOND;
  if (rate == 0) return 0;
  const earned = <u64>rate * periodNs;
  return min<u64>(carry + earned, max<u64>(2 * earned, SECOND + earned));
}

function earnVm(vm: u32, periodNs: u64): void {
  const rate = vmScanRateTarget(vm);
  setVmScanCarry(vm, earn(rate, rate == NO_LIMIT ? 0 : vmScanCarry(vm), periodNs));
}

/** Small budgets go round page by page, so that no VM waits behind another's chunk. */
function turnPages(budget: u64, vms: u32): u32 {
  const fair = budget / SECOND / (<u64>vms * 4);
  return <u32>min<u64>(max<u64>(fair, 1), TURN_PAGES);
}

/** @returns pages of the budget spent */
function takeTurn(host: u32, vm: u32, most: u32): u32 {
  const unlimited = vmScanRateTarget(vm) == NO_LIMIT;
  const allowed = <u32>min<u64>(vmScanCarry(vm) / SECOND, most);
  if (allowed == 0 || vmGrantedPages(vm) == 0) return 0;
  if (vmUnvisitedPages(vm) == 0) {
    // Nothing to find. Without a limit there is no number of pages to pretend to have scanned.
    if (unlimited) return 0;
    return charge(host, vm, allowed);
  }
  let spent: u32 = 0;
  while (spent < allowed && vmUnvisitedPages(vm) > 0) {
    // No more than the mapped ones: a sparse VM is not gone through hundreds of times to fill a batch.
    const batch = min<u32>(min<u32>(allowed - spent, BATCH), vmGrantedPages(vm));
    visitBatch(vm, batch);
    spent += batch;
  }
  return charge(host, vm, spent);
}

/** Picks candidates, and visits those that the scan has not seen. */
function visitBatch(vm: u32, picks: u32): void {
  const count = picksAtRandom(vm) ? pickAtRandom(vm, picks) : pickInOrder(vm, picks);
  visitCandidates(vm, count);
}

/** Without a limit, picking again what has been seen costs no time: a random order is a permutation then. */
function picksAtRandom(vm: u32): bool {
  if (worldScanOrder(0) != Order.Random) return false;
  return vmScanRateTarget(vm) != NO_LIMIT || hostScanRateTarget(vmHost(vm)) != NO_LIMIT;
}

function charge(host: u32, vm: u32, pages: u32): u32 {
  if (vmScanRateTarget(vm) != NO_LIMIT) setVmScanCarry(vm, vmScanCarry(vm) - <u64>pages * SECOND);
  setVmScanned(vm, vmScanned(vm) + pages);
  setHostScanned(host, hostScanned(host) + pages);
  return pages;
}

/** Marks the next picks as visited, and puts those that can be shared into the scratch. @returns how many */
function pickAtRandom(vm: u32, picks: u32): u32 {
  const first = vmPpnFirst(vm);
  const count = vmPpnCount(vm);
  let state = vmScanRandom(vm);
  let batch: u32 = 0;
  let seen: u32 = 0;
  for (let pick: u32 = 0; pick < picks;) {
    state = nextState(state);
    const ppn = first + below(mix64(state), count);
    const flags = <u32>ppnFlags(ppn);
    const mapped = flags & Flag.Mapped;
    setScratchWord(batch, <u64>ppn);
    setPpnFlags(ppn, <u16>(flags | (mapped * Flag.Visited)));
    pick += mapped;
    seen += <u32>((flags & (Flag.Mapped | Flag.Visited)) == Flag.Mapped);
    batch += <u32>((flags & CANDIDATE) == Flag.Mapped);
  }
  setVmScanRandom(vm, state);
  countUnvisited(vm, -seen);
  return batch;
}

/** The same for the next pages in order; in a permuted one runs of neighbours come in a random order. */
function pickInOrder(vm: u32, picks: u32): u32 {
  const first = vmPpnFirst(vm);
  const count = vmPpnCount(vm);
  const runs = (count + RUN_PAGES - 1) / RUN_PAGES;
  const shuffled = worldScanOrder(0) != Order.Sequential;
  let position = vmScanPosition(vm);
  let batch: u32 = 0;
  let seen: u32 = 0;
  for (let pick: u32 = 0; pick < picks;) {
    if (position >= runs * RUN_PAGES) {
      position = 0;
      setVmScanPass(vm, vmScanPass(vm) + 1);
    }
    const run = position / RUN_PAGES;
    const key = mix64(vmScanRandom(vm) + vmScanPass(vm));
    const from = (shuffled ? permute(run, runs, key) : run) * RUN_PAGES;
    const end = min<u32>(from + RUN_PAGES, count);
    let offset = from + (position % RUN_PAGES);
    for (; offset < end && pick < picks; ++offset) {
      const flags = <u32>ppnFlags(first + offset);
      const mapped = flags & Flag.Mapped;
      setScratchWord(batch, <u64>(first + offset));
      setPpnFlags(first + offset, <u16>(flags | (mapped * Flag.Visited)));
      pick += mapped;
      seen += <u32>((flags & (Flag.Mapped | Flag.Visited)) == Flag.Mapped);
      batch += <u32>((flags & CANDIDATE) == Flag.Mapped);
    }
    position = offset == end ? (run + 1) * RUN_PAGES : run * RUN_PAGES + (offset - from);
  }
  setVmScanPosition(vm, position);
  countUnvisited(vm, -seen);
  return batch;
}
