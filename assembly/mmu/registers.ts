/**
 * What a virtual processor that translates has: control registers, faults, counters, and tags for its TLB entries.
 *
 * A tag stands for a VM and PCID. There are as many as rows of `asid`; when three quarters are in use, all TLBs are emptied and the
 * tags are given out anew.
 *
 * Cost: O(1).
 */
import {
  asidCount,
  asidKey,
  asidKeyAt,
  mmuLevelReferencesAt,
  mmuAsid,
  mmuControls,
  mmuCount,
  mmuCr3,
  mmuExits,
  mmuGuestFaults,
  mmuOutside,
  mmuVm,
  tlbPartCount,
  setAsidKey,
  setMmuAsid,
  setMmuExits,
  setMmuFault,
  setMmuFaultAddress,
  setMmuFaultCode,
  setMmuGlobalAsid,
  setMmuGuestFaults,
  setMmuNestedAsid,
  setMmuOutside,
  setTlbLastTag,
  setTlbSizes,
  setWorldAsids,
  tlbCount,
  worldAsids,
} from "../layout";
import { removeAll } from "./cache";
import { Control, errorCode, FAULT, frameOf } from "./entry";

const KEYS_PER_VM: u32 = 4098;
const GLOBAL_PAGES: u32 = 4096;
const NESTED_TABLES: u32 = 4097;

export const enum Fault {
  None = 0,
  Page = 1,
  Protection = 2,
  /** The guest-physical address lies outside of the VM's memory: it reads as all ones. */
  Outside = 3,
  /** The host has no frame left for it, or the world no room. */
  NoFrame = 4,
}

export function levelsOf(cx: u32): u32 {
  return mmuControls(cx) & Control.FiveLevels ? 5 : 4;
}

/** Frame of the guest's root table. */
export function rootOf(cx: u32): u64 {
  return frameOf(mmuCr3(cx));
}

/** PCID in force. */
export function pcidOf(cx: u32): u32 {
  return mmuControls(cx) & Control.Pcid ? (<u32>mmuCr3(cx)) & 4095 : 0;
}

/** Counts an entry read by a page walk; nested levels count from 8. */
export function countReference(cx: u32, level: u32): void {
  const at = mmuLevelReferencesAt(cx << 4) + ((<usize>level) << 3);
  store<u64>(at, load<u64>(at) + 1);
}

export function countExit(cx: u32): void {
  setMmuExits(cx, mmuExits(cx) + 1);
}

/** A #PF for the guest. */
export function pageFault(cx: u32, address: u64, kind: u32, present: bool, reserved: bool): u64 {
  setMmuFault(cx, <u8>Fault.Page);
  setMmuFaultCode(cx, errorCode(present, kind, mmuControls(cx)) | (reserved ? 8 : 0));
  setMmuFaultAddress(cx, address);
  setMmuGuestFaults(cx, mmuGuestFaults(cx) + 1);
  return FAULT;
}

/** A #GP for the guest. */
export function protectionFault(cx: u32): u64 {
  setMmuFault(cx, <u8>Fault.Protection);
  setMmuFaultCode(cx, 0);
  setMmuGuestFaults(cx, mmuGuestFaults(cx) + 1);
  return FAULT;
}

/** An access that goes outside of the VM's memory. */
export function outside(cx: u32): u64 {
  setMmuFault(cx, <u8>Fault.Outside);
  setMmuOutside(cx, mmuOutside(cx) + 1);
  return FAULT;
}

/** An access that has to wait for a frame. */
export function noFrame(cx: u32): u64 {
  setMmuFault(cx, <u8>Fault.NoFrame);
  return FAULT;
}

/** Makes sure that tags stand for what a virtual processor has in CR3. */
export function tagSpace(cx: u32): void {
  const first = mmuVm(cx) * KEYS_PER_VM + 1;
  const own = tagFor(first + pcidOf(cx));
  if (own == 0) {
    renumber();
    return;
  }
  setMmuAsid(cx, own);
  const global = tagFor(first + GLOBAL_PAGES);
  const nested = global == 0 ? 0 : tagFor(first + NESTED_TABLES);
  if (nested == 0) {
    renumber();
    return;
  }
  setMmuGlobalAsid(cx, global);
  setMmuNestedAsid(cx, nested);
}

/** Tag for a PCID of a VM, 0 if there is none yet. */
export function tagKnown(vm: u32, pcid: u32): u32 {
  const row = seek(vm * KEYS_PER_VM + 1 + pcid);
  return asidKey(row) == 0 ? 0 : row + 1;
}

/** VM that a tag belongs to. */
export function vmOfTag(tag: u32): u32 {
  return (asidKey(tag - 1) - 1) / KEYS_PER_VM;
}

/** @returns 0 if so many tags are in use that they have to be given out anew */
function tagFor(key: u32): u32 {
  const row = seek(key);
  if (asidKey(row) == 0) {
    if (worldAsids(0) * 4 >= asidCount() * 3) return 0;
    setAsidKey(row, key);
    setWorldAsids(0, worldAsids(0) + 1);
  }
  return row + 1;
}

/** Row of a key, or the free one where it belongs. */
function seek(key: u32): u32 {
  const mask = asidCount() - 1;
  let row = (key * 0x9e3779b1) & mask;
  for (let looked: u32 = 0; looked <= mask; ++looked) {
    if (asidKey(row) == 0 || asidKey(row) == key) return row;
    row = (row + 1) & mask;
  }
  return unreachable(); // a quarter of the rows stays free
}

/** Empties all TLBs, and gives tags to the address spaces in use. */
function renumber(): void {
  for (let unit: u32 = 0; unit < tlbCount(); ++unit) emptyTlb(unit);
  memory.fill(asidKeyAt(0), 0, (<usize>asidCount()) << 2);
  setWorldAsids(0, 0);
  for (let cx: u32 = 0; cx < mmuCount(); ++cx) {
    const first = mmuVm(cx) * KEYS_PER_VM + 1;
    setMmuAsid(cx, tagFor(first + pcidOf(cx)));
    setMmuGlobalAsid(cx, tagFor(first + GLOBAL_PAGES));
    setMmuNestedAsid(cx, tagFor(first + NESTED_TABLES));
    assert(mmuAsid(cx) != 0);
  }
}

/** Empties a TLB. */
export function emptyTlb(unit: u32): void {
  for (let part: u32 = 0; part < tlbPartCount(); ++part) removeAll(unit, part);
  setTlbSizes(unit, 0);
  setTlbLastTag(unit, 0);
}
