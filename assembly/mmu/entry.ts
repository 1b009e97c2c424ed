/**
 * Entries of x86-64 page tables, 4 and 5 levels, and what each bit is good for.
 *
 *   63  62 … 52   51 … 12          11 … 9   8  7     6  5  4    3    2  1  0
 *   NX  ignored   frame of table   ignored  G  PS    D  A  PCD  PWT  U  W  P
 *                 or page                      large
 *
 *   address   [ 5: 56 … 48 | 4: 47 … 39 | 3: 38 … 30 | 2: 29 … 21 | 1: 20 … 12 | offset ]
 *
 * Here translations that caches hold have the same form, with the page's size in bits 9 and 10.
 *
 * Source: the processors' manuals (4-level and 5-level paging). Cost: none.
 */
import { SCRATCH } from "../layout";

export const PRESENT: u64 = 1;
export const WRITABLE: u64 = 2;
export const USER: u64 = 4;
export const ACCESSED: u64 = 32;
export const DIRTY: u64 = 64;
/** At level 2 and 3: the entry maps a page of 2 MiB or 1 GiB. */
export const LARGE: u64 = 128;
export const GLOBAL: u64 = 256;
export const NO_EXECUTE: u64 = 0x8000_0000_0000_0000;
export const RIGHTS: u64 = WRITABLE | USER;
export const FRAME: u64 = 0x000f_ffff_ffff_f000;
/** In what caches hold: where the page's size stands, 0 4 KiB, 1 2 MiB, 2 1 GiB. */
export const SIZE_SHIFT: u64 = 9;
/** In what caches hold: where the size of the guest's page stands if the entry is a part of it only, 1 2 MiB, 2 1 GiB; else 0. */
export const WHOLE_SHIFT: u64 = 3;
/** In what a walk finds: good for this access only. */
export const ONCE: u64 = 0x800;

/** What a walk answers beside a translation, whose bit 0 is set. */
export const FAULT: u64 = 0;
export const RESTART: u64 = 2;
export const VIOLATION: u64 = 4;
export const OUTSIDE: u64 = 6;

/** What memory that is not there reads as. */
export const ALL_ONES: u64 = ~(<u64>0);

export const NO_ROW: u32 = 0xffff_ffff;

/** What an access is: bits of the lowest 12 of an address on its way to be translated. */
export const enum Kind {
  Write = 1,
  User = 2,
  Fetch = 4,
}

/** All of its bits. */
export const KINDS: u64 = 7;

/** Bits of `mmuControls`. */
export const enum Control {
  WriteProtect = 1,
  NoExecute = 2,
  FiveLevels = 4,
  Global = 8,
  Pcid = 16,
  Gigantic = 32,
  Smep = 64,
  Smap = 128,
}

export const enum Mode {
  Native = 0,
  Shadow = 1,
  Nested = 2,
}

/** Entry of a table of a level that an address goes through, in [0, 512). */
export function indexOf(address: u64, level: u32): u32 {
  return (<u32>(address >> (12 + 9 * (<u64>level - 1)))) & 511;
}

/** Pages of 4 KiB that an entry of a level covers. */
export function pagesOf(level: u32): u64 {
  return (<u64>1) << (9 * (<u64>level - 1));
}

export function frameOf(entry: u64): u64 {
  return (entry & FRAME) >> 12;
}

/** Size of a cached translation: 0 4 KiB, 1 2 MiB, 2 1 GiB. */
export function sizeOf(data: u64): u32 {
  return (<u32>(data >> SIZE_SHIFT)) & 3;
}

/** The 4 KiB page of a translation that an address lies in. */
export function pageOf(data: u64, address: u64): u64 {
  return frameOf(data) + ((address >> 12) & (pagesOf(sizeOf(data) + 1) - 1));
}

/** Whether bits 63 … 47 (56 with five levels) of an address are equal. */
export function isCanonical(address: u64, controls: u32): bool {
  const shift: u64 = controls & Control.FiveLevels ? 7 : 16;
  return <u64>((<i64>(address << shift)) >> shift) == address;
}

/** Bits that must be zero in a present entry. */
export function reservedBits(entry: u64, level: u32, controls: u32, physicalBits: u32): u64 {
  let bits: u64 = FRAME & ~((((<u64>1) << physicalBits) - 1) & FRAME);
  if ((controls & Control.NoExecute) == 0) bits |= NO_EXECUTE;
  if ((entry & LARGE) == 0) return bits;
  if (level == 2) return bits | 0x1f_e000;
  if (level == 3) return bits | (controls & Control.Gigantic ? 0x3fff_e000 : LARGE);
  return level > 3 ? bits | LARGE : bits;
}

/** Whether rights let an access through; dirty bits are another matter. */
export function permits(data: u64, kind: u32, controls: u32): bool {
  const needed = neededRights(kind, controls);
  return ((data ^ needed) & (needed | forbiddenRights(kind, controls))) == 0;
}

/** Rights that an access needs. */
export function neededRights(kind: u32, controls: u32): u64 {
  const write = kind & 1;
  const user = (kind >> 1) & 1;
  return 1 | ((<u64>user) << 2) | ((<u64>(write & (user | (controls & 1)))) << 1);
}

/** Bits that an access must not find. */
export function forbiddenRights(kind: u32, controls: u32): u64 {
  const user = (kind >> 1) & 1;
  const fetch = (kind >> 2) & 1;
  // Supervisors: SMEP forbids to fetch from users' pages, SMAP to read and write them.
  const kept = (user ^ 1) & ((fetch & (controls >> 6)) | ((fetch ^ 1) & (controls >> 7)));
  return ((<u64>(fetch & (controls >> 1))) << 63) | ((<u64>(kept & 1)) << 2);
}

/** Error code of a #PF, but for RSVD. */
export function errorCode(present: bool, kind: u32, controls: u32): u32 {
  const told = (controls & (Control.NoExecute | Control.Smep)) != 0;
  const fetch: u32 = told && (kind & Kind.Fetch) != 0 ? 16 : 0;
  return (<u32>present) | ((kind & Kind.Write) << 1) | ((kind & Kind.User) << 1) | fetch;
}

/** Whether an entry serves an access without a walk. */
export function mayUse(data: u64, kind: u32, controls: u32): bool {
  // Bit 6 is D, bit 0 of the kind a write.
  return (((<u64>(kind & 1)) << 6) & ~data) == 0 && permits(data, kind, controls);
}

/** What an entry has to look like for each kind of access: bits, and which of them count. */
export function listRights(controls: u32): void {
  for (let kind: u32 = 0; kind <= <u32>KINDS; ++kind) {
    const write = kind & 1;
    const needed = neededRights(kind, controls) | ((<u64>write) << 6);
    store<u64>(SCRATCH + ((<usize>kind) << 4), needed);
    store<u64>(SCRATCH + ((<usize>kind) << 4), needed | forbiddenRights(kind, controls), 8);
  }
}
