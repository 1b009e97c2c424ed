/**
 * The event loop: the order of everything, on one screen.
 *
 *   the earliest event by (time, kind, row), kinds in the order of events.ts:
 *     epoch, script       back to TypeScript: policies decide, the scenario's own changes are made
 *     tasks … balances    guests and processors, see cpu/
 *     scan                a host's sharing scan ticks
 *     move                a migration goes on
 *     stream              a workload's next batch of accesses
 *
 * `Until` and `RingFull` write no state, so that it makes no difference in how many steps a run is taken.
 *
 * Cost: O(log events) per event, and the event's own work.
 */
import { interrupt, sampleSystemTime, spreadInterrupts } from "./cpu/interrupt";
import { entitle } from "./cpu/entitle";
import { keepHouse } from "./cpu/housekeeping";
import { refill } from "./cpu/limit";
import { balance } from "./cpu/balance";
import { creditTick } from "./cpu/credit-accounts";
import { Scheduler } from "./cpu/states";
import { wakeAfterRefill } from "./cpu/wake";
import { costart, drainKicks, turn } from "./cpu/turn";
import {
  activityEvent,
  balanceEvent,
  clientEvent,
  entitleEvent,
  EPOCH,
  eventsInAll,
  firstOf,
  guestEvent,
  harvestEvent,
  irqEvent,
  Kind,
  largeEvent,
  pageOutEvent,
  pcpuEvent,
  reclaimEvent,
  sampleEvent,
  SCRIPT,
  scanEvent,
  sourceEvent,
  streamEvent,
  taskEvent,
  tickEvent,
  vcpuEvent,
} from "./events";
import { sourceDue } from "./guest/arrivals";
import { startStream as start, streamDue } from "./guest/batch";
import { guestTick } from "./guest/os";
import { taskTimer } from "./guest/threads";
import {
  eventAt,
  hostComplete,
  hostCount,
  hostIrqCount,
  hostIrqFirst,
  hostPcpuCount,
  hostRunQueues,
  hostScanned,
  hostTickNs,
  irqGapNs,
  largeCount,
  pcpuCount,
  sampleCount,
  setEventAt,
  setHostComplete,
  setWorldNow,
  slotCount,
  traceCount,
  vcpuCount,
  vmCount,
  worldActivityNs,
  worldBalanceNs,
  worldCreditTickNs,
  worldEpochNs,
  worldLargeNs,
  worldNow,
  worldReclaimNs,
  worldSampleNs,
  worldScheduler,
  worldTraceHead,
  worldTraceTail,
} from "./layout";
import { activityTick } from "./memory/activity";
import { openBill } from "./memory/bill";
import { beginHarvest, harvestTick } from "./memory/harvest-look";
import { largeTick } from "./memory/large-look";
import { reclaims, reclaimTick, setAlarm } from "./memory/reclaim";
import { recountUnvisited } from "./memory/recount";
import { scanHost } from "./memory/scan";
import { pagesWritten } from "./memory/victims";
import { moveDue } from "./migration/move";
import { mix64 } from "./prng";
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
  /** The scenario wants something done now. */
  Script = 4,
  /** A migration's round is over, or it is: what next? */
  Move = 5,
}

/** The sharing scan ticks this often. */
export const SCAN_PERIOD_NS: u64 = 100_000_000;

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
    if (!ringHasRoom() || !traceHasRoom()) return Stop.RingFull;
    assert(at >= worldNow(0));
    setWorldNow(0, at);
    const stop = happen(event, at);
    if (stop != Stop.Until) return stop;
  }
  return Stop.Until;
}

/** No event changes more states than this. */
function traceHasRoom(): bool {
  if (traceCount() == 0) return true;
  return worldTraceHead(0) - worldTraceTail(0) + 4 * vcpuCount() + 64 <= traceCount();
}

function happen(event: u32, at: u64): Stop {
  if (event == EPOCH) {
    schedule(EPOCH, (at / worldEpochNs(0) + 1) * worldEpochNs(0));
    return Stop.Epoch;
  }
  if (event == SCRIPT) {
    schedule(SCRIPT, NEVER);
    return Stop.Script;
  }
  if (event >= firstOf(Kind.Stream)) {
    return streamDue(event - firstOf(Kind.Stream), at) ? Stop.Attention : Stop.Until;
  }
  if (event >= firstOf(Kind.Move)) {
    const decides = moveDue(event - firstOf(Kind.Move), at);
    drainKicks(at);
    return decides ? Stop.Move : Stop.Until;
  }
  if (event >= firstOf(Kind.Scan)) return scanTick(event - firstOf(Kind.Scan), at);
  if (event >= guestEvent(0)) return memoryEvent(event, at);
  processorEvent(event, at);
  drainKicks(at);
  return Stop.Until;
}

/** Guests and processors, the most frequent kinds first. */
function processorEvent(event: u32, at: u64): void {
  if (event >= pcpuEvent(0)) {
    if (event < balanceEvent(0)) {
      // Most turns set the next one: the tree is climbed once, then.
      setEventAt(event, NEVER);
      turn(event - pcpuEvent(0), at);
      if (eventAt(event) == NEVER) schedule(event, NEVER);
    } else balanceTick(event - balanceEvent(0), at);
    return;
  }
  if (event < sourceEvent(0)) taskTimer(event - taskEvent(0), at);
  else if (event < clientEvent(0)) sourceDue(event - sourceEvent(0), at);
  else if (event < entitleEvent(0)) {
    schedule(event, NEVER);
    refill(event - clientEvent(0), at);
    wakeAfterRefill(event - clientEvent(0), at);
  } else if (event < irqEvent(0)) entitle(event - entitleEvent(0), at);
  else if (event < tickEvent(0)) interrupt(event - irqEvent(0), at);
  else if (event < sampleEvent(0)) keepHouse(event - tickEvent(0), at);
  else if (event < vcpuEvent(0)) sampleSystemTime(event - sampleEvent(0), at);
  else {
    schedule(event, NEVER);
    costart(event - vcpuEvent(0), at);
  }
}

/** Guests keep house; hosts take memory back, and see how much of it is in use. */
function memoryEvent(event: u32, at: u64): Stop {
  openBill(at);
  if (event >= harvestEvent(0)) harvestTick(event - harvestEvent(0), at);
  else if (event >= activityEvent(0)) activityTick(event - activityEvent(0), at);
  else if (event >= pageOutEvent(0)) pagesWritten(event - pageOutEvent(0), at);
  else if (event >= reclaimEvent(0))
    return reclaimTick(event - reclaimEvent(0), at) ? Stop.Attention : Stop.Until;
  else if (event >= largeEvent(0)) largeTick(event - largeEvent(0), at);
  else guestTick(event - guestEvent(0), at);
  return Stop.Until;
}

function goesByCredit(): bool {
  return worldScheduler(0) == Scheduler.Credit;
}

/** One pCPU a tick, each about once a period: off the grid, or whoever takes turns on it would always look the same. */
function balanceTick(host: u32, at: u64): void {
  if (goesByCredit()) {
    schedule(balanceEvent(host), at + worldCreditTickNs(0));
    creditTick(host, at);
    return;
  }
  const mean = max<u64>(2, worldBalanceNs(0) / <u64>hostPcpuCount(host));
  schedule(balanceEvent(host), at + (mean >> 1) + (mix64(at ^ (<u64>host)) % mean));
  balance(host, at);
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

/** Schedules the first look at every VM's activity, unless VMs are powered on, which begins it. */
function startActivity(): void {
  if (worldActivityNs(0) == 0 || sampleCount() == 0 || pcpuCount() > 0) return;
  for (let vm: u32 = 0; vm < vmCount(); ++vm) schedule(activityEvent(vm), 0);
}

/** Schedules the first epoch and the scans; streams start when boot says so. */
export function startEvents(): void {
  if (worldEpochNs(0) > 0) schedule(EPOCH, 0);
  startActivity();
  // Where VMs are powered on, that begins it.
  for (let vm: u32 = 0; vm < vmCount() && pcpuCount() == 0; ++vm) beginHarvest(vm, 0);
  for (let host: u32 = 0; host < hostCount(); ++host) {
    if (slotCount() > 0) schedule(scanEvent(host), SCAN_PERIOD_NS);
    if (largeCount() > 0) schedule(largeEvent(host), worldLargeNs(0));
    if (reclaims(host)) {
      setAlarm(host);
      schedule(reclaimEvent(host), worldReclaimNs(0));
    }
    if (pcpuCount() == 0 || hostPcpuCount(host) == 0) continue;
    if (hostTickNs(host) > 0) schedule(tickEvent(host), hostTickNs(host));
    if (worldSampleNs(0) > 0 && hostIrqCount(host) > 0) schedule(sampleEvent(host), worldSampleNs(0));
    spreadInterrupts(host);
    for (let irq = hostIrqFirst(host); irq < hostIrqFirst(host) + hostIrqCount(host); ++irq) {
      schedule(irqEvent(irq), irqGapNs(irq));
    }
    // Off the ends of time slices, as Xen's timers are: on them, each decision would rest on credits a period old.
    if (goesByCredit()) schedule(balanceEvent(host), worldCreditTickNs(0) / 2);
    else if (worldBalanceNs(0) > 0 && hostRunQueues(host) > 1)
      schedule(balanceEvent(host), worldBalanceNs(0));
  }
}

/** When the scenario next wants something done; NEVER as 2^64 − 1. */
export function scheduleScript(at: u64): void {
  schedule(SCRIPT, at);
}

/** Has policies decide now, out of turn: what they rest on has changed. */
export function hurryEpoch(): void {
  if (worldEpochNs(0) > 0) schedule(EPOCH, worldNow(0));
}

/** Events there are room for. */
export function eventsOf(): u32 {
  return eventsInAll();
}

/** @param atNs  first batch: one period after the stream's start */
export function startStream(stream: u32, atNs: f64): void {
  start(stream, <u64>atNs);
}
