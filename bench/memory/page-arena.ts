/** What the page benches work on: a core over a run of pages with fixed content, and the native controls beside it. */

import { ARENA, PAGE, type RawCore, rawCore } from "../../test/support/raw-core.ts";
import { type NativeModule, nativeModule } from "../native.ts";
import { xorshift32 } from "../random.ts";

export interface PageArena extends RawCore {
  readonly native: NativeModule | undefined;
  /** First byte of the pages. */
  readonly pagesAt: number;
  /** Where results go, 8 bytes a page. */
  readonly outAt: number;
  readonly out: Uint8Array;
}

/**
 * Makes an arena.
 *
 * @param pages    pages of 4 KiB
 * @param results  bytes of result a page: 8 for hashes, 1 for marks
 * @param shared   over a shared memory, with the threads build
 */
export function pageArena(pages: number, results: number, shared = false): PageArena {
  const core = rawCore(pages * (PAGE + results), shared);
  const pagesAt = ARENA;
  const outAt = pagesAt + pages * PAGE;
  const native = nativeModule("pages", ["xxhash.h"], core.bytes);
  return { ...core, native, pagesAt, outAt, out: core.bytes.subarray(outAt, outAt + pages * results) };
}

/** Fills pages with bytes that look random, from a fixed seed. */
export function fillRandom({ memory }: RawCore, at: number, pages: number): void {
  const words = new Uint32Array(memory.buffer, at, (pages * PAGE) / 4);
  const next = xorshift32(1);
  for (let i = 0; i < words.length; i += 1) words[i] = next();
}

/** The twin of the read limit: the xor of all 32-bit words. */
export function xorWords({ memory }: RawCore, at: number, pages: number): number {
  const words = new Uint32Array(memory.buffer, at, (pages * PAGE) / 4);
  let sum = 0;
  for (let i = 0; i < words.length; i += 1) sum ^= words[i]!;
  return sum >>> 0;
}
