/**
 * The streams of accesses that workloads issue: which page next, read or write, and what a write leaves behind.
 *
 *   uniform      any page of the range, equally likely
 *   zipf         page of rank r with probability ~ 1 / r^s; ranks are scattered over the range
 *   sequential   one after the other, round and round
 *   hot-cold     a part of the accesses to the first part of the range, the others to the rest
 *   trace        the references of a page trace, in order, again and again
 *
 * Accesses come in batches, one event each; the rate is kept exactly, the rest of an access carries over.
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
  referencePage,
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
  const earned = streamCarry(stream) + streamRatePerKs(stream) * streamPeriodNs(stream);
  setStreamCarry(stream, earned % ACCESS);
  return earned / ACCESS;
}

function draw(stream: u32): u64 {
  const state = nextState(streamRandom(stream));
  setStreamRandom(stream, state);
  return mix64(state);
}

/** Page of the stream's next access: physical, or of a region logical. */
export function nextPage(stream: u32): u32 {
  const pages = streamPages(stream);
  const pattern = streamPattern(stream);
  let offset: u32 = 0;
  if (pattern == Pattern.Sequential) {
    offset = streamPosition(stream);
    setStreamPosition(stream, offset + 1 == pages ? 0 : offset + 1);
  } else if (pattern == Pattern.Uniform) {
    offset = below(draw(stream), pages);
  } else if (pattern == Pattern.HotCold) {
    offset = hotOrCold(stream, pages);
  } else if (pattern == Pattern.Trace) {
    const position = streamPosition(stream);
    setStreamPosition(stream, position + 1 == streamReferenceCount(stream) ? 0 : position + 1);
    offset = referencePage(streamReferenceFirst(stream) + position) >> 1;
  } else {
    offset = permute(zipfRank(stream), pages, 0x2545f4914f6cdd1d);
  }
  assert(offset < pages);
  return streamFirst(stream) + offset;
}

function hotOrCold(stream: u32, pages: u32): u32 {
  const hot = streamHotPages(stream);
  const chosen = draw(stream);
  const isHot = below(chosen, MILLION) < streamHotPpm(stream);
  if (hot == pages || (isHot && hot > 0)) return below(mix64(chosen), hot);
  return hot + below(mix64(chosen), pages - hot);
}

/** Rank in [0, pages) by the alias method: a row, a coin, and a rank of the row's group. */
function zipfRank(stream: u32): u32 {
  const first = streamAliasFirst(stream);
  const chosen = draw(stream);
  let row = below(chosen, streamAliasCount(stream));
  if (<u32>chosen >= aliasCut(first + row)) row = aliasOther(first + row);
  const ranks = aliasRanks(first + row);
  return aliasRank(first + row) + (ranks == 1 ? 0 : below(mix64(chosen), ranks));
}

/** True if the access at hand writes. */
export function isWrite(stream: u32): bool {
  if (streamPattern(stream) == Pattern.Trace) return lastWrote(stream);
  const part = streamWritesPpm(stream);
  if (part == 0) return false;
  return part == MILLION || below(draw(stream), MILLION) < part;
}

/** Whether the reference of a trace that has been taken last is a write. */
function lastWrote(stream: u32): bool {
  const next = streamPosition(stream);
  const position = (next == 0 ? streamReferenceCount(stream) : next) - 1;
  return (referencePage(streamReferenceFirst(stream) + position) & 1) != 0;
}

/** True if the write at hand leaves the content as it was. */
export function keepsContent(stream: u32): bool {
  const part = streamSamePpm(stream);
  if (part == 0) return false;
  return part == MILLION || below(draw(stream), MILLION) < part;
}

/** Content id that a write leaves behind: zero, one of the pool's, or one never seen before. */
export function nextContent(stream: u32): u64 {
  const chosen = draw(stream);
  const part = below(chosen, MILLION);
  if (part < streamZeroPpm(stream)) return 0;
  const vm = streamVm(stream);
  if (part < streamZeroPpm(stream) + streamCommonPpm(stream) && vmPoolPages(vm) > 0) {
    return poolContent(vmPool(vm), below(mix64(chosen), vmPoolPages(vm)));
  }
  return max<u64>(mix64(chosen), 1);
}
