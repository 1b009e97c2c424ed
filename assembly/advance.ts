/**
 * The event loop: the order of everything, on one screen.
 *
 *   the earliest event by (time, kind, row):
 *     epoch    back to TypeScript: policies decide, in simulated time
 *     scan     a host's sharing scan ticks
 *     stream   a workload's next batch of accesses
 *
 * `Until` and `RingFull` write no state, so that it makes no difference in how many steps a run is taken.
 *
 * Cost: O(log events) per event, and the event's own work.
 */
import { accessesDue, isWrite, keepsContent, nextContent, nextPage } from "./guest/accesses";
import {
  eventAt,
  hostComplete,
  hostCount,
  hostScanned,
  setHostComplete,
  setVmAccesses,
  setVmOutOfFrames,
  setVmWrites,
  setWorldNow,
  slotCount,
  streamCount,
  streamPeriodNs,
  streamStopNs,
  streamVm,
  vmAccesses,
  vmOutOfFrames,
  vmWrites,
  worldEpochNs,
  worldNow,
} from "./layout";
import { readPage, rewritePage, writePage } from "./memory/fault";
import { recountUnvisited } from "./memory/recount";
import { scanHost } from "./memory/scan";
import { earliest, NEVER, schedule } from "./queue";
import { Message, post, ringHasRoom } from "./ring";

/** Why `advance` came back. */
export const enum Stop {
  /** The time asked for. */
  Until = 0,
  /** Policies are due; the clock stands at the epoch. */
  Epoch = 1,
  /** Something that policies should see at once. */
  Attention = 2,
  /** Messages have to be drained first. */
  RingFull = 3,
}

/** The sharing scan ticks this often. */
export const SCAN_PERIOD_NS: u64 = 100_000_000;

/** Event numbers: kind after kind, the epoch first. */
export function scanEvent(host: u32): u32 {
  return 1 + host;
}

export function streamEvent(stream: u32): u32 {
  return 1 + hostCount() + stream;
}

/** Events there can be: what boot sizes the event space for. */
export function eventsOf(hosts: u32, streams: u32): u32 {
  return 1 + hosts + streams;
}

/**
 * Runs the world up to a time, or to the first reason to stop.
 *
 * @param untilNs  simulated ns, inclusive; a safe integer
 */
export function advance(untilNs: f64): Stop {
  const until = <u64>untilNs;
  for (;;) {
    const event = earliest();
    const at = eventAt(event);
    if (at > until) return Stop.Until;
    if (!ringHasRoom()) return Stop.RingFull;
    assert(at >= worldNow(0));
    setWorldNow(0, at);
    const stop = happen(event, at);
    if (stop != Stop.Until) return stop;
  }
  return Stop.Until;
}

function happen(event: u32, at: u64): Stop {
  if (event == 0) {
    schedule(0, at + worldEpochNs(0));
    return Stop.Epoch;
  }
  if (event <= hostCount()) return scanTick(event - 1, at);
  return streamBatch(event - 1 - hostCount(), at);
}

function scanTick(host: u32, at: u64): Stop {
  schedule(scanEvent(host), at + SCAN_PERIOD_NS);
  scanHost(host, SCAN_PERIOD_NS);
  if (hostComplete(host) || recountUnvisited(host) > 0) return Stop.Until;
  if (hostScanned(host) == 0) return Stop.Until;
  setHostComplete(host, 1);
  post(at, Message.ScanComplete, host, hostScanned(host));
  return Stop.Until;
}

function streamBatch(stream: u32, at: u64): Stop {
  const next = at + streamPeriodNs(stream);
  schedule(streamEvent(stream), next <= streamStopNs(stream) ? next : NEVER);
  const vm = streamVm(stream);
  const due = accessesDue(stream);
  let writes: u64 = 0;
  let failed: u64 = 0;
  for (let access: u64 = 0; access < due; ++access) {
    const ppn = nextPage(stream);
    const write = isWrite(stream);
    writes += <u64>write;
    failed += <u64>!(write ? writeNext(stream, ppn) : readPage(ppn));
  }
  setVmAccesses(vm, vmAccesses(vm) + due);
  setVmWrites(vm, vmWrites(vm) + writes);
  if (failed == 0) return Stop.Until;
  if (vmOutOfFrames(vm) == 0) post(at, Message.OutOfFrames, vm, failed);
  const first = vmOutOfFrames(vm) == 0;
  setVmOutOfFrames(vm, vmOutOfFrames(vm) + failed);
  return first ? Stop.Attention : Stop.Until;
}

function writeNext(stream: u32, ppn: u32): bool {
  return keepsContent(stream) ? rewritePage(ppn) : writePage(ppn, nextContent(stream));
}

/** Schedules the first epoch and the scans; streams start when boot says so. */
export function startEvents(): void {
  if (worldEpochNs(0) > 0) schedule(0, 0);
  if (slotCount() == 0) return;
  for (let host: u32 = 0; host < hostCount(); ++host) schedule(scanEvent(host), SCAN_PERIOD_NS);
}

/** @param atNs  first batch: one period after the stream's start */
export function startStream(stream: u32, atNs: f64): void {
  assert(stream < streamCount());
  const at = <u64>atNs;
  schedule(streamEvent(stream), at <= streamStopNs(stream) ? at : NEVER);
}
