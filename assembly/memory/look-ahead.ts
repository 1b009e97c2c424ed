/**
 * Looks at everything that the next visits of the scan are going to need, before they need it.
 *
 *   candidates   ->  frames  ->  keys  ->  slots  ->  rows on file
 *   ppn             mpn         content    entry      frame or hinted page, its content and count
 *
 * A visit waits for four or five cache misses, one after the other, and its branches cannot be foretold. Here each
 * step is one loop over the whole batch, without branches that depend on what it loads, so that the processor has many
 * misses under way at once. It changes nothing: the visits come after, one by one, and find warm caches.
 *
 * Wasm has no prefetch; plain loads, summed up and stored so that they are not optimised away, serve.
 *
 * Cost: measured in bench/memory/page-sharing.bench.ts; visits in random order are several times faster with it.
 */
import {
  mpnContentAt,
  mpnHashAt,
  mpnRefcountAt,
  ppnFlagsAt,
  ppnMpn,
  scratchWord,
  setScratchWord,
  slotEntry,
  worldBytesForm,
} from "../layout";
import { sharingKey, tagOf } from "./page-sharing";
import { entryRow, entryTag, homeSlot, isSharedEntry } from "./sharing-table";
import { NO_MPN } from "./frames";

/** Page of a candidate. */
export function candidatePage(at: u32): u32 {
  return <u32>scratchWord(at);
}

/** Its sharing key, once looked ahead to. */
export function candidateKey(at: u32): u64 {
  return scratchWord(KEYS + at);
}

/** Candidates of one batch; they stand in the first rows of the scratch, what is found out about them behind. */
export const BATCH: u32 = 512;
const KEYS: u32 = BATCH;
const ENTRIES: u32 = 2 * BATCH;

/**
 * Warms the caches for the visits of a batch.
 *
 * @param vm     whose pages they are
 * @param count  candidates in the scratch, at most BATCH; mapped pages
 */
export function lookAhead(vm: u32, count: u32): void {
  assert(count <= BATCH);
  lookAtFrames(count);
  lookAtKeys(vm, count);
  lookAtSlots(count);
  lookAtRows(count);
}

function lookAtFrames(count: u32): void {
  for (let at: u32 = 0; at < count; ++at) {
    const ppn = <u32>scratchWord(at);
    setScratchWord(at, (<u64>ppn) | ((<u64>ppnMpn(ppn)) << 32));
  }
}

function lookAtKeys(vm: u32, count: u32): void {
  for (let at: u32 = 0; at < count; ++at) {
    setScratchWord(KEYS + at, sharingKey(<u32>(scratchWord(at) >> 32), vm));
  }
}

/** Finds the entry of each key if it stands in its home slot or the next, as nearly all do. */
function lookAtSlots(count: u32): void {
  for (let at: u32 = 0; at < count; ++at) {
    const tag = tagOf(scratchWord(KEYS + at));
    const home = homeSlot(tag);
    const first = slotEntry(home);
    const second = slotEntry(home + 1);
    const entry = entryTag(first) == tag ? first : second;
    setScratchWord(ENTRIES + at, entryTag(entry) == tag ? entry : 0);
  }
}

function lookAtRows(count: u32): void {
  const contents = worldBytesForm(0) ? mpnHashAt(0) : mpnContentAt(0);
  let seen: u64 = 0;
  for (let at: u32 = 0; at < count; ++at) {
    const entry = scratchWord(ENTRIES + at);
    if (entry == 0) continue;
    let frame = entryRow(entry);
    if (!isSharedEntry(entry)) {
      seen += load<u16>(ppnFlagsAt(frame));
      frame = ppnMpn(frame);
      if (frame == NO_MPN) continue;
    }
    seen += load<u64>(contents + ((<usize>frame) << 3));
    seen += load<u16>(mpnRefcountAt(frame));
  }
  setScratchWord(ENTRIES, seen);
}
