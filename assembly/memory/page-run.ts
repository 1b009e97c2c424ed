/**
 * What the page kernels share: the size of a page, and the checks that stand at the boundary of a batch.
 *
 * Source: none, arithmetic. Cost: O(1); `reach` O(rows), once a batch.
 */

/** log2 of the bytes in a page. */
export const PAGE_SHIFT: usize = 12;

/** Bytes in a page, machine or physical. */
export const PAGE_BYTES: usize = 1 << PAGE_SHIFT;

/** True if `bytes` from `address` on lie inside the memory; 64-bit arithmetic, so that no sum can wrap. */
export function fits(address: usize, bytes: u64): bool {
  return <u64>address + bytes <= (<u64>memory.size()) << 16;
}

/** True if two stretches of memory have no byte in common. */
export function apart(a: usize, aBytes: u64, b: usize, bBytes: u64): bool {
  return <u64>a + aBytes <= <u64>b || <u64>b + bBytes <= <u64>a;
}

/**
 * Pages that a list of rows reaches over: its highest row and one.
 *
 * @param rows   address of u32 page numbers
 * @param count  how many
 * @returns      highest page number + 1; 0 for an empty list
 */
export function reach(rows: usize, count: u32): u64 {
  let pages: u64 = 0;
  for (let i: u32 = 0; i < count; ++i) {
    const beyond = <u64>load<u32>(rows + ((<usize>i) << 2)) + 1;
    pages = select<u64>(beyond, pages, beyond > pages);
  }
  return pages;
}
