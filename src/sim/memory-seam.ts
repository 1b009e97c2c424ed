/**
 * The seam between the core and a memory policy: shows it a host, checks what it asks for, writes the targets, and
 * keeps the record of decisions.
 */
import { MEMORY_STATES } from "../controls/memory-states.ts";
import { poolCaps } from "../policy/memory/min-funding.ts";
import type { MemoryPolicy, MemoryPool, MemoryView } from "../policy/memory/policy.ts";
import { PolicyError } from "../policy/policy-error.ts";
import type { Decision } from "../report/result.ts";
import { hostScanRate } from "../scenario/resolve.ts";
import { isPoolThere, placeOf, rowsOfHost } from "./host-rows.ts";
import { freeFrames } from "./observe.ts";
import { activeEstimate } from "./observe-memory.ts";
import { callPolicy, type Reason, type Reasons, reasonsOf, UNSAID } from "./policy-seam.ts";
import type { World } from "./world.ts";

/** How the core's columns say "no limit". */
export const NO_LIMIT = 0xffff_ffff;

const fromColumn = (rate: number): number => (rate === NO_LIMIT ? Infinity : rate);
const toColumn = (rate: number): number => (rate === Infinity ? NO_LIMIT : rate);

/**
 * Lets a policy decide for every host.
 *
 * @returns a decision for every target that changed
 * @throws PolicyError; all targets, of every host, are then as they were
 */
export function decideMemory(world: World, policy: MemoryPolicy, lastNs: number): Decision[] {
  const verdicts = world.scenario.hosts.map((_, host) => decideHost(world, policy, host, lastNs));
  for (const { apply } of verdicts) apply();
  return verdicts.flatMap(({ decisions }) => decisions);
}

interface Verdict {
  readonly decisions: readonly Decision[];
  /** Writes the targets, once every host's have passed. */
  apply(): void;
}

function decideHost(world: World, policy: MemoryPolicy, host: number, lastNs: number): Verdict {
  const { columns } = world;
  const view = viewHost(world, host, lastNs);
  const rows = rowsOfHost(world, host);
  const before = Uint32Array.from(rows, (row) => columns.vmScanRateTarget[row]!);
  const { reasons, because } = reasonsOf(policy, view);
  const vmScanRate = Float64Array.from(before, fromColumn);
  const targetsBefore = Uint32Array.from(rows, (row) => columns.vmTargetPages[row]!);
  const vmTargetPages = Float64Array.from(targetsBefore, fromColumn);
  const targets = {
    vmScanRate,
    hostScanRate: fromColumn(columns.hostScanRateTarget[host]!),
    vmTargetPages,
    because,
  };
  callPolicy(policy, view, () => policy.decide(view, targets));
  checkRate(policy, view, `host ${view.hostName}`, "hostScanRate", targets.hostScanRate);
  for (const [name, kept] of Object.entries({ vmScanRate, vmTargetPages })) {
    if (targets[name as "vmScanRate" | "vmTargetPages"] === kept) continue;
    const rule = `expected ${name} to stay in place`;
    throw new PolicyError(policy.name, view.atNs, `host ${view.hostName}`, rule);
  }
  targets.vmScanRate.forEach((rate, vm) => {
    checkRate(policy, view, `vm ${view.vmNames[vm]}`, "vmScanRate", rate);
  });
  targets.vmTargetPages.forEach((pages, vm) => {
    checkPages(policy, view, vm, pages);
  });
  const decisions = record(
    policy,
    view,
    columns.hostScanRateTarget[host]!,
    before,
    targetsBefore,
    targets,
    reasons,
  );
  const { hostScanRate } = targets;
  const caps = poolCaps(view);
  return {
    decisions,
    apply() {
      columns.hostScanRateTarget[host] = toColumn(hostScanRate);
      vmScanRate.forEach((rate, vm) => {
        const row = rows[vm]!;
        columns.vmScanRateTarget[row] = toColumn(rate);
        columns.vmTargetPages[row] = toColumn(vmTargetPages[vm]!);
        columns.vmCapPages[row] = view.vmOn[vm] ? (caps?.[vm] ?? NO_LIMIT) : NO_LIMIT;
        columns.vmBroughtBack[row] = broughtBack(world, row) >>> 0;
      });
    },
  };
}

type Numbers = (column: { get(row: number): number }) => Float64Array;
type Targets = Parameters<MemoryPolicy["decide"]>[1];

function checkRate(policy: MemoryPolicy, view: MemoryView, row: string, target: string, rate: unknown): void {
  if (rate === Infinity) return;
  if (Number.isInteger(rate) && (rate as number) >= 0 && (rate as number) < NO_LIMIT) return;
  const rule = `${target}: expected whole pages per second in [0, ${NO_LIMIT}) or Infinity, got ${String(rate)}`;
  throw new PolicyError(policy.name, view.atNs, row, rule);
}

function checkPages(policy: MemoryPolicy, view: MemoryView, vm: number, pages: unknown): void {
  if (pages === Infinity) return;
  if (Number.isInteger(pages) && (pages as number) >= 0 && (pages as number) < NO_LIMIT) return;
  const rule = `vmTargetPages: expected whole pages or Infinity, got ${String(pages)}`;
  throw new PolicyError(policy.name, view.atNs, `vm ${view.vmNames[vm]}`, rule);
}

/** Pages that a VM has brought back from its host's swap, or that its guest should not have evicted. */
function broughtBack({ columns, plan }: World, row: number): number {
  const own = plan.core.groups.has("guest") ? columns.vmGuestEvictions.get(row) : 0;
  return columns.vmSwapIns.get(row) + own;
}

function record(
  policy: MemoryPolicy,
  view: MemoryView,
  hostBefore: number,
  vmBefore: Uint32Array,
  pagesBefore: Uint32Array,
  targets: Targets,
  reasons: Reasons,
): Decision[] {
  const said = (key: number | "host"): Reason => reasons.get(key) ?? UNSAID;
  const make = (row: string, key: number | "host", rate: number): Decision => ({
    atNs: view.atNs,
    policy: policy.name,
    row,
    inputs: said(key).inputs,
    target: { scanPagesPerSecond: rate === Infinity ? "none" : rate },
    reason: said(key).reason,
  });
  const decisions: Decision[] = [];
  if (fromColumn(hostBefore) !== targets.hostScanRate) {
    decisions.push(make(`host ${view.hostName}`, "host", targets.hostScanRate));
  }
  targets.vmScanRate.forEach((rate, vm) => {
    if (fromColumn(vmBefore[vm]!) !== rate) decisions.push(make(`vm ${view.vmNames[vm]}`, vm, rate));
  });
  targets.vmTargetPages.forEach((pages, vm) => {
    if (fromColumn(pagesBefore[vm]!) === pages) return;
    const { reason, inputs } = said(vm);
    const target: Decision["target"] = { targetPages: pages === Infinity ? "none" : pages };
    const row = `vm ${view.vmNames[vm]}`;
    decisions.push({ atNs: view.atNs, policy: policy.name, row, inputs, target, reason });
  });
  return decisions;
}

function viewHost(world: World, host: number, lastNs: number): MemoryView {
  const { columns, scenario, plan } = world;
  const rows = rowsOfHost(world, host);
  const spec = scenario.hosts[host]!;
  const numbers = (column: { get(row: number): number }): Float64Array =>
    Float64Array.from(rows, (row) => column.get(row));
  const pages = (column: Uint32Array): Uint32Array => Uint32Array.from(rows, (row) => column[row]!);
  const used = columns.hostUsedPages[host]!;
  return {
    atNs: world.nowNs,
    elapsedNs: world.nowNs - lastNs,
    hostName: spec.name,
    hostPages: spec.memoryPages,
    hostUsedPages: used,
    hostFreePages: freeFrames(columns, host),
    hostSharedPages: columns.hostSharedPages[host]!,
    hostSavedPages: columns.hostSharedPages[host]! - columns.hostCommonPages[host]!,
    hostMhz: spec.cpu.sockets * spec.cpu.cores * spec.cpu.mhz,
    hostScanRateMax: hostScanRate(spec, scenario.policies.memory.sharing) ?? Infinity,
    vmNames: rows.map((row) => scenario.vms[plan.vmOrder[row]!]!.name),
    // Copies: a policy that writes to what it sees must not change the world.
    vmPages: pages(columns.vmPpnCount),
    vmGrantedPages: pages(columns.vmGrantedPages),
    vmUnvisitedPages: pages(columns.vmUnvisitedPages),
    vmScannedPages: numbers(columns.vmScanned),
    vmCowBreaks: numbers(columns.vmCowBreaks),
    sharing: scenario.policies.memory.sharing,
    ...viewReclaiming(world, host, numbers),
  };
}

/** What a policy needs to divide memory. */
function viewReclaiming(world: World, host: number, numbers: Numbers) {
  const { columns, scenario, plan } = world;
  const rows = rowsOfHost(world, host);
  const pages = (column: Uint32Array): Uint32Array => Uint32Array.from(rows, (row) => column[row]!);
  const per = (of: (row: number) => number): Float64Array => Float64Array.from(rows, of);
  const kept = columns.hostSystemPages[host]! + columns.hostOverheadPages[host]! + freeWanted(world, host);
  const saved = columns.hostSharedPages[host]! - columns.hostCommonPages[host]!;
  const cow = columns.hostCowPages[host]!;
  const part = (row: number): number =>
    cow === 0
      ? 0
      : Math.min(columns.vmGrantedPages[row]!, Math.floor((saved * columns.vmCowPages[row]!) / cow));
  const mine = [...scenario.pools.keys()].filter(
    (pool) => scenario.pools[pool]!.host === host && isPoolThere(world, pool),
  );
  const place = new Map(mine.map((pool, index) => [pool, index]));
  const poolOf = (row: number): number => {
    const { pool } = placeOf(world, plan.vmOrder[row]!);
    // Who is to come, or has gone, may be in a pool that is not there: it is off.
    return pool === undefined ? -1 : (place.get(pool) ?? -1);
  };
  return {
    hostState: MEMORY_STATES[columns.hostState[host]!]!,
    hostDivisiblePages: Math.max(0, columns.hostPages[host]! - kept),
    idleTaxPpm: columns.worldTaxPpm[0]!,
    vmOn: Uint8Array.from(rows, (row) => (plan.cpu === undefined || columns.vmPower[row] === 1 ? 1 : 0)),
    vmMinPages: pages(columns.vmMinPages),
    vmMaxPages: pages(columns.vmMaxPages),
    vmShares: pages(columns.vmMemShares),
    vmTaxPpm: per((row) => (columns.vmTaxPpm[row] === NO_LIMIT ? -1 : columns.vmTaxPpm[row]!)),
    vmUsedPages: per((row) => columns.vmGrantedPages[row]! - part(row) + columns.vmZipFrames[row]!),
    vmSavedPages: per(part),
    vmActivePages: per((row) =>
      Math.round((activeEstimate(world, row).most * columns.vmPpnCount[row]!) / 1e6),
    ),
    vmPressurePages: numbers(columns.vmSwapIns).map(
      (_, vm) => (broughtBack(world, rows[vm]!) - columns.vmBroughtBack[rows[vm]!]!) >>> 0,
    ),
    vmBalloonPages: pages(columns.vmBalloonPages),
    vmSwappedPages: pages(columns.vmSwappedPages),
    vmCompressedPages: pages(columns.vmCompressedPages),
    vmPool: Int32Array.from(rows, poolOf),
    pools: mine.map((pool): MemoryPool => {
      const { name, parent } = scenario.pools[pool]!;
      const max = columns.poolMaxPages[pool]!;
      return {
        name,
        parent: parent === undefined ? -1 : place.get(parent)!,
        shares: columns.poolMemShares[pool]!,
        minPages: columns.poolMinPages[pool]!,
        maxPages: max === NO_LIMIT ? Infinity : max,
      };
    }),
  };
}

/** Free memory that a host wants: what it takes to leave the first state that reclaims. */
function freeWanted({ columns }: World, host: number): number {
  return columns.hostSoftAbove[host]!;
}
