/**
 * What a guest's kernel does to its page tables: it writes entries, and finds pages for new tables.
 *
 * The kernel reaches its memory through a direct map, so that a write is known by its guest-physical place. What the write costs is
 * up to the mode: nothing; a trace fault where shadow tables are made of the page; a violation where the host has to bring or copy it.
 *
 *   pages for tables   a run that the VM sets aside; freed ones go first, the last freed before the others
 *
 * Cost: O(levels) an entry.
 */
import {
  mmuMode,
  mmuTableWrites,
  mmuVm,
  ppnFlags,
  setMmuTableWrites,
  setVmTableFree,
  setVmTableNext,
  vmPpnFirst,
  vmTableEnd,
  vmTableFree,
  vmTableNext,
} from "../layout";
import { Flag } from "../memory/pmap";
import { ACCESSED, frameOf, indexOf, LARGE, Mode, pagesOf, PRESENT, RIGHTS } from "./entry";
import { follow, hasChanged } from "./follow";
import { bring, guestWord, isInside, setGuestWord } from "./guest-memory";
import { enterViolation, noteTableWrite, outsideViolation } from "./monitor";
import { levelsOf, rootOf } from "./registers";
import { dropEntry } from "./shadow-pool";
import { clearWords } from "./words";

/**
 * The kernel writes a word of its memory.
 *
 * @param index  word of the page, in [0, 512)
 * @returns      false if that needs a frame, or room for bytes, and there is none
 */
export function writeTable(cx: u32, gfn: u64, index: u32, value: u64): bool {
  const vm = mmuVm(cx);
  setMmuTableWrites(cx, mmuTableWrites(cx) + 1);
  if (!isInside(vm, gfn)) {
    if (mmuMode(cx) != Mode.Native) outsideViolation(cx);
    return true;
  }
  const ppn = vmPpnFirst(vm) + <u32>gfn;
  const traced = reach(cx, vm, ppn);
  if (!setGuestWord(vm, gfn, index, value)) return false;
  if (hasChanged()) follow();
  if (traced) dropEntry(ppn, index);
  return true;
}

/** What it takes that the kernel can write to a page; @returns whether the page is traced. */
function reach(cx: u32, vm: u32, ppn: u32): bool {
  const mode = mmuMode(cx);
  if (mode == Mode.Shadow) return noteTableWrite(cx, ppn, true);
  const flags = (<u32>ppnFlags(ppn)) & (Flag.Mapped | Flag.Cow);
  if (mode == Mode.Nested && flags != Flag.Mapped) enterViolation(cx, <u64>(ppn - vmPpnFirst(vm)), true);
  return false;
}

/**
 * Takes a page for a table; it is zero.
 *
 * @returns 0 if the VM has none left, or the host no frame
 */
export function takeTable(cx: u32): u32 {
  const vm = mmuVm(cx);
  const first = vmPpnFirst(vm);
  let gfn = vmTableFree(vm);
  if (gfn != 0) {
    if (!isReached(vm, gfn)) return 0;
    setVmTableFree(vm, <u32>guestWord(vm, gfn, 0));
  } else {
    gfn = vmTableNext(vm);
    if (gfn >= vmTableEnd(vm)) return 0;
    setVmTableNext(vm, gfn + 1);
  }
  reach(cx, vm, first + gfn);
  if (!bring(first + gfn, true)) return 0;
  if (hasChanged()) follow();
  clearWords(first + gfn);
  return gfn;
}

/** Gives the page of a table back, which nothing leads to any more. */
export function giveTable(cx: u32, gfn: u32): void {
  const vm = mmuVm(cx);
  if (!writeTable(cx, gfn, 0, vmTableFree(vm))) return;
  setVmTableFree(vm, gfn);
}

/**
 * Maps pages one after another, making tables where there are none.
 *
 * @param address  first address, a multiple of the page's size
 * @param gfn      first guest-physical page, likewise
 * @param count    pages of that size
 * @param leaf     level of their entries: 1 4 KiB, 2 2 MiB, 3 1 GiB
 * @param bits     of the entries, beside P and PS: W, U, A, D, G
 * @returns        pages mapped: fewer if no page is left for a table
 */
export function mapRun(cx: u32, address: u64, gfn: u64, count: u32, leaf: u32, bits: u32): u32 {
  for (let done: u32 = 0; done < count; ++done) {
    const pages = pagesOf(leaf) * <u64>done;
    const page = address + (pages << 12);
    const table = tableOf(cx, page, leaf);
    if (table == 0) return done;
    const entry = PRESENT | (<u64>bits) | (leaf > 1 ? LARGE : 0) | ((gfn + pages) << 12);
    if (!writeTable(cx, table, indexOf(page, leaf), entry)) return done;
  }
  return count;
}

/** Brings a page of the kernel's if its host has taken it; false if there is no frame for it. */
function isReached(vm: u32, gfn: u64): bool {
  return !isInside(vm, gfn) || bring(vmPpnFirst(vm) + <u32>gfn, false);
}

/** Table of a level that an address goes through, made if need be; 0 if there is no page for it. */
function tableOf(cx: u32, address: u64, leaf: u32): u64 {
  const vm = mmuVm(cx);
  let table = rootOf(cx);
  for (let level = levelsOf(cx); level > leaf; --level) {
    if (!isReached(vm, table)) return 0;
    const entry = guestWord(vm, table, indexOf(address, level));
    if ((entry & PRESENT) != 0) {
      table = frameOf(entry);
      continue;
    }
    const made = <u64>takeTable(cx);
    // Upper entries grant everything; A as a kernel that has used them would find it.
    const bits = PRESENT | RIGHTS | ACCESSED;
    if (made == 0 || !writeTable(cx, table, indexOf(address, level), bits | (made << 12))) return 0;
    table = made;
  }
  return table;
}

/**
 * Entry of a level that an address goes through.
 *
 * @returns guest-physical page of the table; 2^32 − 1 if an entry above is not present or large
 */
export function seekTable(cx: u32, address: u64, leaf: u32): u32 {
  const vm = mmuVm(cx);
  let table = rootOf(cx);
  for (let level = levelsOf(cx); level > leaf; --level) {
    if (!isReached(vm, table)) return 0xffff_ffff;
    const entry = guestWord(vm, table, indexOf(address, level));
    if ((entry & PRESENT) == 0 || (entry & LARGE) != 0) return 0xffff_ffff;
    table = frameOf(entry);
  }
  return isInside(vm, table) ? <u32>table : 0xffff_ffff;
}
