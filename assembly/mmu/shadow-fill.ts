/**
 * Filling shadow tables from the guest's and the pmap, when a fault says that something is missing.
 *
 *   guest    VA --[ 4 ][ 3 ][ 2 ][ 1 ]--> gfn        shadow    VA --[ 4 ][ 3 ][ 2 ][ 1 ]--> frame
 *                    rights of each entry    ────────────────────────>  the same
 *                                            pmap: gfn -> frame, shared? traced? dirty yet?  ─> may it be written to
 *
 * An entry above the last leads to the shadow of the guest table that the guest's entry leads to, with that entry's rights; the last
 * has the frame, and is writable if the guest's entry is writable and dirty, the page is not shared, and it is no traced table.
 * So the processor's walk grants what guest and pmap both grant, and the first write of a page comes to where D is set.
 *
 * A large page of the guest stays one where its 2 MiB lie side by side in the host; else it is split, in a table of its own that
 * all who map these 2 MiB share; the rights of the guest's entry then stand above it. Pages of 1 GiB become pages of 2 MiB.
 *
 * Source: ESX'02 §2 (shadow page tables); the rest is common knowledge of software MMUs. Cost: one entry a level.
 */
import {
  extentTraced,
  mmuControls,
  mmuRoot,
  mmuSyncedEntries,
  mmuVm,
  mpnRefcount,
  ppnFlags,
  ppnMpn,
  setMmuSyncedEntries,
  setShadowRecent,
  setShadowStamp,
  setVmTlbStale,
  setWorldShadowFill,
  shadowCount,
  shadowKind,
  shadowPpn,
  shadowUnsynced,
  vmPpnCount,
  vmPpnFirst,
  worldPhysicalBits,
  worldShadowFill,
  worldShadowUnsynced,
} from "../layout";
import { NO_MPN } from "../memory/frames";
import { Flag, vmOf } from "../memory/pmap";
import {
  ACCESSED,
  Control,
  DIRTY,
  frameOf,
  GLOBAL,
  indexOf,
  LARGE,
  NO_EXECUTE,
  NO_ROW,
  pagesOf,
  PRESENT,
  reservedBits,
  RIGHTS,
  sizeOf,
  USER,
  WRITABLE,
} from "./entry";
import { guestWord, isInside } from "./guest-memory";
import { frameOfExtent } from "./nested";
import { levelsOf, rootOf } from "./registers";
import { drop, entryAt, linkPage, linkTable, mapsPage, pageMapped } from "./shadow-lists";
import { isTraced, markSynced, shadowFor, ShadowKind } from "./shadow-pool";
import { wordOf } from "./words";

const OWN: u64 = RIGHTS | NO_EXECUTE;

/**
 * Makes the shadow tables say what the guest's and the pmap say of one address, of which a walk through the guest's tables has just
 * succeeded.
 *
 * @param guest  what that walk found
 * @returns      false if the pool has no room, or a table of the guest lies outside of its memory
 */
export function fillShadow(cx: u32, address: u64, guest: u64): bool {
  const vm = mmuVm(cx);
  let row = mmuRoot(cx);
  if (row == NO_ROW) return false;
  setWorldShadowFill(0, worldShadowFill(0) + 1);
  setShadowRecent(row, 1);
  setShadowStamp(row, worldShadowFill(0));
  const guestLeaf = sizeOf(guest) + 1;
  const base = frameOf(guest);
  let table = rootOf(cx);
  let level = levelsOf(cx);
  for (; level > 1; --level) {
    // Asked when all tables on the way are traced.
    if (level == 2 && guestLeaf > 1 && mayStayLarge(vm, firstBelow(address, base, guestLeaf, 2))) break;
    const index = indexOf(address, level);
    let rights: u64 = RIGHTS;
    let kind: u32 = ShadowKind.Split;
    let child: u64 = 0;
    if (level >= guestLeaf) {
      const entry = guestWord(vm, table, index);
      rights = entry & OWN;
      // Below a large page nobody else asks whether it is dirty.
      if (level == guestLeaf && (entry & DIRTY) == 0) rights &= ~WRITABLE;
      if (level > guestLeaf) {
        kind = ShadowKind.Table;
        child = frameOf(entry);
      }
      table = child;
    }
    if (kind == ShadowKind.Split) child = firstBelow(address, base, guestLeaf, level);
    if (!isInside(vm, child)) return false;
    row = lead(cx, (row << 9) + index, vmPpnFirst(vm) + <u32>child, level - 1, kind, rights);
    if (row == NO_ROW) return false;
  }
  enterPage(cx, vm, (row << 9) + indexOf(address, level), address, guest, level, table);
  return true;
}

/** First guest-physical page below an entry of a level, within a large page. */
function firstBelow(address: u64, base: u64, guestLeaf: u32, level: u32): u64 {
  const within = (address >> 12) & (pagesOf(guestLeaf) - 1);
  return base + (within & ~(pagesOf(level) - 1));
}

/** Whether the 2 MiB around an address, inside a large page of the guest, can be one entry. */
function mayStayLarge(vm: u32, extent: u64): bool {
  if (extent + 512 > <u64>vmPpnCount(vm)) return false;
  const ppn = vmPpnFirst(vm) + <u32>extent;
  return (ppn & 511) == 0 && extentTraced(ppn >> 9) == 0 && frameOfExtent(ppn) != NO_MPN;
}

/** Makes an entry above the last lead to the shadow table of a page; @returns its row, NO_ROW if there is no room. */
function lead(cx: u32, entry: u32, ppn: u32, level: u32, kind: u32, rights: u64): u32 {
  const child = shadowFor(cx, ppn, level, kind);
  if (child == NO_ROW) return NO_ROW;
  const at = entryAt(entry);
  const old = load<u64>(at);
  const leads = (old & PRESENT) != 0 && !mapsPage(entry) && <u32>frameOf(old) == child;
  if (!leads) {
    drop(entry);
    // New addresses come to it: what they have never seen must not be stale.
    if (shadowUnsynced(child) != 0) synchronise(cx, child);
    linkTable(entry, child);
  }
  const now = PRESENT | rights | ((<u64>child) << 12);
  // Caches of paging structures know the entry as it was.
  if (leads && now != old) setVmTlbStale(vmOf(ppn), 1);
  store<u64>(at, now);
  return child;
}

/** Enters the page itself. */
function enterPage(cx: u32, vm: u32, entry: u32, address: u64, guest: u64, leaf: u32, table: u64): void {
  const within = (address >> 12) & (pagesOf(sizeOf(guest) + 1) - 1) & ~(pagesOf(leaf) - 1);
  const ppn = vmPpnFirst(vm) + <u32>(frameOf(guest) + within);
  let rights: u64 = RIGHTS;
  if (sizeOf(guest) + 1 <= leaf) {
    const own = guestWord(vm, table, indexOf(address, leaf));
    rights = own & OWN;
    if ((own & DIRTY) == 0) rights &= ~WRITABLE;
  }
  if (leaf == 1 && (((<u32>ppnFlags(ppn)) & Flag.Cow) != 0 || isTraced(ppn))) rights &= ~WRITABLE;
  const large = leaf == 2 ? LARGE : 0;
  drop(entry);
  store<u64>(entryAt(entry), PRESENT | rights | (guest & GLOBAL) | large | ((<u64>ppnMpn(ppn)) << 12));
  linkPage(entry, ppn);
}

/** Makes a table that the guest has written to unseen agree with it: entries that no longer hold go. */
export function synchronise(cx: u32, row: u32): void {
  const ppn = shadowPpn(row);
  const vm = vmOf(ppn);
  for (let index: u32 = 0; index < 512; ++index) {
    const entry = (row << 9) + index;
    const shadow = load<u64>(entryAt(entry));
    if ((shadow & PRESENT) == 0) continue;
    if (!holds(cx, vm, entry, shadow, wordOf(ppnMpn(ppn), index << 3))) drop(entry);
  }
  setMmuSyncedEntries(cx, mmuSyncedEntries(cx) + 512);
  markSynced(row);
}

/** Whether an entry of the lowest level grants nothing that the guest's does not, and says the same of the rest. */
function holds(cx: u32, vm: u32, entry: u32, shadow: u64, guest: u64): bool {
  const needed = PRESENT | ACCESSED;
  if ((guest & needed) != needed) return false;
  if ((guest & reservedBits(guest, 1, mmuControls(cx), worldPhysicalBits(0))) != 0) return false;
  const gfn = frameOf(guest);
  if (!isInside(vm, gfn)) return false;
  const ppn = vmPpnFirst(vm) + <u32>gfn;
  if (((<u32>ppnFlags(ppn)) & Flag.Mapped) == 0 || <u64>ppnMpn(ppn) != frameOf(shadow)) return false;
  // On a shared frame the list knows which page it is.
  if (mpnRefcount(ppnMpn(ppn)) != 1 && pageMapped(entry) != ppn) return false;
  const global = mmuControls(cx) & Control.Global ? guest & GLOBAL : 0;
  const same = (guest ^ shadow) & (USER | NO_EXECUTE);
  const writable = (guest & (WRITABLE | DIRTY)) == (WRITABLE | DIRTY);
  return same == 0 && global == (shadow & GLOBAL) && ((shadow & WRITABLE) == 0 || writable);
}

/** Synchronises all tables of a VM. */
export function synchroniseAll(cx: u32): void {
  const vm = mmuVm(cx);
  for (let row: u32 = 0; row < shadowCount() && worldShadowUnsynced(0) != 0; ++row) {
    if (shadowKind(row) == ShadowKind.Free || shadowUnsynced(row) == 0) continue;
    if (vmOf(shadowPpn(row)) == vm) synchronise(cx, row);
  }
}
