/**
 * Numbers of the events: at most one pending per (kind, row), kind after kind. Where two are due at the same time, the
 * lower number happens first, so this order is part of the model:
 *
 *   epoch, script         TypeScript decides and changes things, before anything else of that time
 *   tasks, sources        guests wake up and get requests
 *   clients               limits are refilled
 *   entitlements          hosts work out what everybody is due
 *   irqs, ticks, samples  interrupts, housekeeping of hosts
 *   vcpus, pcpus          co-stops end; quanta, bursts of work and budgets end
 *   balances              the fairness scan; ticks of the credit scheduler
 *   guests, larges        guests' own housekeeping, balloons; hosts break and form large pages
 *   reclaims              hosts take memory back
 *   pageOuts, activities  pages have been written to swap devices; active memory is estimated
 *   harvests              dirty pages are harvested
 *   scans, moves          page sharing; migrations go on
 *   streams               accesses to memory
 */
import {
  clientCount,
  entitleCount,
  harvestCount,
  hostCount,
  irqCount,
  largeCount,
  moveCount,
  pageOutCount,
  pcpuCount,
  regionCount,
  sampleCount,
  sourceCount,
  streamCount,
  taskCount,
  vcpuCount,
  vmCount,
} from "./layout";

/** Policies are due. */
export const EPOCH: u32 = 0;
/** Something that the scenario wants done at this time. */
export const SCRIPT: u32 = 1;
const FIRST: u32 = 2;

/** Kinds of events, in order; the first two have one row each. */
export const enum Kind {
  Task = 0,
  Source = 1,
  Client = 2,
  Entitle = 3,
  Irq = 4,
  Tick = 5,
  Sample = 6,
  Vcpu = 7,
  Pcpu = 8,
  Balance = 9,
  Guest = 10,
  Large = 11,
  Reclaim = 12,
  PageOut = 13,
  Activity = 14,
  Harvest = 15,
  Scan = 16,
  Move = 17,
  Stream = 18,
  End = 19,
}

/** Rows of a kind. Worlds without computing guests have none of most. */
export function rowsOfKind(kind: u32): u32 {
  const hosts = pcpuCount() > 0 ? hostCount() : 0;
  switch (kind) {
    case Kind.Task:
      return taskCount();
    case Kind.Source:
      return sourceCount();
    case Kind.Client:
      return clientCount();
    case Kind.Entitle:
      return entitleCount();
    case Kind.Irq:
      return irqCount();
    case Kind.Tick:
    case Kind.Sample:
    case Kind.Balance:
      return hosts;
    case Kind.Vcpu:
      return vcpuCount();
    case Kind.Pcpu:
      return pcpuCount();
    case Kind.Guest:
      return regionCount() > 0 ? vmCount() : 0;
    case Kind.Large:
      return largeCount() > 0 ? hostCount() : 0;
    case Kind.PageOut:
      return pageOutCount() > 0 ? hostCount() : 0;
    case Kind.Harvest:
      return harvestCount();
    case Kind.Activity:
      return sampleCount() > 0 ? vmCount() : 0;
    case Kind.Move:
      return moveCount();
    case Kind.Reclaim:
    case Kind.Scan:
      return hostCount();
    default:
      return streamCount();
  }
}

/** First event of each kind, and behind them the number of all: filled by `numberEvents`, the same in every instance. */
let taskFirst: u32 = 0;
let sourceFirst: u32 = 0;
let clientFirstEvent: u32 = 0;
let entitleFirst: u32 = 0;
let irqFirst: u32 = 0;
let tickFirst: u32 = 0;
let sampleFirst: u32 = 0;
let vcpuFirst: u32 = 0;
let pcpuFirst: u32 = 0;
let balanceFirst: u32 = 0;
let guestFirst: u32 = 0;
let largeFirst: u32 = 0;
let reclaimFirst: u32 = 0;
let pageOutFirst: u32 = 0;
let activityFirst: u32 = 0;
let harvestFirst: u32 = 0;
let scanFirst: u32 = 0;
let moveFirst: u32 = 0;
let streamFirstEvent: u32 = 0;
let all: u32 = 0;

/** Numbers the events by the rows there are; follows from the header, once per instance after `attach`. */
export function numberEvents(): void {
  taskFirst = FIRST;
  sourceFirst = taskFirst + rowsOfKind(Kind.Task);
  clientFirstEvent = sourceFirst + rowsOfKind(Kind.Source);
  entitleFirst = clientFirstEvent + rowsOfKind(Kind.Client);
  irqFirst = entitleFirst + rowsOfKind(Kind.Entitle);
  tickFirst = irqFirst + rowsOfKind(Kind.Irq);
  sampleFirst = tickFirst + rowsOfKind(Kind.Tick);
  vcpuFirst = sampleFirst + rowsOfKind(Kind.Sample);
  pcpuFirst = vcpuFirst + rowsOfKind(Kind.Vcpu);
  balanceFirst = pcpuFirst + rowsOfKind(Kind.Pcpu);
  guestFirst = balanceFirst + rowsOfKind(Kind.Balance);
  largeFirst = guestFirst + rowsOfKind(Kind.Guest);
  reclaimFirst = largeFirst + rowsOfKind(Kind.Large);
  pageOutFirst = reclaimFirst + rowsOfKind(Kind.Reclaim);
  activityFirst = pageOutFirst + rowsOfKind(Kind.PageOut);
  harvestFirst = activityFirst + rowsOfKind(Kind.Activity);
  scanFirst = harvestFirst + rowsOfKind(Kind.Harvest);
  moveFirst = scanFirst + rowsOfKind(Kind.Scan);
  streamFirstEvent = moveFirst + rowsOfKind(Kind.Move);
  all = streamFirstEvent + rowsOfKind(Kind.Stream);
}

/** Events there can be. */
export function eventsInAll(): u32 {
  return all;
}

/** First event of a kind; of `Kind.End` the number of all. */
export function firstOf(kind: u32): u32 {
  switch (kind) {
    case Kind.Task:
      return taskFirst;
    case Kind.Source:
      return sourceFirst;
    case Kind.Client:
      return clientFirstEvent;
    case Kind.Entitle:
      return entitleFirst;
    case Kind.Irq:
      return irqFirst;
    case Kind.Tick:
      return tickFirst;
    case Kind.Sample:
      return sampleFirst;
    case Kind.Vcpu:
      return vcpuFirst;
    case Kind.Pcpu:
      return pcpuFirst;
    case Kind.Balance:
      return balanceFirst;
    case Kind.Guest:
      return guestFirst;
    case Kind.Large:
      return largeFirst;
    case Kind.Reclaim:
      return reclaimFirst;
    case Kind.PageOut:
      return pageOutFirst;
    case Kind.Activity:
      return activityFirst;
    case Kind.Harvest:
      return harvestFirst;
    case Kind.Scan:
      return scanFirst;
    case Kind.Move:
      return moveFirst;
    case Kind.Stream:
      return streamFirstEvent;
    default:
      return all;
  }
}

export function taskEvent(task: u32): u32 {
  return taskFirst + task;
}
export function sourceEvent(source: u32): u32 {
  return sourceFirst + source;
}
export function clientEvent(client: u32): u32 {
  return clientFirstEvent + client;
}
export function entitleEvent(host: u32): u32 {
  return entitleFirst + host;
}
export function irqEvent(irq: u32): u32 {
  return irqFirst + irq;
}
export function tickEvent(host: u32): u32 {
  return tickFirst + host;
}
export function sampleEvent(host: u32): u32 {
  return sampleFirst + host;
}
export function vcpuEvent(vcpu: u32): u32 {
  return vcpuFirst + vcpu;
}
export function pcpuEvent(pcpu: u32): u32 {
  return pcpuFirst + pcpu;
}
export function balanceEvent(host: u32): u32 {
  return balanceFirst + host;
}
export function guestEvent(vm: u32): u32 {
  return guestFirst + vm;
}
export function largeEvent(host: u32): u32 {
  return largeFirst + host;
}
export function reclaimEvent(host: u32): u32 {
  return reclaimFirst + host;
}
export function pageOutEvent(host: u32): u32 {
  return pageOutFirst + host;
}
export function activityEvent(vm: u32): u32 {
  return activityFirst + vm;
}
export function harvestEvent(vm: u32): u32 {
  return harvestFirst + vm;
}
export function scanEvent(host: u32): u32 {
  return scanFirst + host;
}
export function moveEvent(move: u32): u32 {
  return moveFirst + move;
}
export function streamEvent(stream: u32): u32 {
  return streamFirstEvent + stream;
}
