/**
 * Content-based page sharing: back equal pages of a host with one copy-on-write frame.
 *
 *   visit(page):  its hash is on file as
 *     a shared frame   compare all; equal: map the page there, free its own frame
 *     a hint           hash the hinted page again; changed: drop the hint and go on
 *                      compare all; equal: the hinted page's frame becomes a shared frame, then as above
 *     nothing          leave the page writable and put it on file as a hint
 *
 * A page that matches a hash but not the content is ineligible until it is written. Hash and salt must agree, and the
 * host: the salt carries both tenant and host.
 *
 * Here we find the page behind a frame only through the table, as the source does: there is no back-map. The last
 * page left on a shared frame stays copy-on-write; it is private again at its next write.
 *
 * Source: ESX'02 §4.2-4.3. Cost: O(1) expected per page, and a hash and a compare of 4 KiB where contents are bytes.
 */
import {
  hostCommonPages,
  hostHintPages,
  hostSharedPages,
  mpnSaltGroup,
  ppnFlags,
  ppnMpn,
  setHostCommonPages,
  setHostHintPages,
  setHostSharedPages,
  setMpnSaltGroup,
  setPpnFlags,
  setPpnMpn,
  setVmCowBreaks,
  setVmFalseMatches,
  setWorldHintsDropped,
  slotCount,
  slotEntry,
  vmCowBreaks,
  vmFalseMatches,
  vmHost,
  vmSalt,
  vmSaltGroup,
  worldHashMask,
  worldHintsDropped,
  worldSalted,
} from "../layout";
import { noteChange } from "./changes";
import { mix64 } from "../prng";
import { contentHash, copyContent, equalContents } from "./content";
import { allocateFrame, hostOfFrame, NO_MPN, releaseFrame } from "./frames";
import { holdBack, isLarge } from "./held-back";
import { Break, breakLarge, breaksForSharing } from "./large-page";
import { countCow, Flag, markVisited, repointPage, vmOf } from "./pmap";
import { incrementRefcount, refcount } from "./refcount";
import {
  entryRow,
  entryTag,
  insertEntry,
  isSharedEntry,
  isTableFull,
  makeEntry,
  removeEntry,
  removeSlot,
  seekTag,
  SHARED,
} from "./sharing-table";

/** Key of a frame's content for a VM's tenant: hash, cut to the bits in use, and salt. */
export function sharingKey(mpn: u32, vm: u32): u64 {
  return mix64((contentHash(mpn) & worldHashMask(0)) ^ vmSalt(vm));
}

/** Part of a key that the table holds. */
export function tagOf(key: u64): u32 {
  return <u32>(key >> 32);
}

/** What came of a visit. */
export const enum Visit {
  /** Unmapped, seen since its last write, already shared, or ineligible. */
  Skipped,
  Hinted,
  Shared,
  FalseMatch,
}

/**
 * Visits one page as a candidate for sharing.
 *
 * @param ppn  a physical page, mapped or not
 */
export function visitPage(ppn: u32): Visit {
  const flags = <u32>ppnFlags(ppn);
  if ((flags & (Flag.Mapped | Flag.Visited)) != Flag.Mapped) return Visit.Skipped;
  const vm = vmOf(ppn);
  markVisited(ppn, vm);
  if (flags & (Flag.Cow | Flag.Ineligible)) return Visit.Skipped;
  return fileOrShare(ppn, vm, sharingKey(ppnMpn(ppn), vm));
}

/**
 * Files a page with a frame of its own, or shares it.
 *
 * @param vm   whose page it is
 * @param key  `sharingKey` of the frame behind it
 */
export function fileOrShare(ppn: u32, vm: u32, key: u64): Visit {
  const tag = tagOf(key);
  let slot = seekTag(tag);
  for (;;) {
    const entry = slotEntry(slot);
    if (entry == 0 || entryTag(entry) != tag) break;
    const row = entryRow(entry);
    const verdict = isSharedEntry(entry) ? judgeShared(row, ppn, vm, key) : judgeHint(row, ppn, vm, key);
    if (verdict == Verdict.Equal) {
      const shared = isSharedEntry(entry);
      if (!breaksOpen(ppn, shared ? ppn : row, vm)) {
        if (!shared) holdBackHint(slot, ppn, row);
        holdBack(ppn);
        return Visit.Hinted;
      }
      return share(ppn, vm, shared ? row : promoteHint(slot, row));
    }
    if (verdict == Verdict.Own) return Visit.Hinted;
    if (verdict == Verdict.FalseMatch) return forbid(ppn, vm);
    if (verdict == Verdict.Stale) dropHint(slot);
    else ++slot;
  }
  if (isTableFull()) sweepHints();
  insertEntry(makeEntry(tag, 0, ppn));
  const host = vmHost(vm);
  setHostHintPages(host, hostHintPages(host) + 1);
  return Visit.Hinted;
}

/** Whether pages may be shared as far as large pages go; those around them are broken if that may be. */
function breaksOpen(ppn: u32, other: u32, vm: u32): bool {
  const own = isLarge(ppn);
  const theirs = isLarge(other);
  if (!own && !theirs) return true;
  if (!breaksForSharing(vmHost(vm))) return false;
  if (own) breakLarge(ppn >> 9, Break.Shared);
  if (theirs && isLarge(other)) breakLarge(other >> 9, Break.Shared);
  return true;
}

/** A hint has met its equal in vain. A small page takes the place of one inside a large page, so that others can share. */
function holdBackHint(slot: u32, ppn: u32, hinted: u32): void {
  holdBack(hinted);
  if (isLarge(ppn) || !isLarge(hinted)) return;
  const tag = entryTag(slotEntry(slot));
  removeSlot(slot);
  insertEntry(makeEntry(tag, 0, ppn));
}

const enum Verdict {
  Equal,
  /** The hint is the page itself. */
  Own,
  /** Only the tag agrees. */
  Other,
  /** The hinted page has changed since. */
  Stale,
  /** Hash and salt agree, the content does not. */
  FalseMatch,
}

function judgeShared(frame: u32, ppn: u32, vm: u32, key: u64): Verdict {
  if (hostOfFrame(frame) != vmHost(vm)) return Verdict.Other;
  if (worldSalted(0) && mpnSaltGroup(frame) != vmSaltGroup(vm)) return Verdict.Other;
  if (equalContents(frame, ppnMpn(ppn))) return Verdict.Equal;
  return sharingKey(frame, vm) == key ? Verdict.FalseMatch : Verdict.Other;
}

function judgeHint(hinted: u32, ppn: u32, vm: u32, key: u64): Verdict {
  if (hinted == ppn) return Verdict.Own;
  const found = hintedKey(hinted);
  if (tagOf(found) != tagOf(key)) return Verdict.Stale;
  if (found != key || vmSalt(vmOf(hinted)) != vmSalt(vm))
    return isHintable(hinted) ? Verdict.Other : Verdict.Stale;
  if (!isHintable(hinted)) return Verdict.Stale;
  return equalContents(ppnMpn(hinted), ppnMpn(ppn)) ? Verdict.Equal : Verdict.FalseMatch;
}

/** A hint can stand only for a page with a frame of its own. */
function isHintable(ppn: u32): bool {
  return ((<u32>ppnFlags(ppn)) & (Flag.Mapped | Flag.Cow)) == Flag.Mapped;
}

/** Key of a hinted page as it is now; some other key if it has no frame. */
function hintedKey(ppn: u32): u64 {
  return (<u32>ppnFlags(ppn)) & Flag.Mapped ? sharingKey(ppnMpn(ppn), vmOf(ppn)) : 0;
}

function dropHint(slot: u32): void {
  const host = vmHost(vmOf(entryRow(slotEntry(slot))));
  removeSlot(slot);
  setHostHintPages(host, hostHintPages(host) - 1);
  setWorldHintsDropped(0, worldHintsDropped(0) + 1);
}

/** Takes every stale hint off the table, when it is full; live ones fit with room to spare. */
function sweepHints(): void {
  let slot: u32 = 0;
  while (slot < slotCount()) {
    const entry = slotEntry(slot);
    const hint = entry != 0 && !isSharedEntry(entry);
    if (hint && isStale(entry)) dropHint(slot);
    else ++slot;
  }
  assert(!isTableFull());
}

function isStale(entry: u64): bool {
  const ppn = entryRow(entry);
  return !isHintable(ppn) || tagOf(hintedKey(ppn)) != entryTag(entry);
}

/** Makes the frame of a hinted page a shared frame with one reference, and says which it is. */
function promoteHint(slot: u32, hinted: u32): u32 {
  const frame = ppnMpn(hinted);
  const owner = vmOf(hinted);
  const tag = entryTag(slotEntry(slot));
  removeSlot(slot);
  insertEntry(makeEntry(tag, SHARED, frame));
  noteChange(hinted);
  setPpnFlags(hinted, <u16>((<u32>ppnFlags(hinted)) | Flag.Cow));
  countCow(owner, 1);
  if (worldSalted(0)) setMpnSaltGroupOf(frame, owner);
  const host = vmHost(owner);
  setHostHintPages(host, hostHintPages(host) - 1);
  return frame;
}

/** Says which tenant may share a frame that has come to file. */
export function setMpnSaltGroupOf(frame: u32, vm: u32): void {
  setMpnSaltGroup(frame, vmSaltGroup(vm));
}

function share(ppn: u32, vm: u32, frame: u32): Visit {
  const host = vmHost(vm);
  const own = ppnMpn(ppn);
  assert(own != frame);
  noteChange(ppn);
  setPpnMpn(ppn, frame);
  setPpnFlags(ppn, <u16>((<u32>ppnFlags(ppn)) | Flag.Cow));
  countCow(vm, 1);
  countReferences(host, incrementRefcount(frame), 1);
  const left = releaseFrame(host, own);
  assert(left == 0);
  return Visit.Shared;
}

function forbid(ppn: u32, vm: u32): Visit {
  setPpnFlags(ppn, <u16>((<u32>ppnFlags(ppn)) | Flag.Ineligible));
  setVmFalseMatches(vm, vmFalseMatches(vm) + 1);
  return Visit.FalseMatch;
}

/**
 * Keeps shared and common true after a frame on file won or lost a reference.
 *
 * @param now   references it has now
 * @param step  +1 or −1
 */
function countReferences(host: u32, now: u32, step: i32): void {
  const became = step > 0 ? now == 2 : now == 1;
  setHostSharedPages(host, hostSharedPages(host) + (became ? 2 * step : now > 1 ? step : 0));
  if (became) setHostCommonPages(host, hostCommonPages(host) + step);
}

/**
 * Gives a copy-on-write page a frame of its own, before a write.
 *
 * @returns false if the host has no free frame; nothing has changed then
 */
export function breakShared(ppn: u32): bool {
  const vm = vmOf(ppn);
  const host = vmHost(vm);
  const frame = ppnMpn(ppn);
  assert(((<u32>ppnFlags(ppn)) & Flag.Cow) != 0);
  noteChange(ppn);
  if (refcount(frame) > 1) {
    const own = allocateFrame(host);
    if (own == NO_MPN) return false;
    copyContent(own, frame);
    repointPage(ppn, own);
    countReferences(host, releaseFrame(host, frame), -1);
  } else {
    // The last page on the frame keeps it; only the file forgets it.
    repointPage(ppn, frame);
    removeEntry(sharedEntry(frame, vm));
  }
  setPpnFlags(ppn, <u16>((<u32>ppnFlags(ppn)) & ~Flag.Cow));
  countCow(vm, -1);
  setVmCowBreaks(vm, vmCowBreaks(vm) + 1);
  return true;
}

/** Drops a copy-on-write page's reference, before the page is unmapped. */
export function leaveShared(ppn: u32): void {
  const vm = vmOf(ppn);
  const host = vmHost(vm);
  const frame = ppnMpn(ppn);
  if (refcount(frame) == 1) removeEntry(sharedEntry(frame, vm));
  countReferences(host, releaseFrame(host, frame), -1);
}

/** The same for a reference that no page of its VM has any more: the frame is on file under `salt`. */
export function leaveFrame(frame: u32, host: u32, salt: u64): void {
  if (refcount(frame) == 1) {
    const key = mix64((contentHash(frame) & worldHashMask(0)) ^ salt);
    removeEntry(makeEntry(tagOf(key), SHARED, frame));
  }
  countReferences(host, releaseFrame(host, frame), -1);
}

/** Takes every hint of a VM off the table: it leaves its host. */
export function dropHintsOf(vm: u32): void {
  let slot: u32 = 0;
  while (slot < slotCount()) {
    const entry = slotEntry(slot);
    if (entry != 0 && !isSharedEntry(entry) && vmOf(entryRow(entry)) == vm) dropHint(slot);
    else ++slot;
  }
}

function sharedEntry(frame: u32, vm: u32): u64 {
  return makeEntry(tagOf(sharingKey(frame, vm)), SHARED, frame);
}
