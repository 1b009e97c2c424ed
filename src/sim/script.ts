/**
 * What a scenario wants done while it runs: VMs powered on and off, controls changed, vCPUs plugged.
 *
 * Every step asks who acts (ownership) and whether the reservations fit (admission); a refusal is an outcome, told as a
 * message with the path of what stands in the way, and changes nothing.
 */
import { admitLimit, admitPowerOn, admitReservation } from "../controls/admission.ts";
import { mayChange } from "../controls/ownership.ts";
import type { Core } from "../core/boot.ts";
import type { EventSpec, Scenario } from "../scenario/types.ts";
import { controlTree, nodeOfVm, rootOf, treeOfHost } from "./control-tree.ts";
import { limitQuotaNs } from "./fill-cpu.ts";
import { raiseClocks } from "./governor.ts";
import type { Message } from "./message.ts";
import { type CpuPlan, compareNames } from "./plan-cpu.ts";
import type { World } from "./world.ts";

const NEVER = (1n << 64n) - 1n;

/** Index is into the scenario's VMs. */
interface PowerOn {
  readonly atNs: number;
  readonly kind: "power-on";
  readonly vm: number;
}
type Step = PowerOn | EventSpec;

const scripts = new WeakMap<Scenario, readonly Step[]>();

/** Power-ons of a time before its events; equal times by name. */
export function scriptOf(scenario: Scenario): readonly Step[] {
  const known = scripts.get(scenario);
  if (known !== undefined) return known;
  const starts = scenario.vms
    .map(({ name, startNs }, vm) => ({ atNs: startNs, kind: "power-on" as const, vm, name }))
    .sort((a, b) => a.atNs - b.atNs || compareNames(a.name, b.name));
  const steps: Step[] = [...starts, ...scenario.events];
  const rank = (step: Step): number => (step.kind === "power-on" ? 0 : 1);
  const script = steps
    .map((step, index) => ({ step, index }))
    .sort((a, b) => a.step.atNs - b.step.atNs || rank(a.step) - rank(b.step) || a.index - b.index)
    .map(({ step }) => step);
  scripts.set(scenario, script);
  return script;
}

/** Has the core stop at the next step of the script, or for the CPU policy and the governors after `nowNs`. */
export function scheduleScript(
  core: Core,
  scenario: Scenario,
  { everyNs: every }: CpuPlan,
  next: number,
  nowNs: number,
): void {
  const step = scriptOf(scenario)[next];
  const times = [
    ...(step === undefined ? [] : [step.atNs]),
    ...(every === undefined ? [] : [(Math.floor(nowNs / every) + 1) * every]),
  ];
  core.wasm.script_schedule(times.length === 0 ? NEVER : BigInt(Math.min(...times)));
}

/**
 * Does what is due now.
 *
 * @returns true if the CPU policy and the governors are due too
 */
export function runScript(world: World, messages: Message[]): boolean {
  const { scenario, columns } = world;
  const cpu = world.plan.cpu!;
  const script = scriptOf(scenario);
  const first = columns.worldScriptNext[0]!;
  let next = first;
  for (; next < script.length && script[next]!.atNs <= world.nowNs; next += 1) {
    runStep(world, script[next]!, messages);
  }
  columns.worldScriptNext[0] = next;
  if (next > first) raiseClocks(world);
  scheduleScript(world.core, scenario, cpu, next, world.nowNs);
  return cpu.everyNs !== undefined && world.nowNs % cpu.everyNs === 0;
}

function runStep(world: World, step: Step, messages: Message[]): void {
  switch (step.kind) {
    case "power-on":
      powerOn(world, step.vm, messages, undefined);
      return;
    case "start":
      if (permit(world, step, nodeOfVm(world, step.vm), "power", messages)) {
        powerOn(world, step.vm, messages, "start");
      }
      return;
    case "stop":
      if (permit(world, step, nodeOfVm(world, step.vm), "power", messages))
        powerOff(world, step.vm, messages);
      return;
    case "set":
      change(world, step, messages);
      return;
  }
}

function say(world: World, messages: Message[], kind: Message["kind"], row: number, text: string): void {
  messages.push({ atNs: world.nowNs, kind, row, count: 0, text });
}

function powerOn(world: World, vm: number, messages: Message[], kind: "start" | undefined): void {
  const { scenario, plan } = world;
  const row = plan.cpu!.vmRows[vm]!;
  if (world.columns.vmPower[row] === 1) return;
  const spec = scenario.vms[vm]!;
  if (spec.cpu.reservationMhz > 0 || (world.columns.clientReservePpm[plan.cpu!.vmClients[row]!] ?? 0) > 0) {
    const { tree, place } = treeOfHost(world, spec.host);
    const verdict = admitPowerOn(tree, place(nodeOfVm(world, vm)), rootOf(scenario.hosts[spec.host]!));
    if (!verdict.admitted) {
      say(
        world,
        messages,
        "refused",
        row,
        `${spec.name} is not powered on: ${verdict.text} (${verdict.path}).`,
      );
      return;
    }
  }
  world.core.wasm.cpu_powerOn(row, world.nowNs);
  if (kind !== undefined) say(world, messages, "start", row, `${spec.name} is powered on.`);
}

function powerOff(world: World, vm: number, messages: Message[]): void {
  const row = world.plan.cpu!.vmRows[vm]!;
  world.core.wasm.cpu_powerOff(row, world.nowNs);
  say(world, messages, "stop", row, `${world.scenario.vms[vm]!.name} is powered off.`);
}

function permit(
  world: World,
  step: { readonly actor?: string },
  node: number,
  key: string,
  messages: Message[],
): boolean {
  const { scenario, plan } = world;
  const verdict = mayChange(controlTree(world), step.actor, node, key);
  if (verdict.allowed) return true;
  const vm = node - scenario.pools.length;
  say(
    world,
    messages,
    "refused",
    vm < 0 ? -1 : plan.cpu!.vmRows[vm]!,
    `${verdict.path} stays as it is: ${verdict.text}.`,
  );
  return false;
}

type SetStep = Extract<EventSpec, { kind: "set" }>;

/** All keys of a `set` are changed, or none. */
function change(world: World, step: SetStep, messages: Message[]): void {
  const { scenario, plan } = world;
  const isVm = step.target.kind === "vm";
  const node = isVm ? nodeOfVm(world, step.target.index) : step.target.index;
  if (!step.keys.every((key) => permit(world, step, node, key, messages))) return;
  const spec = isVm ? scenario.vms[step.target.index]! : scenario.pools[step.target.index]!;
  const row = isVm ? plan.cpu!.vmRows[step.target.index]! : -1;
  const refusal = inadmissible(world, step, node, spec.host);
  if (refusal !== undefined) {
    say(world, messages, "refused", row, `${spec.name} stays as it is: ${refusal}.`);
    return;
  }
  applySet(world, step, row);
  say(world, messages, "set", row, `${spec.name}: ${step.keys.join(", ")} changed.`);
}

function inadmissible(world: World, step: SetStep, node: number, host: number): string | undefined {
  if (step.reservationMhz === undefined && step.limitMhz === undefined) return undefined;
  const { tree, place } = treeOfHost(world, host);
  const at = place(node);
  const root = rootOf(world.scenario.hosts[host]!);
  const limitMhz = step.limitMhz === "none" ? undefined : step.limitMhz;
  if (step.limitMhz !== undefined && step.reservationMhz !== undefined) {
    // Judged together: the limit may only fit the new reservation, or the other way round.
    const { limitMhz: _, ...bare } = tree[at]!;
    tree[at] = { ...bare, ...(limitMhz === undefined ? {} : { limitMhz }) };
  } else if (step.limitMhz !== undefined) {
    const verdict = admitLimit(tree, at, limitMhz);
    if (!verdict.admitted) return `${verdict.text} (${verdict.path})`;
  }
  if (step.reservationMhz === undefined) return undefined;
  const verdict = admitReservation(tree, at, step.reservationMhz, root);
  return verdict.admitted ? undefined : `${verdict.text} (${verdict.path})`;
}

function applySet(world: World, step: SetStep, row: number): void {
  const { scenario, plan, columns, core, nowNs } = world;
  const isVm = step.target.kind === "vm";
  const client = isVm ? plan.cpu!.vmClients[row]! : plan.cpu!.poolClients[step.target.index]!;
  const host = scenario.hosts[columns.clientHost[client]!]!;
  if (step.vcpus !== undefined) {
    const perVcpu = scenario.vms[step.target.index]!.cpu.sharesPerVcpu;
    const before = columns.vmVcpuOnline[row]!;
    // Words count per vCPU; a number, given once, stays.
    if (perVcpu !== undefined && columns.clientShares[client] === perVcpu * before) {
      core.wasm.cpu_changeShares(client, perVcpu * step.vcpus);
    }
    core.wasm.cpu_plug(row, step.vcpus, nowNs);
  }
  if (step.sharesPerVcpu !== undefined) {
    core.wasm.cpu_changeShares(client, step.sharesPerVcpu * columns.vmVcpuOnline[row]!);
  }
  if (step.shares !== undefined) core.wasm.cpu_changeShares(client, step.shares);
  if (step.limitMhz !== undefined) {
    const limitMhz = step.limitMhz === "none" ? undefined : step.limitMhz;
    core.wasm.cpu_changeLimit(
      client,
      limitQuotaNs(limitMhz, host, scenario.policies.cpu.limitPeriodNs),
      nowNs,
    );
  }
  if (step.reservationMhz !== undefined) {
    core.wasm.cpu_changeReservation(client, Math.round((step.reservationMhz * 1e6) / host.cpu.mhz), nowNs);
  }
}
