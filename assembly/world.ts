/**
 * The world as a whole: taking over a memory that boot has laid out, and its hash.
 *
 * The state hash chains XXH64 over the used rows of every column that is not volatile, in the schema's order; free
 * frames are left out, so that what a freed page once held cannot tell two runs apart.
 */
import {
  attach as attachColumns,
  LAYOUT_VERSION,
  mpnBytesAt,
  mpnContent,
  mpnCount,
  mpnRefcount,
  ppnCount,
  ppnMpnAt,
  worldNow,
} from "./layout";
import { mix64 } from "./prng";
import { xxh64 } from "./memory/page-hash";
import { buildFrames } from "./memory/frames";
import { buildSwap } from "./memory/swap";
import { buildQueue } from "./queue";
import { startEvents } from "./advance";
import { buildProcessors } from "./cpu/build";
import { numberEvents } from "./events";

/** Reads where everything stands from the header; every instance does so once, before anything else. */
export function attach(): void {
  attachColumns();
  numberEvents();
}

export function layoutVersion(): u32 {
  return LAYOUT_VERSION;
}

/** First byte behind the module's constants; the header must lie above it. */
export function heapBase(): u32 {
  return <u32>__heap_base;
}

/** Builds what the columns of a new world imply: free lists, an empty pmap, an empty queue. */
export function build(): void {
  if (ppnCount() > 0) memory.fill(ppnMpnAt(0), 0xff, (<usize>ppnCount()) << 2);
  buildFrames();
  buildSwap();
  buildQueue();
  buildProcessors();
}

/** Starts the clock of a world whose policies, streams and images are in place. */
export function start(): void {
  startEvents();
}

/** Time of the last event, in ns. */
export function now(): f64 {
  return <f64>worldNow(0);
}

/**
 * Goes on hashing over a run of bytes.
 *
 * @param low   lower half of the hash so far
 * @param high  upper half
 * @param out   where the new hash goes, 8 bytes
 */
export function hashRange(address: u32, bytes: u32, out: u32): void {
  store<u64>(out, xxh64(address, bytes, load<u64>(out)));
}

/** Goes on hashing over the contents of the frames in use. */
export function hashContents(bytesForm: bool, out: u32): void {
  let hash = load<u64>(out);
  for (let mpn: u32 = 0; mpn < mpnCount(); ++mpn) {
    if (mpnRefcount(mpn) == 0) continue;
    hash = bytesForm ? xxh64(mpnBytesAt(mpn), 4096, hash) : mix64(hash ^ mpnContent(mpn)) + hash;
  }
  store<u64>(out, hash);
}
