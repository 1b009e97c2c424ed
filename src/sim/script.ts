/**
 * What a scenario wants done while it runs: VMs powered on and off, controls changed, vCPUs plugged.
 *
 * Every step asks who acts (ownership) and whether the reservations fit (admission); a refusal is an outcome, told as a
 * message with the path of what stands in the way, and changes nothing.
 */
import { type Admission, admitPowerOn, admitSwap } from "../controls/admission.ts";
import type { Core } from "../core/boot.ts";
import { type EventInput, resolveLiveEvent } from "../scenario/live-event.ts";
import type { EventSpec, Scenario } from "../scenario/types.ts";
import { change } from "./change-controls.ts";
import { configuredPages, HeldTrees, nodeOfVm } from "./control-tree.ts";
import { raiseClocks } from "./governor.ts";
import { placeOf } from "./host-rows.ts";
import { absence, addPool, addVms, placeVm, poolAbsence, removePool, removeVm } from "./life.ts";
import { loadKept } from "./load-images.ts";
import type { Message } from "./message.ts";
import { afterPower, decideMoves, endMoveOf, fail, isDown, isPaused, repair, startMove } from "./moves.ts";
import { type CpuPlan, compareNames, landingKey } from "./plan-cpu.ts";
import { LIFE } from "./plan-life.ts";
import { permit, permitRoot, type Run, say } from "./script-run.ts";
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
  // Who comes later is powered on by the event that adds it, unless it starts after that.
  const comes = new Map(
    scenario.events.flatMap((event) => (event.kind === "add" ? event.vms.map((vm) => [vm, event.atNs]) : [])),
  );
  const starts = scenario.vms
    .map(({ name, startNs }, vm) => ({ atNs: startNs, kind: "power-on" as const, vm, name }))
    .filter(({ atNs, vm }) => comes.get(vm) !== atNs)
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
  const run: Run = { world, messages, trees: new HeldTrees(world) };
  let next = first;
  for (; next < script.length && script[next]!.atNs <= world.nowNs; next += 1) {
    runStep(run, script[next]!);
  }
  columns.worldScriptNext[0] = next;
  if (next > first) raiseClocks(world);
  // Powered on or off, or other controls: whoever divides memory should see that at once.
  if (next > first && world.plan.memory.reclaims.includes(true)) world.core.wasm.script_hurryEpoch();
  scheduleScript(world.core, scenario, cpu, next, world.nowNs);
  return cpu.everyNs !== undefined && world.nowNs % cpu.everyNs === 0;
}

/** Does one thing that a program asks for, between two advances. */
export function runLive(world: World, messages: Message[], input: EventInput): void {
  const { scenario, plan, nowNs } = world;
  const cpu = plan.cpu;
  if (cpu === undefined)
    throw new RangeError("apply: expected a world whose VMs compute or whose scenario has events");
  const step = resolveLiveEvent(scenario, input, nowNs, {
    place: (vm, pool) => {
      const { host } = placeOf(world, vm);
      return cpu.landings.has(landingKey(world.vmRows[vm]!, host, pool)) && world.columns.vmLife.length > 0;
    },
    remove: world.columns.vmLife.length > 0,
    reservations: cpu.reserving,
    memoryLimits: (host) => plan.memory.reclaims[host]!,
  });
  runStep({ world, messages, trees: new HeldTrees(world) }, step);
  raiseClocks(world);
  if (plan.memory.reclaims.includes(true)) world.core.wasm.script_hurryEpoch();
}

/** The core has stopped for its migrations. */
export function runMoves(world: World, messages: Message[]): void {
  decideMoves({ world, messages, trees: new HeldTrees(world) });
}

function runStep(run: Run, step: Step): void {
  if (isOfAbsent(run, step)) return;
  switch (step.kind) {
    case "power-on":
      powerOn(run, step.vm, undefined);
      return;
    case "start":
      if (permit(run, step, nodeOfVm(run.world, step.vm), "power")) powerOn(run, step.vm, "start");
      return;
    case "stop":
      if (permit(run, step, nodeOfVm(run.world, step.vm), "power")) powerOff(run, step.vm);
      return;
    case "reset":
      if (permit(run, step, nodeOfVm(run.world, step.vm), "power")) reset(run, step.vm);
      return;
    case "set":
      change(run, step);
      return;
    case "place":
      placeVm(run, step);
      return;
    case "add":
      for (const vm of addVms(run, step)) {
        if (run.world.scenario.vms[vm]!.startNs === step.atNs) powerOn(run, vm, undefined);
      }
      return;
    case "remove":
      if (!permit(run, step, nodeOfVm(run.world, step.vm), "pool")) return;
      if (run.world.columns.vmPower[run.world.vmRows[step.vm]!] !== 0) powerOff(run, step.vm);
      removeVm(run, step.vm);
      return;
    case "add-pool":
      addPool(run, step);
      return;
    case "remove-pool":
      removePool(run, step);
      return;
    case "migrate":
      startMove(run, step);
      return;
    case "fail":
      if (permitRoot(run, step, brokenPath(run.world, step))) fail(run, step);
      return;
    case "repair":
      if (permitRoot(run, step, brokenPath(run.world, step))) repair(run, step.link);
      return;
    case "tax":
      if (permitRoot(run, step, "policies.memory.idleTax")) tax(run, step.taxPpm);
      return;
  }
}

/** Nothing is done to a VM or pool that is not there: that is told. */
function isOfAbsent(run: Run, step: Step): boolean {
  const { world } = run;
  if (step.kind === "set" && step.target.kind === "pool") {
    const refusal = poolAbsence(world, step.target.index);
    if (refusal !== undefined) say(run, "refused", -1, `Nothing is set: ${refusal}.`);
    return refusal !== undefined;
  }
  const done = doneBy[step.kind as keyof typeof doneBy];
  if (done === undefined) return false;
  const vm = step.kind === "set" ? step.target.index : (step as { readonly vm: number }).vm;
  const refusal = absence(world, vm);
  if (refusal === undefined) return false;
  // Who was not added, or is gone, does not start by itself: that has been told.
  if (step.kind === "power-on") return true;
  const { name } = world.scenario.vms[vm]!;
  say(run, "refused", world.vmRows[vm]!, `${name} is not ${done}: ${refusal}.`);
  return true;
}

/** Steps that are about a VM which has to be there; a migration finds it off. */
const doneBy = {
  "power-on": "powered on",
  start: "powered on",
  stop: "powered off",
  reset: "reset",
  set: "changed",
  place: "moved",
  remove: "removed",
} as const;

/** The host or the link that fails, or works again. */
function brokenPath(
  { scenario }: World,
  { host, link }: { readonly host?: number; readonly link?: readonly [number, number] },
): string {
  const name = (row: number): string => scenario.hosts[row]!.name;
  return link === undefined ? `hosts.${name(host!)}` : `links.${link.map(name).join("-")}`;
}

function tax(run: Run, taxPpm: number): void {
  const before = run.world.columns.worldTaxPpm[0]!;
  run.world.columns.worldTaxPpm[0] = taxPpm;
  say(run, "set", -1, `Idle memory tax: ${before / 1e4} % -> ${taxPpm / 1e4} %.`);
}

function powerOn(run: Run, vm: number, kind: "start" | undefined): void {
  const { world, trees } = run;
  const { name } = world.scenario.vms[vm]!;
  const { host } = placeOf(world, vm);
  const row = world.plan.cpu!.vmRows[vm]!;
  if (world.columns.vmPower[row] === 1) {
    say(run, "refused", row, `${name} is not powered on: it is on already.`);
    return;
  }
  if (isDown(world, host)) {
    say(run, "refused", row, `${name} is not powered on: ${world.scenario.hosts[host]!.name} has failed.`);
    return;
  }
  const verdict = admitVm(run, vm);
  if (!verdict.admitted) {
    say(run, "refused", row, `${name} is not powered on: ${verdict.text} (${verdict.path}).`);
    return;
  }
  if (world.columns.vmLife[row] === LIFE.unloaded) {
    run.messages.push(...loadKept(world.core, row, world.kept, world.nowNs));
    world.columns.vmLife[row] = LIFE.come;
  }
  world.core.wasm.memory_powerOn(row, world.nowNs);
  world.core.wasm.cpu_powerOn(row, world.nowNs);
  afterPower(world, row);
  trees.refresh(host, nodeOfVm(world, vm));
  if (kind !== undefined) say(run, "start", row, `${name} is powered on.`);
}

/** Processor time for its reservation; memory for its minimum and overhead; swap space for the rest. */
function admitVm({ world, trees }: Run, vm: number): Admission {
  const { columns, plan } = world;
  const { host } = placeOf(world, vm);
  const row = plan.cpu!.vmRows[vm]!;
  const place = trees.place(nodeOfVm(world, vm));
  if ((columns.clientReservePpm[columns.vmClient[row]!] ?? 0) > 0) {
    const { tree, root, held } = trees.of(host, "cpu");
    const verdict = admitPowerOn(tree, place, root, held);
    if (!verdict.admitted) return verdict;
  }
  if (!asksForMemory(world, vm)) return { admitted: true };
  const { tree, root, held, swap, swapHeld } = trees.of(host, "mem");
  const verdict = admitPowerOn(tree, place, root, held);
  if (!verdict.admitted || swap === undefined) return verdict;
  const before = tree[place]!;
  return admitSwap(before, { ...before, on: true }, swap, swapHeld);
}

/** Whether memory or swap space can be wanting at all. */
function asksForMemory(world: World, vm: number): boolean {
  const { columns, plan, scenario } = world;
  const row = plan.cpu!.vmRows[vm]!;
  if (columns.vmMinPages[row]! + columns.vmOverheadPages[row]! > 0) return true;
  const { host } = placeOf(world, vm);
  return (scenario.hosts[host]!.swap?.pages ?? Infinity) < configuredPages(scenario)[host]!;
}

function powerOff(run: Run, vm: number): void {
  const { world, trees } = run;
  const { name } = world.scenario.vms[vm]!;
  const { host } = placeOf(world, vm);
  const row = world.plan.cpu!.vmRows[vm]!;
  if (world.columns.vmPower[row] === 0) {
    say(run, "refused", row, `${name} is not powered off: it is off already.`);
    return;
  }
  endMoveOf(run, vm);
  world.core.wasm.memory_powerOff(row, world.nowNs);
  world.core.wasm.cpu_powerOff(row, world.nowNs);
  afterPower(world, row);
  trees.refresh(host, nodeOfVm(world, vm));
  say(run, "stop", row, `${name} is powered off.`);
}

/** The guest starts again; its host keeps the frames behind its pages. */
function reset(run: Run, vm: number): void {
  const { world } = run;
  const { wasm } = world.core;
  const row = world.plan.cpu!.vmRows[vm]!;
  const { name } = world.scenario.vms[vm]!;
  const isOff = world.columns.vmPower[row] === 0;
  if (isOff || isPaused(world, row)) {
    const why = isOff ? "it is off" : "it is being moved, and stands still";
    say(run, "refused", row, `${name} is not reset: ${why}.`);
    return;
  }
  wasm.cpu_powerOff(row, world.nowNs);
  wasm.memory_reset(row, world.nowNs);
  wasm.cpu_powerOn(row, world.nowNs);
  say(run, "reset", row, `${name} is reset.`);
}
