/** Twin of forming large pages: the same moves over the world's own typed arrays. */
import type { Columns } from "../../src/core/layout.ts";

const BLOCK = 512;
const POISON = 0xdbdb_dbdb_dbdb_dbdbn;
/** Mapped, copy-on-write, leaving, queued: the first alone is a page that may move. */
const STANDING = 1 | 2 | 4096 | 16_384;

/**
 * Forms a large page of every extent of a VM whose pages stand extent by extent in blocks of their own.
 *
 * @param free  whole free blocks
 * @returns     frames moved
 */
export function formModel(columns: Columns, vm: number, free: number[]): number {
  const { ppnFlags, ppnMpn, mpnRefcount, mpnContent, mpnPpn, largeBlock } = columns;
  const { buffer, byteOffset } = mpnContent.words;
  const ids = new BigUint64Array(buffer, byteOffset, mpnRefcount.length);
  const first = columns.vmPpnFirst[vm]!;
  const end = first + columns.vmPpnCount[vm]!;
  let moves = 0;
  for (let base = first; base + BLOCK <= end; base += BLOCK) {
    let may = largeBlock[base / BLOCK] === 0;
    for (let ppn = base; ppn < base + BLOCK && may; ppn += 1) may = (ppnFlags[ppn]! & STANDING) === 1;
    if (!may) continue;
    const left = Math.floor(ppnMpn[base]! / BLOCK);
    const block = free.shift()!;
    for (let at = 0; at < BLOCK; at += 1) {
      const from = ppnMpn[base + at]!;
      const to = BLOCK * block + at;
      ids[to] = ids[from]!;
      ids[from] = POISON;
      ppnMpn[base + at] = to;
      mpnPpn[to] = base + at;
      mpnRefcount[to] = 1;
      mpnRefcount[from] = 0;
    }
    largeBlock[base / BLOCK] = block + 1;
    free.push(left);
    free.sort((a, b) => a - b);
    moves += BLOCK;
  }
  return moves;
}
