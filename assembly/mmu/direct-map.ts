/**
 * The page tables of a guest that says nothing of its own: all of its memory below the tables, page p at address p · 4 KiB.
 *
 *   guest-physical   [ what streams access … | root, tables ]        address p · 4096  ─▶  page p
 *
 * They are built at the first access after power-on, by the guest's kernel: it writes entries as it ever does, and pays for them.
 *
 * Cost: O(pages), or O(pages / 512) with pages of 2 MiB; once a power-on.
 */
import {
  mmuCount,
  setVmMmuReady,
  setVmTableFree,
  setVmTableNext,
  vmMmu,
  vmMmuLeaf,
  vmMmuPages,
  vmMmuReady,
  vmPpnFirst,
} from "../layout";
import { DIRTY, RIGHTS } from "./entry";
import { bring } from "./guest-memory";
import { mapRun } from "./guest-tables";
import { clearWords } from "./words";

const SMALL: u32 = 1;
const LARGE_PAGES: u32 = 512;

/**
 * The virtual processor of a VM whose addresses are translated, its tables in place.
 *
 * @returns its row + 1; 0: the VM's addresses are not translated
 */
export function translates(vm: u32): u32 {
  if (mmuCount() == 0) return 0;
  const own = vmMmu(vm);
  if (own != 0 && vmMmuReady(vm) == 0) build(vm, own - 1);
  return own;
}

function build(vm: u32, cx: u32): void {
  const root = vmMmuPages(vm);
  // Whatever tables an earlier life left are gone with its memory.
  if (!bring(vmPpnFirst(vm) + root, true)) return;
  clearWords(vmPpnFirst(vm) + root);
  setVmTableFree(vm, 0);
  setVmTableNext(vm, root + 1);
  const bits = <u32>(RIGHTS | DIRTY);
  const leaf = <u32>vmMmuLeaf(vm);
  const large = leaf > SMALL ? root / LARGE_PAGES : 0;
  let mapped = mapRun(cx, 0, 0, large, leaf, bits) * LARGE_PAGES;
  mapped += mapRun(cx, (<u64>mapped) << 12, <u64>mapped, root - mapped, SMALL, bits);
  if (mapped == root) setVmMmuReady(vm, 1);
}

/** A VM is powered off: its tables go with its memory. */
export function forgetMap(vm: u32): void {
  if (mmuCount() > 0) setVmMmuReady(vm, 0);
}
