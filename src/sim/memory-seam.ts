/**
 * The seam between the core and a memory policy: shows it a host, checks what it asks for, writes the targets, and
 * keeps the record of decisions.
 */
import type { MemoryPolicy, MemoryView } from "../policy/memory/policy.ts";
import { PolicyError } from "../policy/policy-error.ts";
import type { Decision } from "../report/result.ts";
import { hostScanRate } from "../scenario/resolve.ts";
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
  const first = columns.hostVmFirst[host]!;
  const before = columns.vmScanRateTarget.subarray(first, first + view.vmNames.length);
  const { reasons, because } = reasonsOf(policy, view);
  const vmScanRate = Float64Array.from(before, fromColumn);
  const targets = {
    vmScanRate,
    hostScanRate: fromColumn(columns.hostScanRateTarget[host]!),
    because,
  };
  callPolicy(policy, view, () => policy.decide(view, targets));
  checkRate(policy, view, `host ${view.hostName}`, "hostScanRate", targets.hostScanRate);
  if (targets.vmScanRate !== vmScanRate) {
    throw new PolicyError(
      policy.name,
      view.atNs,
      `host ${view.hostName}`,
      "expected vmScanRate to stay in place",
    );
  }
  targets.vmScanRate.forEach((rate, vm) => {
    checkRate(policy, view, `vm ${view.vmNames[vm]}`, "vmScanRate", rate);
  });
  const decisions = record(policy, view, columns.hostScanRateTarget[host]!, before, targets, reasons);
  const { hostScanRate } = targets;
  return {
    decisions,
    apply() {
      columns.hostScanRateTarget[host] = toColumn(hostScanRate);
      vmScanRate.forEach((rate, vm) => {
        columns.vmScanRateTarget[first + vm] = toColumn(rate);
      });
    },
  };
}

type Targets = Parameters<MemoryPolicy["decide"]>[1];

function checkRate(policy: MemoryPolicy, view: MemoryView, row: string, target: string, rate: unknown): void {
  if (rate === Infinity) return;
  if (Number.isInteger(rate) && (rate as number) >= 0 && (rate as number) < NO_LIMIT) return;
  const rule = `${target}: expected whole pages per second in [0, ${NO_LIMIT}) or Infinity, got ${String(rate)}`;
  throw new PolicyError(policy.name, view.atNs, row, rule);
}

function record(
  policy: MemoryPolicy,
  view: MemoryView,
  hostBefore: number,
  vmBefore: Uint32Array,
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
  return decisions;
}

function viewHost(world: World, host: number, lastNs: number): MemoryView {
  const { columns, scenario, plan } = world;
  const first = columns.hostVmFirst[host]!;
  const end = first + columns.hostVmCount[host]!;
  const spec = scenario.hosts[host]!;
  const numbers = (column: { get(row: number): number }): Float64Array =>
    Float64Array.from({ length: end - first }, (_, vm) => column.get(first + vm));
  const used = columns.hostUsedPages[host]!;
  return {
    atNs: world.nowNs,
    elapsedNs: world.nowNs - lastNs,
    hostName: spec.name,
    hostPages: spec.memoryPages,
    hostUsedPages: used,
    hostFreePages: spec.memoryPages - used,
    hostSharedPages: columns.hostSharedPages[host]!,
    hostSavedPages: columns.hostSharedPages[host]! - columns.hostCommonPages[host]!,
    hostMhz: spec.cpu.sockets * spec.cpu.cores * spec.cpu.mhz,
    hostScanRateMax: hostScanRate(spec, scenario.policies.memory.sharing) ?? Infinity,
    vmNames: plan.vmOrder.slice(first, end).map((index) => scenario.vms[index]!.name),
    // Copies: a policy that writes to what it sees must not change the world.
    vmPages: columns.vmPpnCount.slice(first, end),
    vmGrantedPages: columns.vmGrantedPages.slice(first, end),
    vmUnvisitedPages: columns.vmUnvisitedPages.slice(first, end),
    vmScannedPages: numbers(columns.vmScanned),
    vmCowBreaks: numbers(columns.vmCowBreaks),
    sharing: scenario.policies.memory.sharing,
  };
}
