/**
 * Where a program's pages are: which virtual pages stand on which guest-physical ones, by leaves of which size.
 *
 *   virtual     [ chunk 0 ][ chunk 1 ] …       a chunk is 2 MiB, or 1 GiB if leaves are as large; with several sizes they take turns
 *   physical    [ 0 | tables … | chunk 0 ][ chunk 1 ] …
 *
 * The pages of a pattern lie side by side from 64 GiB on. Those of a trace lie where the trace has them, and their chunks come one after another in
 * memory, in the order of their first reference.
 */
import type { PageTrace } from "../trace/index.ts";
import { TABLES_FIRST } from "./machine.ts";
import type { Resolved } from "./options.ts";
import { TranslateError } from "./translate-error.ts";

export interface Chunk {
  /** First virtual page. */
  readonly vpn: number;
  /** First guest-physical page. */
  readonly gfn: number;
  readonly leaf: 1 | 2 | 3;
  /** Pages of it that are mapped, in runs; leaves above 4 KiB cover it whole. */
  readonly runs: readonly (readonly [at: number, pages: number])[];
}

export interface AddressSpace {
  readonly chunks: readonly Chunk[];
  readonly chunkPages: number;
  /** Pages for tables, one for each address space as its root. */
  readonly tablePages: number;
  /** Pages of the VM. */
  readonly pages: number;
  /** First virtual page of a pattern. */
  readonly base: number;
  /** Virtual pages of a trace, by row. */
  readonly virtualPages: Float64Array | undefined;
}

/** 64 GiB: no address with a zero in front that hides mistakes. */
const BASE_VPN = 2 ** 24;
const SPARE_TABLES = 8;
/** 128 GiB of guest-physical chunks, and what the core can hold. */
const CHUNK_PAGES_MAX = 2 ** 27;

export function planAddressSpace(options: Resolved): AddressSpace {
  const { leaves, trace, guestLevels, processes } = options;
  const chunkPages = Math.max(512, ...leaves.map((leaf) => 512 ** (leaf - 1)));
  const virtualPages = trace === undefined ? undefined : canonical(trace, guestLevels);
  const places =
    virtualPages === undefined
      ? runsOfPattern(options.pages, chunkPages)
      : runsOfTrace(virtualPages, chunkPages);
  const tables = countTables([...places.keys()], { chunkPages, leaves, levels: guestLevels });
  const tablePages = processes * (tables + 1) + SPARE_TABLES;
  const first = Math.ceil((TABLES_FIRST + tablePages) / chunkPages) * chunkPages;
  if (places.size * chunkPages > CHUNK_PAGES_MAX)
    throw new TranslateError(
      `pages: expected at most ${CHUNK_PAGES_MAX / chunkPages} pieces of ${chunkPages} pages, got ${places.size}`,
    );
  const chunks = [...places].map(([vpn, runs], index) => ({
    ...{ vpn, runs, gfn: first + index * chunkPages, leaf: leaves[index % leaves.length]! },
  }));
  // Whole pages of the host's.
  const hostPages = 512 ** (options.hostLargest - 1);
  const pages = Math.ceil((first + chunks.length * chunkPages) / hostPages) * hostPages;
  return { chunks, chunkPages, tablePages, pages, base: BASE_VPN, virtualPages };
}

function runsOfPattern(pages: number, chunkPages: number): Map<number, [number, number][]> {
  const places = new Map<number, [number, number][]>();
  for (let at = 0; at < pages; at += chunkPages) {
    places.set(BASE_VPN + at, [[0, Math.min(chunkPages, pages - at)]]);
  }
  return places;
}

function runsOfTrace(virtualPages: Float64Array, chunkPages: number): Map<number, [number, number][]> {
  const found = new Map<number, number[]>();
  for (const vpn of virtualPages) {
    const chunk = Math.floor(vpn / chunkPages) * chunkPages;
    const pages = found.get(chunk);
    if (pages === undefined) found.set(chunk, [vpn - chunk]);
    else pages.push(vpn - chunk);
  }
  return new Map([...found].map(([chunk, pages]) => [chunk, runsOf(pages.sort((a, b) => a - b))]));
}

/** Neighbours among sorted numbers. */
function runsOf(sorted: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const page of sorted) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === page) last[1] += 1;
    else runs.push([page, 1]);
  }
  return runs;
}

/** Page numbers as addresses have them: bits above the highest in use repeat it. */
function canonical({ pageNumbers }: PageTrace, levels: number): Float64Array {
  const bits = 9 * levels;
  const span = 2 ** bits;
  // The whole number space of a 64-bit address has 52 bits of page number.
  const upper = 2 ** 52 - span / 2;
  for (const page of pageNumbers) {
    if (page < span / 2 || page >= upper) continue;
    const hint = levels === 4 ? "; five levels reach further" : "";
    throw new TranslateError(
      `trace: expected page numbers that ${levels} levels can map (below 0x${(span / 2).toString(16)}), got 0x${page.toString(16)}${hint}`,
    );
  }
  return pageNumbers;
}

/** Tables below the root that map chunks, none too few. */
function countTables(
  chunks: readonly number[],
  { chunkPages, leaves, levels }: { chunkPages: number; leaves: readonly number[]; levels: number },
): number {
  const smallest = Math.min(...leaves);
  let tables = smallest === 1 ? chunks.length * (chunkPages / 512) : 0;
  for (let level = Math.max(2, smallest); level < levels; level += 1) {
    const span = Math.max(512 ** level, chunkPages);
    const each = chunkPages > 512 ** level ? chunkPages / 512 ** level : 1;
    tables += each * new Set(chunks.map((vpn) => Math.floor(vpn / span))).size;
  }
  return tables;
}
