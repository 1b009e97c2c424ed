/**
 * Page comparison: do two 4 KiB pages hold the same bytes?
 *
 *   128 bytes   (a0 ^ b0) | (a2 ^ b2) | …   and   (a1 ^ b1) | (a3 ^ b3) | …,   then one test: any bit set -> differ, stop
 *
 * Two streams, forward, one test each 128 bytes: so the prefetchers of the machine keep up, and out of cache this is as
 * fast as memcmp. Tests each 1 KiB, both halves of the page at once, and touching lines ahead were all slower (see
 * docs/memory/page-hash.md).
 *
 * Source: ESX'02 §4.2, the full compare that follows a hash hit.
 * Cost: at most 512 loads of 16 bytes a pair of pages, no allocation.
 */
import { PAGE_BYTES, PAGE_SHIFT, fits, reach } from "./page-run";

/**
 * Tells whether two pages are equal.
 *
 * @param a  first byte of one page; its 4096 bytes lie in memory
 * @param b  first byte of the other; may be the same page
 * @returns  true if all 4096 bytes agree
 */
export function equalPages(a: usize, b: usize): bool {
  const end = a + PAGE_BYTES;
  for (; a < end; a += 128, b += 128) {
    let even = v128.xor(v128.load(a, 0), v128.load(b, 0));
    let odd = v128.xor(v128.load(a, 16), v128.load(b, 16));
    even = v128.or(even, v128.xor(v128.load(a, 32), v128.load(b, 32)));
    odd = v128.or(odd, v128.xor(v128.load(a, 48), v128.load(b, 48)));
    even = v128.or(even, v128.xor(v128.load(a, 64), v128.load(b, 64)));
    odd = v128.or(odd, v128.xor(v128.load(a, 80), v128.load(b, 80)));
    even = v128.or(even, v128.xor(v128.load(a, 96), v128.load(b, 96)));
    odd = v128.or(odd, v128.xor(v128.load(a, 112), v128.load(b, 112)));
    if (v128.any_true(v128.or(even, odd))) return false;
  }
  return true;
}

/**
 * Compares two runs page by page.
 *
 * @param a      first byte of one run
 * @param b      first byte of the other
 * @param pages  consecutive pages of each
 * @param out    where one byte a pair is written: 1 equal, 0 not
 */
export function compareRun(a: usize, b: usize, pages: u32, out: usize): void {
  assert(fits(a, (<u64>pages) << PAGE_SHIFT));
  assert(fits(b, (<u64>pages) << PAGE_SHIFT));
  assert(fits(out, pages));
  for (let i: u32 = 0; i < pages; ++i) {
    const offset = (<usize>i) << PAGE_SHIFT;
    store<u8>(out + i, <u8>equalPages(a + offset, b + offset));
  }
}

/**
 * Compares pairs of pages given by number.
 *
 * @param base   first byte of page 0
 * @param aRows  address of u32 page numbers, relative to `base`
 * @param bRows  address of as many u32 page numbers
 * @param count  pairs
 * @param out    where one byte a pair is written: 1 equal, 0 not
 */
export function compareRows(base: usize, aRows: usize, bRows: usize, count: u32, out: usize): void {
  assert(fits(aRows, (<u64>count) << 2));
  assert(fits(bRows, (<u64>count) << 2));
  assert(fits(base, reach(aRows, count) << PAGE_SHIFT));
  assert(fits(base, reach(bRows, count) << PAGE_SHIFT));
  assert(fits(out, count));
  for (let i: u32 = 0; i < count; ++i) {
    const a = load<u32>(aRows + ((<usize>i) << 2));
    const b = load<u32>(bRows + ((<usize>i) << 2));
    store<u8>(out + i, <u8>equalPages(base + ((<usize>a) << PAGE_SHIFT), base + ((<usize>b) << PAGE_SHIFT)));
  }
}
