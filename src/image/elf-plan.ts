/**
 * From overlapping segments to the distinct physical pages of a memory, and where their bytes are.
 *
 *   segments   |--- 0 ---|       |-- 2 --|        (by p_paddr; 1 repeats pages of 0)
 *                  |- 1 -|
 *   pieces     |--- 0 ---|       |-- 2 --|        disjoint, in increasing address
 *   spans       0 1 2 3 4         5 6 7 8         pages of the image: holes are not counted
 *
 * Where segments overlap, bytes win over zeros, then the first header wins. Cost: O(segments log segments).
 */
import type { Segment } from "./elf.ts";
import { ImageError } from "./image-error.ts";

export const PAGE_BYTES = 4096;

/** Consecutive bytes of memory with one source. */
export interface Piece {
  readonly address: number;
  readonly bytes: number;
  /** In the file; -1: zeros. */
  readonly offset: number;
}

/** Consecutive pages; pieces that share a page are in one span. Bytes no piece covers are zero. */
export interface Span {
  /** Row of the first page in the image. */
  readonly firstPage: number;
  readonly pages: number;
  /** Physical address of the first page, a multiple of 4096. */
  readonly address: number;
  readonly pieces: readonly Piece[];
}

export interface Plan {
  readonly pages: number;
  readonly spans: readonly Span[];
}

/** All pages of `segments`, in increasing physical address. */
export function planPages(segments: readonly Segment[]): Plan {
  const spans: Span[] = [];
  let pages = 0;
  let group: Piece[] = [];
  let groupEnd = 0;
  const flush = () => {
    if (group.length === 0) return;
    const first = Math.floor(group[0]!.address / PAGE_BYTES);
    const count = groupEnd - first;
    spans.push({ firstPage: pages, pages: count, address: first * PAGE_BYTES, pieces: group });
    pages += count;
    group = [];
  };
  for (const piece of disjointPieces(segments)) {
    if (Math.floor(piece.address / PAGE_BYTES) >= groupEnd) flush();
    group.push(piece);
    groupEnd = Math.ceil((piece.address + piece.bytes) / PAGE_BYTES);
  }
  flush();
  return { pages, spans };
}

/**
 * `plan` in an order in which its bytes can be read forward only.
 *
 * Throws ImageError where the parts of one page lie in the file in another order than in memory.
 */
export function orderForStream(plan: Plan, path: string): Plan {
  const start = (span: Span) => span.pieces.find((piece) => piece.offset >= 0)?.offset ?? -1;
  const spans = [...plan.spans].sort((a, b) => start(a) - start(b) || a.firstPage - b.firstPage);
  let end = 0;
  for (const span of spans) {
    for (const piece of span.pieces) {
      if (piece.offset < 0) continue;
      if (piece.offset < end) {
        throw new ImageError({
          path,
          byteOffset: piece.offset,
          expected: "segments of a compressed core in an order that can be read forward",
          got: "pages whose parts lie in another order in the file, or share bytes",
          hint: "decompress it first",
        });
      }
      end = piece.offset + piece.bytes;
    }
  }
  return { pages: plan.pages, spans };
}

interface Candidate {
  readonly start: number;
  readonly end: number;
  /** Of `start` in the file; -1: zeros. */
  readonly offset: number;
  /** The smallest wins. */
  readonly rank: number;
}

/** Pieces in increasing address, no two of them overlapping, neighbours joined where one continues the other. */
function disjointPieces(segments: readonly Segment[]): Piece[] {
  const candidates = candidatesOf(segments);
  const bounds = boundsOf(candidates);
  const active = new Heap();
  const pieces: Piece[] = [];
  let next = 0;
  for (let i = 0; i + 1 < bounds.length; ++i) {
    const from = bounds[i]!;
    while (next < candidates.length && candidates[next]!.start === from) active.push(candidates[next++]!);
    const best = active.bestEndingAfter(from);
    if (best === undefined) continue;
    append(pieces, from, bounds[i + 1]! - from, best.offset < 0 ? -1 : best.offset + (from - best.start));
  }
  return pieces;
}

function append(pieces: Piece[], address: number, bytes: number, offset: number): void {
  const before = pieces.at(-1);
  if (before !== undefined && before.address + before.bytes === address) {
    const continues =
      offset < 0 ? before.offset < 0 : before.offset >= 0 && before.offset + before.bytes === offset;
    if (continues) {
      pieces[pieces.length - 1] = {
        address: before.address,
        bytes: before.bytes + bytes,
        offset: before.offset,
      };
      return;
    }
  }
  pieces.push({ address, bytes, offset });
}

/** Zeros rank behind all bytes. Sorted by start. */
function candidatesOf(segments: readonly Segment[]): Candidate[] {
  const zerosRank = segments.length;
  const candidates: Candidate[] = [];
  segments.forEach(({ address, fileBytes, memoryBytes, offset }, row) => {
    const middle = address + fileBytes;
    const end = address + memoryBytes;
    if (fileBytes > 0) candidates.push({ start: address, end: middle, offset, rank: row });
    if (end > middle) candidates.push({ start: middle, end, offset: -1, rank: zerosRank + row });
  });
  return candidates.sort((a, b) => a.start - b.start);
}

function boundsOf(candidates: readonly Candidate[]): number[] {
  const bounds = new Set<number>();
  for (const { start, end } of candidates) bounds.add(start).add(end);
  return [...bounds].sort((a, b) => a - b);
}

/** A binary heap by rank; what has ended is dropped when it comes to the top. */
class Heap {
  readonly #rows: Candidate[] = [];

  push(row: Candidate): void {
    const rows = this.#rows;
    let at = rows.push(row) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (rows[parent]!.rank <= row.rank) break;
      rows[at] = rows[parent]!;
      at = parent;
    }
    rows[at] = row;
  }

  bestEndingAfter(address: number): Candidate | undefined {
    while (this.#rows.length > 0 && this.#rows[0]!.end <= address) this.#pop();
    return this.#rows[0];
  }

  #pop(): void {
    const rows = this.#rows;
    const last = rows.pop()!;
    if (rows.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= rows.length) break;
      if (child + 1 < rows.length && rows[child + 1]!.rank < rows[child]!.rank) child += 1;
      if (rows[child]!.rank >= last.rank) break;
      rows[at] = rows[child]!;
      at = child;
    }
    rows[at] = last;
  }
}
