/**
 * Translations follow the pmap: what changed there since the last access is taken out of nested and shadow tables, and TLBs forget the
 * VM's entries before its next access. So nothing leads to a frame that has left the VM, whatever took it.
 *
 * Cost: O(changes); what a TLB holds is dropped once for all of them.
 */
import {
  changePpn,
  mmuCount,
  mmuFlushes,
  mmuTlb,
  mmuVm,
  nestedPageCount,
  tlbPartCount,
  tlbPartSets,
  tlbPartStride,
  tlbPartFirst,
  setMmuFlushes,
  setTlbLastTag,
  setVmTlbStale,
  setWorldChangedAll,
  setWorldChanges,
  shadowCount,
  shadowKind,
  shadowPins,
  shadowPpn,
  tlbSlotFirst,
  tlbSlotTag,
  vmCount,
  vmPpnFirst,
  worldChangedAll,
  worldChanges,
} from "../layout";
import { WHOLE_EXTENT } from "../memory/changes";
import { vmOf } from "../memory/pmap";
import { asidOf, removeTag } from "./cache";
import { leaveAll, leaveExtent, leaveNested } from "./nested";
import { vmOfTag } from "./registers";
import { dropMappings, dropTables, evict, ShadowKind } from "./shadow-pool";

/** Whether translations have to follow before the next access. */
export function hasChanged(): bool {
  return (worldChanges(0) | worldChangedAll(0)) != 0;
}

/** Takes out of all tables what has changed in the pmap. */
export function follow(): void {
  if (worldChangedAll(0) != 0) {
    followAll();
    return;
  }
  const changes = worldChanges(0);
  for (let row: u32 = 0; row < changes; ++row) {
    const whole = (changePpn(row) & WHOLE_EXTENT) != 0;
    const ppn = changePpn(row) & ~WHOLE_EXTENT;
    const vm = vmOf(ppn);
    const gfn = ppn - vmPpnFirst(vm);
    if (nestedPageCount() > 0) {
      if (whole) leaveExtent(vm, gfn);
      else leaveNested(vm, gfn);
    }
    if (shadowCount() > 0) {
      dropMappings(ppn);
      if (!whole) dropTables(ppn);
    }
    setVmTlbStale(vm, 1);
  }
  setWorldChanges(0, 0);
}

/** Everything may have changed. */
function followAll(): void {
  for (let vm: u32 = 0; vm < vmCount(); ++vm) {
    if (nestedPageCount() > 0) leaveAll(vm);
    setVmTlbStale(vm, 1);
  }
  dropShadows(0, vmCount());
  setWorldChanges(0, 0);
  setWorldChangedAll(0, 0);
}

/** Empties the shadow tables of a run of VMs; roots in use stay, with nothing in them. */
export function dropShadows(firstVm: u32, count: u32): void {
  for (let row: u32 = 0; row < shadowCount(); ++row) {
    if (shadowKind(row) == ShadowKind.Free) continue;
    const vm = vmOf(shadowPpn(row));
    if (vm < firstVm || vm >= firstVm + count) continue;
    if (shadowPins(row) == 0) evict(row);
    else dropTables(shadowPpn(row));
  }
}

/** Drops what any TLB holds of a VM, if that is due. */
export function flushStale(vm: u32): void {
  setVmTlbStale(vm, 0);
  for (let cx: u32 = 0; cx < mmuCount(); ++cx) {
    if (mmuVm(cx) != vm) continue;
    flushVm(mmuTlb(cx), vm);
    setMmuFlushes(cx, mmuFlushes(cx) + 1);
  }
}

/** Drops what one TLB holds of a VM. */
function flushVm(unit: u32, vm: u32): void {
  setTlbLastTag(unit, 0);
  for (let part: u32 = 0; part < tlbPartCount(); ++part) {
    const first = tlbSlotFirst(unit) + tlbPartFirst(part);
    const rows = tlbPartSets(part) * tlbPartStride(part);
    for (let row: u32 = 0; row < rows; ++row) {
      const tag = tlbSlotTag(first + row);
      if (tag != 0 && vmOfTag(asidOf(tag)) == vm) removeTag(unit, part, row);
    }
  }
}
