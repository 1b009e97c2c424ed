/**
 * The streams of accesses that workloads issue: which page next, read or write, and what a write leaves behind.
 *
 *   uniform      any page of the range, equally likely
 *   zipf         page of rank r with probability ~ 1 / r^s; ranks are scattered over the range
 *   sequential   one after the other, round and round
 *   hot-cold     a part of the accesses to the first part of the range, the others to the rest
 *   trace        the references of a page trace, in order, again and again
 *
 * Accesses come in batches, one event each; the rate is kept exactly, the rest of an access carries over. They are drawn some
 * ahead of being made, so that the pages they go to can be fetched into the cache all at once.
 *
 * Here the zipf tail is drawn in groups of ranks that are equally likely within a group (see docs/caveats.md).
 *
 * Cost: 5 to 25 ns per access, most of it the page's own cache misses.
 */
import {
  aliasCut,
  aliasOther,
  aliasRank,
  aliasRanks,
  moveCount,
  referencePage,
  scratchWordAt,
  setStreamCarry,
  setStreamPosition,
  setStreamRandom,
  streamAliasCount,
  streamAliasFirst,
  streamCarry,
  streamCommonPpm,
  streamFirst,
  streamHotPages,
  streamHotPpm,
  streamPages,
  streamPattern,
  streamPeriodNs,
  streamPosition,
  streamRandom,
  streamRatePerKs,
  streamReferenceCount,
  streamReferenceFirst,
  streamSamePpm,
  streamVm,
  streamWritesPpm,
  streamZeroPpm,
  vmPool,
  vmPoolPages,
  vmThrottlePpm,
} from "../layout";
import { poolContent } from "../memory/load";
import { below, mix64, nextState, permute } from "../prng";

export const enum Pattern {
  Uniform = 0,
  Zipf = 1,
  Sequential = 2,
  HotCold = 3,
  Trace = 4,
}

const MILLION: u32 = 1_000_000;
/** A rate of one per 1000 s earns this much per ns of 10^-12 accesses. */
const ACCESS: u64 = 1_000_000_000_000;

/** Accesses that a stream's next batch has; what is left of an access carries over. */
export function accessesDue(stream: u32): u64 {
  let fresh = streamRatePerKs(stream) * streamPeriodNs(stream);
  if (moveCount() > 0) fresh = (fresh / MILLION) * (MILLION - vmThrottlePpm(streamVm(stream)));
  const earned = streamCarry(stream) + fresh;
  setStreamCarry(stream, earned % ACCESS);
  return earned / ACCESS;
}

/** Accesses drawn in one go. */
export const CHUNK: u32 = 64;
/** What they are stands in the scratch, behind what the sharing scan uses: page and kind, content, state after it. */
const FIRST_ROW: u32 = 1536;
const ROW_BYTES: usize = 24;

/** Kind of an access. */
export const enum Access {
  Read = 0,
  Write = 1,
  /** A write that leaves the content as it was. */
  Rewrite = 2,
}

/** Where the drawn accesses stand: 24 bytes each. */
export function drawn(): usize {
  return scratchWordAt(FIRST_ROW);
}

/** Page of an access that has been drawn: physical, or of a region logical. */
export function drawnPage(index: u32): u32 {
  return load<u32>(drawn() + <usize>index * ROW_BYTES);
}

export function drawnKind(index: u32): u32 {
  return load<u32>(drawn() + <usize>index * ROW_BYTES, 4);
}

/** Content id that a write leaves behind. */
export function drawnContent(index: u32): u64 {
  return load<u64>(drawn() + <usize>index * ROW_BYTES, 8);
}

/**
 * Draws a stream's next accesses: what they are depends on nothing but the stream, so that many can be known ahead.
 *
 * @param count  CHUNK at the most
 */
export function drawAccesses(stream: u32, count: u32): void {
  assert(count <= CHUNK);
  const pattern = streamPattern(stream);
  const first = streamFirst(stream);
  const pages = streamPages(stream);
  const writes = streamWritesPpm(stream);
  const same = streamSamePpm(stream);
  let state = streamRandom(stream);
  let position = streamPosition(stream);
  const end = drawn() + <usize>count * ROW_BYTES;
  for (let row = drawn(); row < end; row += ROW_BYTES) {
    let offset = position;
    let write = false;
    if (pattern == Pattern.Sequential) {
      position = position + 1 == pages ? 0 : position + 1;
    } else if (pattern == Pattern.Trace) {
      const reference = referencePage(streamReferenceFirst(stream) + position);
      position = position + 1 == streamReferenceCount(stream) ? 0 : position + 1;
      offset = reference >> 1;
      write = (reference & 1) != 0;
    } else {
      state = nextState(state);
      offset = pageOf(stream, pattern, pages, mix64(state));
    }
    assert(offset < pages);
    if (pattern != Pattern.Trace && writes > 0) {
      if (writes == MILLION) write = true;
      else {
        state = nextState(state);
        write = below(mix64(state), MILLION) < writes;
      }
    }
    let kind: u32 = Access.Read;
    if (write) {
      kind = Access.Write;
      if (same > 0) {
        if (same < MILLION) state = nextState(state);
        if (same == MILLION || below(mix64(state), MILLION) < same) kind = Access.Rewrite;
      }
      if (kind == Access.Write) {
        state = nextState(state);
        store<u64>(row, contentOf(stream, mix64(state)), 8);
      }
    }
    store<u32>(row, first + offset);
    store<u32>(row, kind, 4);
    store<u64>(row, state, 16);
  }
  setStreamRandom(stream, state);
  setStreamPosition(stream, position);
}

/** Of so many accesses that were drawn only the first `made` have been made: the others are drawn again. */
export function giveBack(stream: u32, count: u32, made: u32): void {
  assert(made > 0);
  if (made == count) return;
  setStreamRandom(stream, load<u64>(drawn() + <usize>(made - 1) * ROW_BYTES, 16));
  const pattern = streamPattern(stream);
  if (pattern != Pattern.Sequential && pattern != Pattern.Trace) return;
  const round = pattern == Pattern.Sequential ? streamPages(stream) : streamReferenceCount(stream);
  const back = (count - made) % round;
  const position = streamPosition(stream);
  setStreamPosition(stream, position < back ? position + round - back : position - back);
}

/** Page of the stream's next access, drawn by itself. */
export function nextPage(stream: u32): u32 {
  drawAccesses(stream, 1);
  return drawnPage(0);
}

/** Page within the range that a draw stands for. */
function pageOf(stream: u32, pattern: u32, pages: u32, chosen: u64): u32 {
  if (pattern == Pattern.Uniform) return below(chosen, pages);
  if (pattern == Pattern.Zipf) return permute(zipfRank(stream, chosen), pages, 0x2545f4914f6cdd1d);
  const hot = streamHotPages(stream);
  const isHot = below(chosen, MILLION) < streamHotPpm(stream);
  if (hot == pages || (isHot && hot > 0)) return below(mix64(chosen), hot);
  return hot + below(mix64(chosen), pages - hot);
}

/** Rank in [0, pages) by the alias method: a row, a coin, and a rank of the row's group. */
function zipfRank(stream: u32, chosen: u64): u32 {
  const first = streamAliasFirst(stream);
  let row = below(chosen, streamAliasCount(stream));
  if (<u32>chosen >= aliasCut(first + row)) row = aliasOther(first + row);
  const ranks = aliasRanks(first + row);
  return aliasRank(first + row) + (ranks == 1 ? 0 : below(mix64(chosen), ranks));
}

/** Content id that a write leaves behind: zero, one of the pool's, or one never seen before. */
function contentOf(stream: u32, chosen: u64): u64 {
  const part = below(chosen, MILLION);
  if (part < streamZeroPpm(stream)) return 0;
  const vm = streamVm(stream);
  if (part < streamZeroPpm(stream) + streamCommonPpm(stream) && vmPoolPages(vm) > 0) {
    return poolContent(vmPool(vm), below(mix64(chosen), vmPoolPages(vm)));
  }
  return max<u64>(mix64(chosen), 1);
}
