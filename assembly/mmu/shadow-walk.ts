/**
 * Shadow paging as the processor sees it: a walk of as many levels as without virtualisation, through tables that lead from virtual
 * pages to frames.
 *
 * CR0.WP counts as set whatever the guest says, or traces and shared frames would be written through.
 *
 * Cost: one entry a level.
 */
import { mmuControls, mmuRoot, shadowBytesAt, tlbSlotData } from "../layout";
import {
  Control,
  FAULT,
  frameOf,
  GLOBAL,
  indexOf,
  LARGE,
  NO_EXECUTE,
  NO_ROW,
  permits,
  PRESENT,
  RIGHTS,
  SIZE_SHIFT,
  WRITABLE,
} from "./entry";
import { nearestTable, noteTable } from "./guest-walk";
import { countReference, levelsOf } from "./registers";

/** @returns a translation to a frame, FAULT if the monitor has to see the access */
export function walkShadow(cx: u32, address: u64, kind: u32): u64 {
  let level = levelsOf(cx);
  let row = mmuRoot(cx);
  if (row == NO_ROW) return FAULT;
  let rights: u64 = RIGHTS;
  const near = nearestTable(cx, address);
  if (near != NO_ROW) {
    const data = tlbSlotData(near);
    rights = data & (RIGHTS | NO_EXECUTE);
    row = <u32>frameOf(data);
    level = (<u32>(data >> SIZE_SHIFT)) & 7;
  }
  for (;;) {
    const entry = load<u64>(shadowBytesAt(row) + ((<usize>indexOf(address, level)) << 3));
    countReference(cx, level);
    if ((entry & PRESENT) == 0) return FAULT;
    rights = (rights & entry & RIGHTS) | ((rights | entry) & NO_EXECUTE);
    if (level == 1 || (entry & LARGE) != 0) {
      const data =
        PRESENT | rights | (entry & GLOBAL) | ((<u64>level - 1) << SIZE_SHIFT) | (frameOf(entry) << 12);
      if (!permits(data, kind, mmuControls(cx) | Control.WriteProtect)) return FAULT;
      // What may be written to is dirty already: see shadow-fill.ts. Bit 6 is D, bit 1 W.
      return data | ((rights & WRITABLE) << 5);
    }
    row = <u32>frameOf(entry);
    level -= 1;
    noteTable(cx, address, level + 1, PRESENT | rights | ((<u64>row) << 12) | ((<u64>level) << SIZE_SHIFT));
  }
  return unreachable(); // the last level ends the walk
}
