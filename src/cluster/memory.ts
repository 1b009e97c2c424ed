/**
 * Memory of a cluster in closed form: what VMs hold, and what balloons and swap take where a host has too little.
 *
 *   consumed = max(consumed before, active)                         memory once touched stays with the VM
 *   short    = Σ consumed · (1 − shared) > 94 % of the host         6 % are kept free
 *   targets  = min-funding with the idle memory tax                 (controls/memory-division.ts)
 *   balloon  = min(65 % of the VM, consumed − target)               swapped = the rest
 *
 * A VM whose target is below what is active has active memory swapped: it is said, and no speed hangs on it here.
 *
 * Source: facts §3 and the host's own memory division; ESX'02. Cost: O(VMs) an interval, O(n log n) on a host that is short.
 */
import { divideMemory } from "../controls/memory-division.ts";
import type { ClusterState } from "./state.ts";

const PAGES_PER_MIB = 256;
/** Shares a MiB: `normal`. */
const SHARES = 10;

/** Brings all amounts up to the interval. @returns active memory that is swapped, MiB */
export function settleMemory(state: ClusterState): number {
  const { spec, vmHost, vmActiveMib, vmConsumedMib, hostUsedMib } = state;
  // Where no trace says otherwise, what is in use changes only with who is where.
  if (!state.memoryChanges()) return state.thrashedMib;
  const { memoryMib } = spec.vms;
  const parts = state.activeParts();
  for (let vm = 0; vm < state.vms; vm += 1) {
    const host = vmHost[vm]!;
    if (host < 0) continue;
    const active = parts[vm]! > 0 ? parts[vm]! * memoryMib[vm]! : 0;
    vmActiveMib[vm] = active;
    if (active > vmConsumedMib[vm]!) {
      hostUsedMib[host]! += active - vmConsumedMib[vm]!;
      vmConsumedMib[vm] = active;
    }
  }
  let thrashed = 0;
  const usable = state.usableMib;
  for (let host = 0; host < state.hosts; host += 1) {
    const most = usable[host]!;
    if (hostUsedMib[host]! > most) thrashed += reclaim(state, host, most);
  }
  state.thrashedMib = thrashed;
  return thrashed;
}

function reclaim(state: ClusterState, host: number, most: number): number {
  const { spec, vmActiveMib, vmConsumedMib, vmBalloonMib, vmSwappedMib } = state;
  const vms = state.vmsOf(host);
  const pages = (mib: number): number => Math.floor(mib * PAGES_PER_MIB);
  const held = Array.from(vms, (vm) => pages(vmConsumedMib[vm]!));
  const { pages: targets } = divideMemory(
    pages(most),
    {
      shares: Array.from(vms, (vm) => Math.max(1, spec.vms.memoryMib[vm]! * SHARES)),
      minPages: held.map(() => 0),
      maxPages: held,
      activePages: Array.from(vms, (vm) => pages(vmActiveMib[vm]!)),
    },
    spec.memory.taxPpm,
  );
  let [thrashed, used] = [0, 0];
  for (let i = 0; i < vms.length; i += 1) {
    const vm = vms[i]!;
    const target = Math.min(vmConsumedMib[vm]!, targets[i]! / PAGES_PER_MIB);
    const taken = vmConsumedMib[vm]! - target;
    const room = (spec.memory.balloonPpm / 1e6) * spec.vms.memoryMib[vm]! - vmBalloonMib[vm]!;
    const ballooned = Math.min(taken, Math.max(0, room));
    vmBalloonMib[vm]! += ballooned;
    vmSwappedMib[vm]! += taken - ballooned;
    vmConsumedMib[vm] = target;
    used += target;
    thrashed += Math.max(0, vmActiveMib[vm]! - target);
  }
  state.hostUsedMib[host] = used;
  return thrashed;
}
