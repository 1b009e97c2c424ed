/**
 * Zero-page detection: is every byte of a 4 KiB page zero?
 *
 *   128 bytes   v0 | v2 | v4 | v6   and   v1 | v3 | v5 | v7,   then one test: any bit set -> not zero, stop
 *
 * A test each 128 bytes leaves early where data begins early, and costs nothing: tests each 512 bytes were slower,
 * in cache and out of it (see docs/memory/page-hash.md).
 *
 * Source: ESX'02 §4 shares zero pages like all others; Linux KSM `use_zero_pages` treats them apart.
 * Cost: at most 256 loads of 16 bytes a page, no allocation.
 */
import { PAGE_BYTES, PAGE_SHIFT, fits, reach } from "./page-run";

/**
 * Tells whether a page holds zeros only.
 *
 * @param address  first byte of the page; its 4096 bytes lie in memory
 * @returns        true if all are zero
 */
export function isZeroPage(address: usize): bool {
  const end = address + PAGE_BYTES;
  for (let at = address; at < end; at += 128) {
    let even = v128.load(at, 0);
    let odd = v128.load(at, 16);
    even = v128.or(even, v128.load(at, 32));
    odd = v128.or(odd, v128.load(at, 48));
    even = v128.or(even, v128.load(at, 64));
    odd = v128.or(odd, v128.load(at, 80));
    even = v128.or(even, v128.load(at, 96));
    odd = v128.or(odd, v128.load(at, 112));
    if (v128.any_true(v128.or(even, odd))) return false;
  }
  return true;
}

/**
 * Marks the zero pages of a run.
 *
 * @param address  first byte of the first page
 * @param pages    consecutive pages
 * @param out      where one byte a page is written: 1 zero, 0 not
 */
export function zeroRun(address: usize, pages: u32, out: usize): void {
  assert(fits(address, (<u64>pages) << PAGE_SHIFT));
  assert(fits(out, pages));
  for (let i: u32 = 0; i < pages; ++i) {
    store<u8>(out + i, <u8>isZeroPage(address + ((<usize>i) << PAGE_SHIFT)));
  }
}

/**
 * Marks the zero pages among pages given by number.
 *
 * @param base   first byte of page 0
 * @param rows   address of u32 page numbers, relative to `base`
 * @param count  how many
 * @param out    where one byte a row is written: 1 zero, 0 not
 */
export function zeroRows(base: usize, rows: usize, count: u32, out: usize): void {
  assert(fits(rows, (<u64>count) << 2));
  assert(fits(base, reach(rows, count) << PAGE_SHIFT));
  assert(fits(out, count));
  for (let i: u32 = 0; i < count; ++i) {
    const row = load<u32>(rows + ((<usize>i) << 2));
    store<u8>(out + i, <u8>isZeroPage(base + ((<usize>row) << PAGE_SHIFT)));
  }
}
