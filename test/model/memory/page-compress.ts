/**
 * Naive twins of the page compressor: one byte at a time, in the words of the format's description. The decoder is held
 * against blocks that liblz4 made, and then judges the core.
 *
 * Source: lz4_Block_format.md, and the fast search of lz4.c 1.9, of github.com/lz4/lz4.
 */
import { below, mix64 } from "../prng.ts";

const PAGE = 4096;

/** The page that a block holds; undefined: the block is faulty, or holds anything but 4096 bytes. */
export function decompressModel(block: Uint8Array): Uint8Array | undefined {
  const page: number[] = [];
  let at = 0;
  const lengthOf = (nibble: number): number => {
    let length = nibble;
    for (let byte = nibble === 15 ? 255 : 0; byte === 255; length += byte) {
      if (at >= block.length || length > PAGE) return Number.POSITIVE_INFINITY;
      byte = block[at++]!;
    }
    return length;
  };
  while (at < block.length) {
    const token = block[at++]!;
    const literals = lengthOf(token >> 4);
    if (literals > block.length - at || page.length + literals > PAGE) return undefined;
    for (const end = at + literals; at < end; at += 1) page.push(block[at]!);
    if (at === block.length) return page.length === PAGE ? Uint8Array.from(page) : undefined;
    if (at + 2 > block.length) return undefined;
    const offset = block[at]! + 256 * block[at + 1]!;
    at += 2;
    if (offset === 0 || offset > page.length) return undefined;
    const length = lengthOf(token & 15) + 4;
    if (page.length + length > PAGE) return undefined;
    for (let i = 0; i < length; i += 1) page.push(page[page.length - offset]!);
  }
  return undefined;
}

/** The block that LZ4's fast search makes of a page; it may be longer than the page. */
export function compressModel(page: Uint8Array): Uint8Array {
  const block: number[] = [];
  const places = new Map<number, number>();
  const word = (at: number): number =>
    (page[at]! | (page[at + 1]! << 8) | (page[at + 2]! << 16) | (page[at + 3]! << 24)) >>> 0;
  const exchange = (at: number): number => {
    const key = Math.imul(word(at), 2_654_435_761) >>> 19;
    const before = places.get(key) ?? 0;
    places.set(key, at);
    return before;
  };
  /** No match begins behind this. */
  const startMax = PAGE - 12;
  let done = 0;
  let next = 1;
  while (next <= startMax) {
    let at = next;
    let match = 0;
    for (let tries = 65, step = 1; ; tries += 1) {
      if (at + step > startMax + 1) return Uint8Array.from([...block, ...sequence(page.subarray(done))]);
      match = exchange(at);
      if (word(match) === word(at)) break;
      at += step;
      step = (tries - 1) >> 6;
    }
    for (; at > done && match > 0 && page[at - 1] === page[match - 1]; at -= 1) match -= 1;
    for (;;) {
      let length = 4;
      while (at + length < PAGE - 5 && page[at + length] === page[match + length]) length += 1;
      block.push(...sequence(page.subarray(done, at), at - match, length));
      at += length;
      done = at;
      if (at > startMax) break;
      exchange(at - 2);
      match = exchange(at);
      if (word(match) !== word(at)) break;
    }
    next = at + 1;
  }
  return Uint8Array.from([...block, ...sequence(page.subarray(done))]);
}

function sequence(literals: Uint8Array, offset = 0, length = 4): number[] {
  const token = (Math.min(15, literals.length) << 4) | Math.min(15, length - 4);
  const start = [token, ...more(literals.length), ...literals];
  return offset === 0 ? start : [...start, offset & 255, offset >> 8, ...more(length - 4)];
}

/** The bytes of a length that stand outside the token. */
function more(length: number): number[] {
  if (length < 15) return [];
  const bytes: number[] = [];
  let rest = length - 15;
  for (; rest >= 255; rest -= 255) bytes.push(255);
  return [...bytes, rest];
}

/** Bytes of the block that stands for a content id. */
export function modelledSizeModel(id: bigint, quarterPpm: number, halfPpm: number, wholePpm: number): number {
  if (id === 0n) return 26;
  const draw = mix64(BigInt.asUintN(64, id + 0x7a69_7065_6470_6167n));
  const part = below(draw, 1_000_000);
  const [x, y] = [Number(draw & 0xffffn), Number((draw >> 16n) & 0xffffn)];
  const place = (low: number, high: number, at: number) => low + Math.floor((at * (high - low + 1)) / 65_536);
  if (part < quarterPpm) return place(27, 1024, Math.max(x, y));
  if (part < halfPpm) return place(1025, 2048, Math.min(x, y));
  return part < wholePpm ? place(2049, 4095, x) : 4096;
}
