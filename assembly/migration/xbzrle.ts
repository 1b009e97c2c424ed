/**
 * How long a page is as an XBZRLE delta against what the destination has: (zero run, nonzero run)+, lengths in ULEB128.
 *
 *   old ^ new   0 0 0 … 0  x x x  0 0  x  …          ─▶   length  length bytes  length  length bytes …
 *
 * Trailing equal bytes are left out, and a page that did not change is empty, as in QEMU's xbzrle.c. A delta longer than the
 * page is none: the page goes whole. Source: QEMU, docs/devel/migration (format). Cost: a pass over the page.
 */
import { PAGE_BYTES } from "../memory/page-run";

/** Bytes of a delta's header on the wire. */
const HEADER: u32 = 3;

function lengthBytes(length: u32): u32 {
  return length < 128 ? 1 : 2;
}

/**
 * @param old     address of the page as the destination has it
 * @param page    address of the page as it is
 * @returns       bytes, PAGE_BYTES if it is no shorter
 */
export function deltaBytes(old: usize, page: usize): u32 {
  let at: usize = 0;
  let bytes: u32 = 0;
  while (at < PAGE_BYTES) {
    const zeroes = at;
    while (at < PAGE_BYTES && load<u8>(old + at) == load<u8>(page + at)) at += 1;
    if (at == PAGE_BYTES) break;
    bytes += lengthBytes(<u32>(at - zeroes));
    const others = at;
    while (at < PAGE_BYTES && load<u8>(old + at) != load<u8>(page + at)) at += 1;
    const length = <u32>(at - others);
    bytes += lengthBytes(length) + length;
    if (bytes + HEADER >= <u32>PAGE_BYTES) return <u32>PAGE_BYTES;
  }
  return bytes + HEADER;
}
