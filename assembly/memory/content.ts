/**
 * What stands in a frame: 4 KiB of real bytes, or a 64-bit content id that stands for them. A world holds one form.
 *
 *   ids     mpnContent: 0 is the zero page; equal ids are equal contents
 *   bytes   mpnBytes: the page itself; mpnHash: its hash, 0 while not known
 *
 * A synthetic id expands to bytes by the PRNG, different ids to different bytes, so that a scenario without real
 * images runs the same in both forms. Cost: O(1) for ids; bytes cost a hash, a compare or a copy of 4 KiB.
 */
import {
  mpnBytesAt,
  mpnContent,
  mpnCount,
  mpnHash,
  mpnRefcount,
  setMpnContent,
  setMpnHash,
  worldBytesForm,
} from "../layout";
import { mix64, nextState } from "../prng";
import { equalPages } from "./page-compare";
import { hashPage } from "./page-hash";
import { isZeroPage } from "./page-zero";

export const PAGE_BYTES: usize = 4096;
/** Content of a free frame: nobody may read another's leftovers, and whoever uses a freed frame is found out. */
export const POISON: u64 = 0xdbdb_dbdb_dbdb_dbdb;

/** Makes a frame zero: every newly allocated page is. */
export function zeroContent(mpn: u32): void {
  if (worldBytesForm(0)) {
    memory.fill(mpnBytesAt(mpn), 0, PAGE_BYTES);
    setMpnHash(mpn, 0);
  } else {
    setMpnContent(mpn, 0);
  }
}

export function poisonContent(mpn: u32): void {
  if (worldBytesForm(0)) {
    memory.fill(mpnBytesAt(mpn), 0xdb, PAGE_BYTES);
    setMpnHash(mpn, 0);
  } else {
    setMpnContent(mpn, POISON);
  }
}

export function copyContent(to: u32, from: u32): void {
  if (worldBytesForm(0)) {
    memory.copy(mpnBytesAt(to), mpnBytesAt(from), PAGE_BYTES);
    setMpnHash(to, mpnHash(from));
  } else {
    setMpnContent(to, mpnContent(from));
  }
}

/** Fills a frame with the content that a synthetic id stands for. */
export function fillContent(mpn: u32, id: u64): void {
  if (!worldBytesForm(0)) {
    setMpnContent(mpn, id);
    return;
  }
  setMpnHash(mpn, 0);
  const page = mpnBytesAt(mpn);
  if (id == 0) {
    memory.fill(page, 0, PAGE_BYTES);
    return;
  }
  let state = id;
  for (let at: usize = 0; at < PAGE_BYTES; at += 8) {
    state = nextState(state);
    store<u64>(page + at, mix64(state));
  }
}

/** 64-bit hash of a frame's content: XXH3 of bytes, a mix of an id. */
export function contentHash(mpn: u32): u64 {
  if (!worldBytesForm(0)) return mix64(mpnContent(mpn));
  const known = mpnHash(mpn);
  if (known != 0) return known;
  const hash = hashPage(mpnBytesAt(mpn));
  setMpnHash(mpn, hash);
  return hash;
}

/**
 * Hashes the bytes of frames in use ahead of the scan. Writes only the hashes of these rows, so that several threads
 * may do a part each.
 */
export function hashFrames(first: u32, count: u32): void {
  assert(first + count <= mpnCount());
  for (let mpn = first; mpn < first + count; ++mpn) {
    if (mpnRefcount(mpn) > 0) contentHash(mpn);
  }
}

/** The full compare that has to precede sharing. */
export function equalContents(a: u32, b: u32): bool {
  if (worldBytesForm(0)) return equalPages(mpnBytesAt(a), mpnBytesAt(b));
  return mpnContent(a) == mpnContent(b);
}

export function isZeroContent(mpn: u32): bool {
  return worldBytesForm(0) ? isZeroPage(mpnBytesAt(mpn)) : mpnContent(mpn) == 0;
}
