/** The naive twin of the translation bench: a guest-table walk an access, from the root, no TLB, no caches, typed arrays. */
import type { Core } from "../../src/core/boot.ts";

const TABLES = 0x7ab1_e5b0;
const PS = 128;

/** Sum over the frames of `count` accesses in `lookup`, order included, as `mmuFrameSum` has it. */
export function translateModel({ columns, memory }: Core, lookupAt: number, count: number): bigint {
  const lookup = new Uint32Array(memory.buffer, lookupAt, 2 * count);
  const tables = new Uint32Array(
    memory.buffer,
    columns.tablePageBytes.byteOffset,
    columns.tablePageBytes.length / 4,
  );
  const first = columns.vmPpnFirst[0]!;
  const root = Math.floor(columns.mmuCr3.get(0) / 4096);
  let low = 0;
  let high = 0;
  for (let at = 0; at < 2 * count; at += 2) {
    const vpn = (lookup[at + 1]! * 2 ** 32 + lookup[at]!) / 4096;
    const page = walk(Math.floor(vpn));
    const frame = columns.ppnMpn[first + page]!;
    // One place to the left, round and round, plus the frame.
    const turned = ((low << 1) | (high >>> 31)) >>> 0;
    high = ((high << 1) | (low >>> 31)) >>> 0;
    low = turned + frame;
    if (low >= 2 ** 32) {
      low -= 2 ** 32;
      high = (high + 1) >>> 0;
    }
  }
  return (BigInt(high) << 32n) | BigInt(low);

  function walk(vpn: number): number {
    let table = root;
    for (let level = 3; ; level -= 1) {
      const span = 512 ** level;
      const index = Math.floor(vpn / span) % 512;
      const content = columns.mpnContent.big(columns.ppnMpn[first + table]!);
      if (Number(content >> 32n) !== TABLES) throw new Error("translateModel: no table");
      const word = Number(content & 0xffff_ffffn) * 1024 + index * 2;
      const entry = tables[word]!;
      if ((entry & 1) === 0) throw new Error("translateModel: not present");
      const frame = (tables[word + 1]! & 0xfffff) * 2 ** 20 + Math.floor(entry / 4096);
      if (level === 0 || (entry & PS) !== 0) return frame + (vpn % span);
      table = frame;
    }
  }
}
