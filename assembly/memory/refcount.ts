/**
 * Reference counts of frames: 16 bits each, larger ones in a small table, as ESX kept them for its zero page.
 *
 * A count of 65,535 or more stands in the overflow table and the frame's own 16 bits say 65,535. There can be no more
 * than pages / 65,535 such frames, so the table is a few rows and never full.
 *
 * Source: ESX'02 §4.3 (16-bit count, overflow table). Cost: O(1).
 */
import {
  mpnRefcount,
  overflowCount,
  overflowMpn,
  overflowPpns,
  setMpnRefcount,
  setOverflowPpns,
  setOverflowMpn,
} from "../layout";

const LARGE: u16 = 0xffff;

export function refcount(mpn: u32): u32 {
  const small = mpnRefcount(mpn);
  return small < LARGE ? <u32>small : overflowPpns(find(mpn));
}

/** @returns the new count */
export function incrementRefcount(mpn: u32): u32 {
  const small = mpnRefcount(mpn);
  if (small < LARGE - 1) {
    setMpnRefcount(mpn, small + 1);
    return <u32>small + 1;
  }
  const row = find(mpn);
  const large: u32 = small == LARGE - 1 ? LARGE : overflowPpns(row) + 1;
  setOverflowMpn(row, mpn + 1);
  setOverflowPpns(row, large);
  setMpnRefcount(mpn, LARGE);
  return large;
}

/** @returns the new count */
export function decrementRefcount(mpn: u32): u32 {
  const small = mpnRefcount(mpn);
  assert(small > 0);
  if (small < LARGE) {
    setMpnRefcount(mpn, small - 1);
    return <u32>small - 1;
  }
  const row = find(mpn);
  const large = overflowPpns(row) - 1;
  if (large < LARGE) {
    remove(row);
    setMpnRefcount(mpn, <u16>large);
  } else {
    setOverflowPpns(row, large);
  }
  return large;
}

/** Row of a frame in the overflow table, or the empty row where it belongs. */
function find(mpn: u32): u32 {
  const rows = overflowCount();
  let row = homeRow(mpn, rows);
  for (let probes: u32 = 0; probes < rows; ++probes) {
    const tagged = overflowMpn(row);
    if (tagged == 0 || tagged == mpn + 1) return row;
    row = row + 1 == rows ? 0 : row + 1;
  }
  return unreachable(); // boot sizes the table for every frame that can have so many references
}

/** Row where a frame's search begins. */
function homeRow(mpn: u32, rows: u32): u32 {
  return <u32>((<u64>(mpn * 0x9e3779b1) * <u64>rows) >> 32);
}

/** Empties a row and moves up what probed past it. */
function remove(row: u32): void {
  const rows = overflowCount();
  let hole = row;
  let next = row;
  for (let probes: u32 = 0; probes < rows; ++probes) {
    next = next + 1 == rows ? 0 : next + 1;
    const tagged = overflowMpn(next);
    if (tagged == 0) break;
    const home = homeRow(tagged - 1, rows);
    // Stays where it is if its home lies after the hole, cyclically.
    const distance = (next + rows - home) % rows;
    const gap = (next + rows - hole) % rows;
    if (distance < gap) continue;
    setOverflowMpn(hole, tagged);
    setOverflowPpns(hole, overflowPpns(next));
    hole = next;
  }
  setOverflowMpn(hole, 0);
  setOverflowPpns(hole, 0);
}
