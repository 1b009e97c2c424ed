/**
 * The sharing scan: which pages are visited, in which order, how many per second.
 *
 * A host's scan ticks; each tick earns the host and every VM a budget of their rates, and what is not spent within
 * one tick's worth is kept. VMs take turns, a chunk each. Candidates are random pages (with replacement, as ESX
 * picked them), the next of a random permutation, or the next in order.
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
  setVmScanCarry,
  setVmScanned,
  setVmScanPass,
  setVmScanPosition,
  setVmScanRandom,
  vmGrantedPages,
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
import { visitPage } from "./page-sharing";
import { Flag } from "./pmap";

export const NO_LIMIT: u32 = 0xffff_ffff;
const SECOND: u64 = 1_000_000_000;
/** A VM's turn is this many pages at the most. */
const TURN_PAGES: u32 = 4096;

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
  for (let turn: u32 = 0; turn < vms; ++turn) earnVm(hostVmFirst(host) + turn, periodNs);
  let next = hostScanNext(host) % vms;
  // A whole round of turns that spends nothing ends the tick.
  for (let idle: u32 = 0; idle < vms && budget >= SECOND;) {
    const vm = hostVmFirst(host) + next;
    const spent = takeTurn(host, vm, turnPages(budget, vms));
    budget -= hostScanRateTarget(host) == NO_LIMIT ? 0 : <u64>spent * SECOND;
    idle = spent == 0 ? idle + 1 : 0;
    next = next + 1 == vms ? 0 : next + 1;
  }
  setHostScanNext(host, next);
  setHostScanCarry(host, hostScanRateTarget(host) == NO_LIMIT ? 0 : budget);
}

/** Budget after a tick, in page·ns: what was left, and the tick's own; no more than two ticks' worth. */
function earn(rate: u32, carry: u64, periodNs: u64): u64 {
  if (rate == NO_LIMIT) return <u64>NO_LIMIT * SECOND;
  const earned = <u64>rate * periodNs;
  return min<u64>(carry + earned, max<u64>(2 * earned, SECOND + earned));
}

function earnVm(vm: u32, periodNs: u64): void {
  const rate = vmScanRateTarget(vm);
  setVmScanCarry(vm, rate == 0 ? 0 : earn(rate, rate == NO_LIMIT ? 0 : vmScanCarry(vm), periodNs));
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
    visitPage(pickPage(vm));
    spent += 1;
  }
  return charge(host, vm, spent);
}

function charge(host: u32, vm: u32, pages: u32): u32 {
  if (vmScanRateTarget(vm) != NO_LIMIT) setVmScanCarry(vm, vmScanCarry(vm) - <u64>pages * SECOND);
  setVmScanned(vm, vmScanned(vm) + pages);
  setHostScanned(host, hostScanned(host) + pages);
  return pages;
}

/** Next candidate of a VM that has mapped pages. */
function pickPage(vm: u32): u32 {
  const count = vmPpnCount(vm);
  if (worldScanOrder(0) != Order.Random) return pickInOrder(vm, count);
  let state = vmScanRandom(vm);
  let ppn: u32 = 0;
  do {
    state = nextState(state);
    ppn = vmPpnFirst(vm) + below(mix64(state), count);
  } while (((<u32>ppnFlags(ppn)) & Flag.Mapped) == 0);
  setVmScanRandom(vm, state);
  return ppn;
}

function pickInOrder(vm: u32, count: u32): u32 {
  for (;;) {
    const position = vmScanPosition(vm);
    if (position >= count) {
      setVmScanPosition(vm, 0);
      setVmScanPass(vm, vmScanPass(vm) + 1);
      continue;
    }
    setVmScanPosition(vm, position + 1);
    const key = mix64(vmScanRandom(vm) + vmScanPass(vm));
    const offset = worldScanOrder(0) == Order.Permuted ? permute(position, count, key) : position;
    const ppn = vmPpnFirst(vm) + offset;
    if ((<u32>ppnFlags(ppn)) & Flag.Mapped) return ppn;
  }
  return unreachable(); // the VM has a mapped page
}
