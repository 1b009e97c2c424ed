/**
 * Worlds of processors from a few words: a scenario as a user would write it, run through, with its dispatches at hand.
 */
import type { CpuUsage, Result, VmResult } from "../../src/report/result.ts";
import { parseScenario } from "../../src/scenario/index.ts";
import type { Scenario } from "../../src/scenario/types.ts";
import { simulate } from "../../src/sim/simulate.ts";
import { createWorld, type TraceRow, type World } from "../../src/sim/world.ts";
import { type Build, coreModule } from "./world.ts";

export const MS = 1_000_000;

/** As in a scenario file, with room for anything that a file may say. */
export interface CpuWords {
  readonly duration?: string;
  readonly seed?: number;
  readonly profile?: string;
  /** Of the one host; one pCPU of 1000 MHz if absent. */
  readonly cpu?: object;
  /** More of the one host. */
  readonly host?: object;
  readonly pools?: readonly object[];
  /** Memory is filled in; busy if nothing else is said. */
  readonly vms: readonly VmWords[];
  /** Of `policies.cpu`. */
  readonly policy?: object;
  readonly events?: readonly object[];
  readonly series?: object;
}

interface VmWords {
  readonly name: string;
  readonly workload?: unknown;
  readonly [key: string]: unknown;
}

/** The text of a scenario file; JSON is YAML. */
export function cpuText(words: CpuWords): string {
  const { duration = "10s", cpu, host, pools = [], vms, policy, events = [], ...rest } = words;
  return JSON.stringify({
    ballast: 1,
    duration,
    ...rest,
    hosts: [{ name: "h", memory: "64MiB", cpu: { mhz: 1000, ...cpu }, ...host }],
    ...(pools.length === 0 ? {} : { pools }),
    vms: vms.map((vm) => ({ memory: "4KiB", workload: { busy: true }, ...vm })),
    policies: { memory: { sharing: false }, cpu: policy ?? {} },
    ...(events.length === 0 ? {} : { events }),
  });
}

export function cpuScenario(words: CpuWords): Scenario {
  return parseScenario(cpuText(words));
}

/** Runs it from beginning to end. */
export function runCpu(words: CpuWords, build: Build = "release"): Promise<Result> {
  return simulate(cpuScenario(words), { core: coreModule(build) });
}

export function cpuWorld(words: CpuWords, timeline = false, build: Build = "release"): Promise<World> {
  return createWorld(cpuScenario(words), { core: coreModule(build), timeline });
}

/** Advances through every reason to stop. */
export function advanceTo(world: World, untilNs: number): void {
  while (world.advance(untilNs) !== "until");
}

/** All changes of state up to a time, the core's records in the debug build. */
export async function traceOf(
  words: CpuWords,
  untilNs: number,
): Promise<{ world: World; trace: TraceRow[] }> {
  const world = await cpuWorld(words, true, "debug");
  advanceTo(world, untilNs);
  return { world, trace: world.takeTrace() };
}

/** A VM of the result. */
export function vmOf(result: Result, name: string): VmResult {
  const vm = result.vms.find((one) => one.name === name);
  if (vm === undefined) throw new Error(`no VM ${name} in the result`);
  return vm;
}

/** A VM's, or a pool's, CPU account. */
export function usageOf(result: Result, name: string): CpuUsage {
  const usage = result.vms.find((vm) => vm.name === name)?.cpu ?? poolOf(result, name);
  if (usage === undefined) throw new Error(`no VM or pool ${name} in the result`);
  return usage;
}

function poolOf(result: Result, name: string): CpuUsage | undefined {
  return result.pools.find((pool) => pool.name === name)?.cpu;
}

/** Used by each, in the order of the names. */
export function usedNs(result: Result, ...names: readonly string[]): number[] {
  return names.map((name) => usageOf(result, name).usedNs);
}

/** Used by each, in parts of the time simulated on one pCPU. */
export function shareOf(result: Result, ...names: readonly string[]): number[] {
  return usedNs(result, ...names).map((ns) => ns / result.simulatedNs);
}

/** Used by all vCPUs of a VM as of the last recount, in the midst of a run. */
export function seenUsedNs(world: World, name: string): number {
  const { columns, scenario, vmRows } = world;
  const row = vmRows[scenario.vms.findIndex((vm) => vm.name === name)]!;
  const first = columns.vmVcpuFirst.get(row);
  let used = 0;
  for (let vcpu = first; vcpu < first + columns.vmVcpuCount[row]!; vcpu += 1) {
    used += Number(columns.vcpuSeenUsedNs.big(vcpu));
  }
  return used;
}

const RUN = 1;
const STATE_MASK = 15;

/** Names of the VMs in the order in which their vCPUs are dispatched. */
export function dispatchOrder(world: World, trace: readonly TraceRow[]): string[] {
  return trace.filter(({ state }) => (state & STATE_MASK) === RUN).map(({ vcpu }) => vmNameOf(world, vcpu));
}

export function vmNameOf(world: World, vcpu: number): string {
  return world.scenario.vms[world.plan.vmOrder[world.columns.vcpuVm.get(vcpu)]!]!.name;
}

const LETTERS = ["-", "U", "R", "C", "W", "S"];

/** Letters a vCPU and slot of time, by VM: U runs, R ready, C co-stopped, W idle; the state throughout, at its middle. */
export function lettersOf(
  world: World,
  trace: readonly TraceRow[],
  slotNs: number,
  slots: number,
): Record<string, string> {
  const rows: Record<string, string> = {};
  for (let vcpu = 0; vcpu < world.columns.vcpuVm.length; vcpu += 1) {
    const own = trace.filter((row) => row.vcpu === vcpu);
    let at = 0;
    let state = 0;
    let text = "";
    for (let slot = 0; slot < slots; slot += 1) {
      const middle = (slot + 0.5) * slotNs;
      while (at < own.length && own[at]!.atNs <= middle) state = own[at++]!.state & STATE_MASK;
      text += LETTERS[state];
    }
    const name = vmNameOf(world, vcpu);
    const index = vcpu - world.columns.vmVcpuFirst.get(world.columns.vcpuVm.get(vcpu));
    rows[index === 0 ? name : `${name}:${index}`] = text;
  }
  return rows;
}
