/**
 * Visits candidates of one VM a chunk at a time: first those whose content is not on file, then those that meet a hint,
 * then those that meet a shared frame.
 *
 * The end is that of visits in the order of picking: only pages of one tag have to do with each other, what is on file
 * for a tag is the same for all of them, and each list keeps its order. A sweep would tell the orders apart, so that a
 * file about to fill up is visited one by one. What is out of the ordinary (several entries of a tag, a stale hint, a
 * false match, a count beyond 16 bits, real bytes) goes through `fileOrShare`.
 *
 * Counters are added up and stored once a list.
 *
 * Source: as page-sharing.ts. Cost: bench/memory/page-sharing.bench.ts.
 */
import {
  hostCommonPages,
  hostHintPages,
  hostSharedPages,
  hostUsedPages,
  hostZoneCount,
  hostZoneFirst,
  mpnContent,
  mpnContentAt,
  mpnRefcountAt,
  mpnSaltGroup,
  ppnFlags,
  ppnFlagsAt,
  ppnMpn,
  ppnMpnAt,
  scratchWord,
  scratchWordAt,
  setHostCommonPages,
  setHostHintPages,
  setHostSharedPages,
  setHostUsedPages,
  setMpnRefcount,
  setScratchWord,
  setPpnFlags,
  setPpnMpn,
  setWorldTableEntries,
  slotEntryAt,
  vmHost,
  vmSalt,
  vmSaltGroup,
  worldBytesForm,
  worldSalted,
  worldTableEntries,
  zoneFirst,
  zonePages,
} from "../layout";
import { noteChange } from "./changes";
import { freeListed } from "./frames";
import {
  ABSENT,
  ADDRESSES,
  candidateFrame,
  candidatePage,
  CHUNK,
  HINTED,
  IDS,
  KEYS,
  lookAtRows,
  lookAtSlots,
  ON_FILE,
  SLOTS,
  WORD,
  sortByEntry,
} from "./look-ahead";
import { isLarge } from "./held-back";
import { fileOrShare, setMpnSaltGroupOf } from "./page-sharing";
import { countCow, Flag, vmOf } from "./pmap";
import { incrementRefcount } from "./refcount";
import { homeSlots, putEntry, SHARED, tableRoom } from "./sharing-table";

const LARGE: u32 = 0xffff;

/**
 * Visits the candidates in the scratch: mapped pages of the VM, each once, marked as visited.
 */
export function visitCandidates(vm: u32, count: u32): void {
  for (let first: u32 = 0; first < count; first += CHUNK)
    visitChunk(vm, first, min<u32>(count - first, CHUNK));
}

function visitChunk(vm: u32, first: u32, count: u32): void {
  lookAtSlots(vm, first, count);
  const lists = sortByEntry(count);
  const absent = (<u32>lists) & 0xffff;
  const hinted = (<u32>(lists >> 16)) & 0xffff;
  const onFile = <u32>(lists >> 32);
  lookAtRows(hinted, onFile);
  if (worldBytesForm(0) || tableRoom() <= <i32>count) {
    for (let at: u32 = 0; at < count; ++at) visitOrdinarily(vm, first, at);
    return;
  }
  visitAbsent(vm, first, absent);
  visitHinted(vm, first, hinted);
  visitOnFile(vm, first, onFile);
}

function visitOrdinarily(vm: u32, first: u32, at: u32): void {
  const ppn = candidatePage(first + at);
  if (((<u32>ppnFlags(ppn)) & Flag.Cow) == 0) fileOrShare(ppn, vm, scratchWord(KEYS + at));
}

/** Puts pages whose content is not on file there as hints. */
function visitAbsent(vm: u32, first: u32, count: u32): void {
  const rows = scratchWordAt(0);
  const slots = slotEntryAt(0);
  const homes = <u64>homeSlots();
  let filed: u32 = 0;
  for (let index: u32 = 0; index < count; ++index) {
    const at = <u32>load<u64>(rows + <usize>index * WORD, ABSENT * WORD);
    const row = rows + <usize>at * WORD;
    const tag = load<u64>(row, KEYS * WORD) >> 32;
    const slot = <usize>load<u64>(row, SLOTS * WORD);
    const home = slots + <usize>((tag * homes) >> 32) * WORD;
    const there = load<u64>(slot);
    // The slot may have moved, or the content come to file, since it was looked at.
    const fits = there - 1 >= ((tag << 32) | 0xffff_ffff);
    const follows = slot == home || load<u64>(slot - WORD) - 1 < tag << 32;
    if (fits && follows) {
      store<u64>(slot, (tag << 32) | (<u64>(<u32>load<u64>(row + first * WORD) + 1)));
      if (there != 0) putEntry(<u32>((slot - slots) / WORD) + 1, there);
      filed += 1;
    } else {
      visitOrdinarily(vm, first, at);
    }
  }
  const host = vmHost(vm);
  setHostHintPages(host, hostHintPages(host) + filed);
  setWorldTableEntries(0, worldTableEntries(0) + filed);
}

/** Shares pages with those that hints stand for. */
function visitHinted(vm: u32, first: u32, count: u32): void {
  const salt = vmSalt(vm);
  const salted = worldSalted(0) != 0;
  let shared: u32 = 0;
  for (let index: u32 = 0; index < count; ++index) {
    const listed = scratchWord(HINTED + index);
    const at = <u32>listed;
    const hinted = <u32>(listed >> 32);
    const ppn = candidatePage(first + at);
    const slot = <usize>scratchWord(SLOTS + at);
    const tag = scratchWord(KEYS + at) >> 32;
    const frame = ppnMpn(hinted);
    const flags = <u32>ppnFlags(hinted);
    const entry = (tag << 32) | SHARED | (<u64>(frame + 1));
    const there =
      load<u64>(slot) == ((tag << 32) | (<u64>(hinted + 1))) && load<u64>(slot, WORD) - 1 >= entry;
    const live = (flags & (Flag.Mapped | Flag.Cow)) == Flag.Mapped && hinted != ppn;
    if (
      there &&
      live &&
      ((<u32>ppnFlags(ppn)) & Flag.Cow) == 0 &&
      mpnContent(frame) == scratchWord(IDS + at) &&
      vmSalt(vmOf(hinted)) == salt &&
      !isLarge(ppn) &&
      !isLarge(hinted)
    ) {
      store<u64>(slot, entry);
      noteChange(hinted);
      setPpnFlags(hinted, <u16>(flags | Flag.Cow));
      countCow(vmOf(hinted), 1);
      setMpnRefcount(frame, 2);
      if (salted) setMpnSaltGroupOf(frame, vm);
      moveToFrame(ppn, frame);
      setScratchWord(ADDRESSES + shared, <u64>candidateFrame(first + at));
      shared += 1;
    } else {
      visitOrdinarily(vm, first, at);
    }
  }
  freeListed(ADDRESSES, shared);
  countCow(vm, shared);
  const host = vmHost(vm);
  setHostHintPages(host, hostHintPages(host) - shared);
  setHostSharedPages(host, hostSharedPages(host) + 2 * shared);
  setHostCommonPages(host, hostCommonPages(host) + shared);
  setHostUsedPages(host, hostUsedPages(host) - shared);
}

/** Points pages at the shared frames that hold their contents. */
function visitOnFile(vm: u32, first: u32, count: u32): void {
  const host = vmHost(vm);
  const low = zoneFirst(hostZoneFirst(host));
  const last = hostZoneFirst(host) + hostZoneCount(host) - 1;
  const frames = zoneFirst(last) + zonePages(last) - low;
  const salted = worldSalted(0) != 0;
  const rows = scratchWordAt(0);
  const contents = mpnContentAt(0);
  const references = mpnRefcountAt(0);
  const flags = ppnFlagsAt(0);
  const mpns = ppnMpnAt(0);
  let freed: u32 = 0;
  let common: u32 = 0;
  for (let index: u32 = 0; index < count; ++index) {
    const listed = load<u64>(rows + <usize>index * WORD, ON_FILE * WORD);
    const frame = <u32>(listed >> 32);
    const row = rows + <usize>(<u32>listed) * WORD;
    const candidate = load<u64>(row + first * WORD);
    const ppn = <usize>(<u32>candidate);
    const flag = load<u16>(flags + (ppn << 1));
    if (
      load<u64>(contents + <usize>frame * WORD) == load<u64>(row, IDS * WORD) &&
      frame - low < frames &&
      (flag & Flag.Cow) == 0 &&
      (!salted || mpnSaltGroup(frame) == vmSaltGroup(vm)) &&
      !isLarge(<u32>ppn)
    ) {
      noteChange(<u32>ppn);
      store<u32>(mpns + (ppn << 2), frame);
      store<u16>(flags + (ppn << 1), flag | Flag.Cow);
      store<u64>(rows + <usize>freed * WORD, candidate >> 32, ADDRESSES * WORD);
      freed += 1;
      const before = load<u16>(references + ((<usize>frame) << 1));
      common += <u32>(before == 1);
      if (<u32>before < LARGE - 1) store<u16>(references + ((<usize>frame) << 1), before + 1);
      else incrementRefcount(frame);
    } else {
      visitOrdinarily(vm, first, <u32>listed);
    }
  }
  freeListed(ADDRESSES, freed);
  countCow(vm, freed);
  // A frame's first page counts with its second.
  setHostSharedPages(host, hostSharedPages(host) + freed + common);
  setHostCommonPages(host, hostCommonPages(host) + common);
  setHostUsedPages(host, hostUsedPages(host) - freed);
}

function moveToFrame(ppn: u32, frame: u32): void {
  noteChange(ppn);
  setPpnMpn(ppn, frame);
  setPpnFlags(ppn, <u16>((<u32>ppnFlags(ppn)) | Flag.Cow));
}
