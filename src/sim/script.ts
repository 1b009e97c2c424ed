/**
 * What a scenario wants done while it runs: VMs powered on and off, controls changed, vCPUs plugged.
 *
 * Every step asks who acts (ownership) and whether the reservations fit (admission); a refusal is an outcome, told as a
 * message with the path of what stands in the way, and changes nothing.
 */
import { admitLimit, admitPowerOn, admitReservation, type Control } from "../controls/admission.ts";
import { mayChange } from "../controls/ownership.ts";
import type { Core } from "../core/boot.ts";
import type { EventSpec, HostSpec, Scenario } from "../scenario/types.ts";
import { limitQuotaNs } from "./fill-cpu.ts";
import type { Message } from "./message.ts";
import { compareNames } from "./plan-cpu.ts";
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

/** The policy that sets CPU controls is due at multiples of this; undefined: there is nothing to decide. */
export function cpuEveryNs({ policies }: Scenario): number | undefined {
  return policies.cpu.name === "fixed" ? undefined : policies.cpu.everyNs;
}

/** Has the core stop at the next step of the script, or for the CPU policy after `nowNs`. */
export function scheduleScript(core: Core, scenario: Scenario, next: number, nowNs: number): void {
  const every = cpuEveryNs(scenario);
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
 * @returns true if the CPU policy is due too
 */
export function runScript(world: World, messages: Message[]): boolean {
  const { scenario, columns } = world;
  const script = scriptOf(scenario);
  let next = columns.worldScriptNext[0]!;
  for (; next < script.length && script[next]!.atNs <= world.nowNs; next += 1) {
    runStep(world, script[next]!, messages);
  }
  columns.worldScriptNext[0] = next;
  scheduleScript(world.core, scenario, next, world.nowNs);
  const every = cpuEveryNs(scenario);
  return every !== undefined && world.nowNs % every === 0;
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

/** Pools of the scenario first, then its VMs: the nodes that admission and ownership speak of. */
export function controlTree(world: World): Control[] {
  const { scenario, columns, plan } = world;
  const cpu = plan.cpu!;
  const controls = (client: number, host: HostSpec) => {
    const ppm = columns.clientReservePpm[client] ?? 0;
    const quota = columns.clientQuotaNs.big(client);
    const limit =
      quota === NEVER
        ? {}
        : { limitMhz: (Number(quota) / scenario.policies.cpu.limitPeriodNs) * host.cpu.mhz };
    return { shares: columns.clientShares[client]!, reservationMhz: (ppm * host.cpu.mhz) / 1e6, ...limit };
  };
  const pools = scenario.pools.map((pool, index): Control => {
    const own = controls(cpu.poolClients[index]!, scenario.hosts[pool.host]!);
    const owner = pool.owner === undefined ? {} : { owner: pool.owner };
    const { name, expandable } = pool;
    return { name, kind: "pool", parent: pool.parent ?? -1, ...own, expandable, ...owner, on: true };
  });
  const vms = scenario.vms.map((vm, index): Control => {
    const row = cpu.vmRows[index]!;
    const own = controls(cpu.vmClients[row]!, scenario.hosts[vm.host]!);
    const on = columns.vmPower[row] !== 0;
    return { name: vm.name, kind: "vm", parent: vm.pool ?? -1, ...own, expandable: false, on };
  });
  return [...pools, ...vms];
}

function nodeOfVm({ scenario }: World, vm: number): number {
  return scenario.pools.length + vm;
}

/** The nodes of one host alone, and where each stands among them. */
function treeOfHost(world: World, host: number): { tree: Control[]; place: (node: number) => number } {
  const { scenario } = world;
  const all = controlTree(world);
  const hostOf = (node: number): number =>
    node < scenario.pools.length
      ? scenario.pools[node]!.host
      : scenario.vms[node - scenario.pools.length]!.host;
  const kept = all.map((_, node) => node).filter((node) => hostOf(node) === host);
  const places = new Map(kept.map((node, place) => [node, place]));
  const tree = kept.map((node) => {
    const control = all[node]!;
    return { ...control, parent: control.parent < 0 ? -1 : places.get(control.parent)! };
  });
  return { tree, place: (node) => places.get(node)! };
}

function rootOf(host: HostSpec): { path: string; capacityMhz: number } {
  return { path: `hosts.${host.name}`, capacityMhz: host.cpu.sockets * host.cpu.cores * host.cpu.mhz };
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
