/**
 * Entitlements in force: on hosts of several pCPUs where somebody reserves or limits, what everybody is due is worked out
 * now and then, and virtual time goes by that instead of by the shares that were given.
 *
 *   measure   demand of a vCPU: RUN / (RUN + WAIT) since the last measurement, 1 where it had neither; a moving average
 *   bound     from the leaves up: what a client must have and can use, as it is, and were it busy
 *   tag       who needs less than it reserved has one: it goes first when it wants to run, as on one pCPU
 *   divide    from the root down, as entitlement.ts says: by demand, and as if all were busy
 *   weigh     weight = clamp(level × shares, what it must have, what it could use), were it busy, at the level of demand
 *   share     what a limit lets a group spend is divided among its children, see limit.ts
 *
 * So a client that sleeps is not cut down to what it used, its siblings share what it leaves by their shares, and whoever
 * reserves and is busy gets its reservation by its weight, at every moment like everybody else: tags that let it jump the
 * queue for all of it take the pCPU of whoever is there, who may need it all the time. What a weight cannot do is bind: limits still do.
 *
 * Source: "CPU Scheduler in VMware vSphere" (entitlements from shares, reservations and limits; priority by consumed /
 * entitled), recalled; how often, and demand among them, is ours. Cost: O(clients of the host) a look.
 */
import {
  clientChildren,
  clientCount,
  clientDue,
  clientDueAt,
  clientFirst,
  clientHigh,
  clientHighAt,
  clientHost,
  clientLeast,
  clientLeastAt,
  clientLow,
  clientLowAt,
  clientMost,
  clientMostAt,
  clientOwnShares,
  clientParent,
  clientPart,
  clientPartAt,
  clientQuotaNs,
  clientReservePpm,
  clientScaleAt,
  clientShareNs,
  clientShares,
  clientTagPpm,
  clientVcpu,
  clientVm,
  entitleCount,
  entitleEveryNs,
  entitleLost,
  entitleMeasuredNs,
  entitleSystemNs,
  hostCount,
  hostFrequencyPpm,
  hostPcpuCount,
  hostPcpuFirst,
  hostRoot,
  hostThreads,
  pcpuSystemNs,
  scratchWordAt,
  setClientDue,
  setClientDueNs,
  setClientHigh,
  setClientLeast,
  setClientLow,
  setClientMost,
  setClientMostNs,
  setClientPart,
  setClientReserveNs,
  setClientScale,
  setClientTagPpm,
  setEntitleLost,
  setEntitleMeasuredNs,
  setEntitleSystemNs,
  setVcpuDemand,
  setVcpuMeasuredRunNs,
  setVcpuMeasuredWaitNs,
  setWorldReserving,
  vcpuDemand,
  vcpuIdleNs,
  vcpuMeasuredRunNs,
  vcpuMeasuredWaitNs,
  vcpuRunNs,
  vcpuSinceNs,
  vcpuState,
  vcpuSwapNs,
  vmClient,
  vmPaused,
  vmPower,
  vmVcpuFirst,
  vmVcpuOnline,
  worldLimitPeriodNs,
  worldQuantumNs,
  worldReserving,
} from "../layout";
import { entitleEvent } from "../events";
import { NEVER, schedule } from "../queue";
import { solveFlat } from "./entitlement";
import { changeShare, UNLIMITED } from "./limit";
import { reserveAgain } from "./run-queue";
import { settle } from "./settle";
import { NONE, Power, State } from "./states";
import { changeWeight, standing, weightsChanged } from "./vtime";

/** Weight of the heaviest of a group. */
const HEAVIEST: f64 = <f64>(1 << 20);
/** The most that who is kept by a limit has beyond it. */
const MOST_ROOM: f64 = 1.0;
/** Part that a measurement has in the average of a vCPU's demand. */
const GAIN: f64 = 0.25;
/** Who needs less of its reservation has a tag. */
const LIGHT: f64 = 0.9;
/** Who is due next to nothing has so much: virtual times run the faster the less it is. */
const LIGHTEST: f64 = <f64>(1 << 12);
/** Weights that are off by less, in parts of themselves, stay: else they would change at every look. */
const CLOSE: u32 = 512;

/** Whether a host goes by entitlements where somebody reserves or limits. */
export function entitles(host: u32): bool {
  return host < entitleCount() && entitleEveryNs(host) > 0;
}

/** Something that entitlements rest on has changed: they are worked out anew, once everything of this time is changed. */
export function entitleSoon(host: u32, at: u64): void {
  if (entitles(host)) schedule(entitleEvent(host), at);
}

/** The event of a host. */
export function entitle(host: u32, at: u64): void {
  const every = entitleEveryNs(host);
  const root = hostRoot(host);
  const end = host + 1 < hostCount() ? hostRoot(host + 1) : clientCount();
  if (!isBound(root, end)) {
    schedule(entitleEvent(host), NEVER);
    for (let group = root; group < end; ++group) {
      if (worldReserving(0) > 0) tag(group, false, at);
      if (!isGroupOfClients(group)) continue;
      useOwnShares(group);
      shareBudget(group, 0, 0, at);
    }
    return;
  }
  schedule(entitleEvent(host), (at / every + 1) * every);
  if (at >= entitleMeasuredNs(host) + every) measure(host, root, end, at);
  for (let client = end - 1; client > root; --client) {
    if (clientVcpu(client) != NONE) continue;
    bound(client, host);
    if (clientReservePpm(client) == 0 && worldReserving(0) == 0) continue;
    tag(client, clientMost(client) > 0 && clientHigh(client) < LIGHT * reservedOf(client), at);
  }
  const capacity = capacityOf(host);
  setClientDue(root, capacity);
  setClientPart(root, capacity);
  for (let group = root; group < end; ++group) {
    if (isGroupOfClients(group)) divide(group, at);
  }
}

/** Somebody reserves or limits. */
function isBound(root: u32, end: u32): bool {
  for (let client = root + 1; client < end; ++client) {
    if (clientReservePpm(client) > 0 || clientQuotaNs(client) != UNLIMITED) return true;
  }
  return false;
}

/** A pool or the root; vCPUs of a VM stay equal. */
function isGroupOfClients(client: u32): bool {
  return clientChildren(client) > 0 && clientVcpu(clientFirst(client)) == NONE;
}

/** pCPUs of nominal clock, without what interrupts take; cores, as entitlements are in general. */
function capacityOf(host: u32): f64 {
  const cores = <f64>(hostPcpuCount(host) / hostThreads(host));
  return cores * speedOf(host) * (1.0 - entitleLost(host));
}

function speedOf(host: u32): f64 {
  return <f64>hostFrequencyPpm(host) / 1e6;
}

function measure(host: u32, root: u32, end: u32, at: u64): void {
  const first = hostPcpuFirst(host);
  const pcpus = hostPcpuCount(host);
  let system: u64 = 0;
  for (let pcpu = first; pcpu < first + pcpus; ++pcpu) {
    settle(pcpu, at);
    system += pcpuSystemNs(pcpu);
  }
  const time = <f64>(at - entitleMeasuredNs(host)) * <f64>pcpus;
  setEntitleLost(host, min<f64>(<f64>(system - entitleSystemNs(host)) / time, 1.0));
  setEntitleSystemNs(host, system);
  setEntitleMeasuredNs(host, at);
  for (let client = root; client < end; ++client) {
    const vcpu = clientVcpu(client);
    if (vcpu != NONE) measureVcpu(vcpu, at);
  }
}

function measureVcpu(vcpu: u32, at: u64): void {
  const state = vcpuState(vcpu);
  const waits = state == State.Idle || state == State.Swap;
  const wait = vcpuIdleNs(vcpu) + vcpuSwapNs(vcpu) + (waits ? at - vcpuSinceNs(vcpu) : 0);
  const run = vcpuRunNs(vcpu);
  const ran = <f64>(run - vcpuMeasuredRunNs(vcpu));
  const waited = <f64>(wait - vcpuMeasuredWaitNs(vcpu));
  setVcpuMeasuredRunNs(vcpu, run);
  setVcpuMeasuredWaitNs(vcpu, wait);
  // One that is off is taken to be busy once it is on.
  if (state == State.Off) setVcpuDemand(vcpu, 1.0);
  else {
    const demand: f64 = ran + waited == 0 ? 1.0 : ran / (ran + waited);
    setVcpuDemand(vcpu, vcpuDemand(vcpu) + GAIN * (demand - vcpuDemand(vcpu)));
  }
}

/** What a client must have and can use: of children first. */
function bound(client: u32, host: u32): void {
  const reserved = reservedOf(client);
  const quota = clientQuotaNs(client);
  const limit: f64 = quota == UNLIMITED ? Infinity : <f64>quota / <f64>worldLimitPeriodNs(0);
  let low: f64 = 0;
  let high: f64 = 0;
  let least: f64 = 0;
  let most: f64 = 0;
  const vm = clientVm(client);
  if (vm == NONE) {
    const first = clientFirst(client);
    for (let child = first; child < first + clientChildren(client); ++child) {
      low += clientLow(child);
      high += clientHigh(child);
      least += clientLeast(child);
      most += clientMost(child);
    }
  } else if (vmClient(vm) == client && vmPower(vm) == Power.On && vmPaused(vm) == 0) {
    const first = vmVcpuFirst(vm);
    for (let vcpu = first; vcpu < first + vmVcpuOnline(vm); ++vcpu) high += vcpuDemand(vcpu);
    high *= speedOf(host);
    most = <f64>vmVcpuOnline(vm) * speedOf(host);
  }
  high = min<f64>(high, limit);
  most = min<f64>(most, limit);
  setClientHigh(client, high);
  setClientMost(client, most);
  setClientLow(client, min<f64>(high, max<f64>(low, reserved)));
  setClientLeast(client, min<f64>(most, max<f64>(least, reserved)));
  setClientScale(client, <f64>clientOwnShares(client));
}

function reservedOf(client: u32): f64 {
  return <f64>clientReservePpm(client) / 1e6;
}

/** Gives a client a tag by which its reservation is served, or takes it. */
function tag(client: u32, tagged: bool, at: u64): void {
  const ppm = tagged ? clientReservePpm(client) : 0;
  const before = clientTagPpm(client);
  if (before == ppm) return;
  setClientTagPpm(client, ppm);
  setClientReserveNs(client, at);
  reserveAgain(client);
  setWorldReserving(0, worldReserving(0) + u32(ppm > 0) - u32(before > 0));
}

/** What a group has goes to its children, and what that is to each becomes its weight. */
function divide(group: u32, at: u64): void {
  const first = clientFirst(group);
  const count = clientChildren(group);
  const end = first + count;
  const shares = clientScaleAt(first);
  const control = scratchWordAt(0);
  solveFlat(
    count,
    shares,
    clientLeastAt(first),
    clientMostAt(first),
    clientPartAt(first),
    clientPart(group),
    control,
  );
  solveFlat(
    count,
    shares,
    clientLowAt(first),
    clientHighAt(first),
    clientDueAt(first),
    clientDue(group),
    control,
  );
  // Where there is enough for all as they are, it is as if all were busy: whoever becomes so finds its part.
  const level = levelOf(first, end, clientDue(group));
  const room = roomOf(first, end, clientDue(group));
  shareBudget(group, capOf(group), level, at);
  let heaviest: f64 = 0;
  for (let child = first; child < end; ++child) heaviest = max<f64>(heaviest, weightOf(child, level, room));
  if (heaviest == 0) {
    useOwnShares(group);
    return;
  }
  const unit = HEAVIEST / heaviest;
  let changes = false;
  for (let child = first; child < end && !changes; ++child) {
    changes = isOff(clientShares(child), <u32>max<f64>(LIGHTEST, weightOf(child, level, room) * unit));
  }
  if (!changes) return;
  const clock = standing(group);
  for (let child = first; child < end; ++child) {
    changeWeight(child, <u32>max<f64>(LIGHTEST, weightOf(child, level, room) * unit), clock);
  }
  weightsChanged(group);
}

/** The level of a group's children; 0: there is enough for all. */
function levelOf(first: u32, end: u32, given: f64): f64 {
  let wanted: f64 = 0;
  let level: f64 = 0;
  for (let child = first; child < end; ++child) {
    const due = clientDue(child);
    const own = due / <f64>clientOwnShares(child);
    wanted += clientHigh(child);
    if (clientLow(child) < due && due < clientHigh(child)) return own;
    // All at their bounds: those at the high ones say how high the level must be at the least.
    if (due > 0 && due == clientHigh(child)) level = max<f64>(level, own);
  }
  return wanted > given ? level : 0;
}

/**
 * Who is kept by a limit gets more weight than that, by a quantum a period: or it could not spend in time what it has left of
 * one. Only as far as siblings want more, else all would be through before the period is over.
 */
function roomOf(first: u32, end: u32, given: f64): f64 {
  let wanted: f64 = 0;
  for (let child = first; child < end; ++child) wanted += clientHigh(child);
  const room = <f64>worldQuantumNs(0) / <f64>worldLimitPeriodNs(0);
  return wanted > given ? min<f64>(min<f64>(room, MOST_ROOM), (wanted - given) / given) : 0;
}

/** @param room  part of its limit that a limited client has beyond it */
function weightOf(client: u32, level: f64, room: f64): f64 {
  if (level == 0) return clientPart(client);
  const own = level * <f64>clientOwnShares(client);
  // Of one that is off nothing is known but its shares.
  if (clientMost(client) == 0) return own;
  const most = clientMost(client) * (clientQuotaNs(client) == UNLIMITED ? 1.0 : 1.0 + room);
  return min<f64>(max<f64>(own, clientLeast(client)), most);
}

/**
 * What a limit of a group, or of one above it, lets it spend in a period, where its children could spend more; 0: none does.
 * In pCPUs.
 */
function capOf(group: u32): f64 {
  if (clientParent(group) == NONE) return 0;
  const share = clientShareNs(group);
  const quota = min(share, clientQuotaNs(group));
  if (quota == UNLIMITED) return 0;
  const cap = <f64>quota / <f64>worldLimitPeriodNs(0);
  return share != UNLIMITED || clientHigh(group) >= cap ? cap : 0;
}

/**
 * The budget of a group that a limit keeps is divided among its children: where pCPUs are free they would all spend it at
 * the same pace, and be through with it while one of them still needs it.
 */
function shareBudget(group: u32, cap: f64, level: f64, at: u64): void {
  const first = clientFirst(group);
  const divides = cap > 0 && level > 0;
  const period = <f64>worldLimitPeriodNs(0);
  const part = divides ? (period * cap) / clientDue(group) : 0;
  for (let child = first; child < first + clientChildren(group); ++child) {
    if (divides) {
      setClientDueNs(child, <u64>(clientDue(child) * period));
      setClientMostNs(child, <u64>(clientMost(child) * period));
    }
    changeShare(child, divides ? <u64>max<f64>(1, weightOf(child, level, 0) * part) : UNLIMITED, at);
  }
}

function isOff(weight: u32, aim: u32): bool {
  const gap = weight > aim ? weight - aim : aim - weight;
  return <u64>gap * <u64>CLOSE > <u64>aim;
}

function useOwnShares(group: u32): void {
  const first = clientFirst(group);
  let changes = false;
  const clock = standing(group);
  for (let child = first; child < first + clientChildren(group); ++child) {
    if (clientShares(child) == clientOwnShares(child)) continue;
    changeWeight(child, clientOwnShares(child), clock);
    changes = true;
  }
  if (changes) weightsChanged(group);
}
