/**
 * Migrations while a world runs: whether one begins, what comes after each round, what failures do.
 *
 *   event ──▶ startMove: checks, then the core reserves ── rounds ──▶ decideMoves ──▶ another, or stop, or switch, or give up
 *   fail  ──▶ who has the VM? before the commitment its source, after it its destination, in post-copy both
 */
import { admitPowerOn } from "../controls/admission.ts";
import type { FailSpec, MovePhase, MoveSpec } from "../scenario/types.ts";
import { nodeOfVm } from "./control-tree.ts";
import { isPoolThere, placeOf } from "./host-rows.ts";
import { type MoveReason, reasonOf } from "./move-reasons.ts";
import { judge, nextRate, qemuPages, throttle } from "./move-rules.ts";
import { freeFrames } from "./observe.ts";
import type { MovePlan } from "./plan-moving.ts";
import { permit, permitFill, type Run, say } from "./script-run.ts";
import type { World } from "./world.ts";

/** movePhase, as assembly/migration/phases.ts has it. */
export const PHASE = {
  idle: 0,
  reserved: 1,
  disk: 2,
  rounds: 3,
  stop: 4,
  state: 5,
  commits: 6,
  activates: 7,
  push: 8,
  cut: 9,
  done: 10,
  aborted: 11,
  lost: 12,
} as const;

/** A failure that waits for a phase, by the scenario's order. */
interface Waiting {
  readonly spec: FailSpec;
  readonly sinceNs: number;
}

export function isPaused({ columns, plan }: World, row: number): boolean {
  return plan.moves.length > 0 && columns.vmPaused[row] === 1;
}

export function isDown({ columns, plan }: World, host: number): boolean {
  return plan.moves.length > 0 && columns.hostDown[host] === 1;
}

/** A VM was powered on or off: what it sends changes. */
export function afterPower(world: World, row: number): void {
  if (world.plan.moves.length === 0) return;
  // Off: it does not stand still any more, whatever had stopped it.
  if (world.columns.vmPower[row] !== 1) world.core.wasm.cpu_resume(row, world.nowNs);
  world.core.wasm.move_reshare(world.nowNs);
}

type Step = { readonly path: string; readonly actor?: string; readonly vm: number };

/** The event of a migration: it begins, or it is told why not. */
export function startMove(run: Run, step: Step): void {
  const { world } = run;
  const move = world.plan.moves.findIndex(({ path }) => path === step.path);
  const plan = world.plan.moves[move]!;
  const isAllowed =
    permit(run, step, nodeOfVm(world, step.vm), "power") && permitFill(run, step, plan.vm, plan.spec.pool);
  const { columns, core, scenario, nowNs } = world;
  if (!isAllowed) {
    columns.moveReason[move] = reasonOf("who asked for it may not");
    return;
  }
  const reason = obstacle(run, plan);
  const [name, to] = [scenario.vms[step.vm]!.name, scenario.hosts[plan.spec.to]!.name];
  if (reason !== undefined) {
    columns.moveReason[move] = reasonOf(reason);
    say(run, "refused", plan.vm, `${name} is not moved to ${to}: ${reason}.`);
    return;
  }
  const from = columns.vmHost[plan.vm]!;
  const link = linkBetween(world, from, plan.spec.to);
  columns.moveFrom[move] = from;
  columns.movePath[move] = link + 1;
  columns.moveRange[move] = freeRange(world)!;
  columns.moveLatencyNs.set(move, plan.spec.latencyNs ?? scenario.links?.[link]?.latencyNs ?? 0);
  columns.moveSalt.setBig(move, saltAt(world, plan.vm, plan.spec.to));
  columns.moveCapBps.set(move, firstRate(world, move, plan.spec));
  columns.vmStunFaults[plan.vm] = plan.spec.stunFaults;
  if (plan.spec.mode === "post-copy") settle(world, move, true, "every page goes over once");
  if (plan.spec.mode === "stop-and-copy") {
    settle(world, move, true, "everything is sent while the guest stands still");
  }
  core.wasm.move_begin(move, nowNs);
  if (plan.spec.rule !== "qemu") return;
  // What it gets is known only when it sends; until its first look, the path's width has to do.
  const width = [plan.spec.bps ?? 1e12, columns.hostNicBps.get(from), columns.hostNicBps.get(plan.spec.to)];
  const bps = Math.min(...width, scenario.links?.[link]?.bps ?? 1e12);
  columns.moveThreshold[move] = Math.floor(((bps / 8) * plan.spec.downtimeLimitNs) / 1e9 / 4096);
}

/** Clark's limits are those of rounds: what goes over at rest goes at the highest, what follows the VM at the bandwidth. */
function firstRate(world: World, move: number, spec: MoveSpec): number {
  const rounds = spec.mode === "pre-copy" || spec.mode === "hybrid";
  return rounds || spec.rule !== "clark" ? nextRate(world, move, spec) : lastRate(spec);
}

function lastRate(spec: MoveSpec): number {
  const follows = spec.mode === "post-copy" || spec.mode === "hybrid";
  return follows ? (spec.bps ?? 1e12) : spec.rateMaxBps;
}

function settle({ columns }: World, move: number, converged: boolean, reason: MoveReason): void {
  columns.moveConverged[move] = converged ? 1 : 0;
  columns.moveReason[move] = reasonOf(reason);
}

/** Salt of a VM's pages at a host, as boot makes it. */
function saltAt({ columns, core, scenario }: World, row: number, host: number): bigint {
  const tenant = BigInt(host) * 65_536n + BigInt(columns.vmSaltGroup[row]!);
  return BigInt.asUintN(64, core.wasm.prng_seedStream(BigInt(scenario.seed), 5, tenant));
}

/** −1: none, the hosts' cards are all there is between them. */
export function linkBetween({ scenario }: World, one: number, other: number): number {
  return (scenario.links ?? []).findIndex(
    ({ between: [a, b] }) => (a === one && b === other) || (a === other && b === one),
  );
}

function isUnderWay({ columns }: World, move: number): boolean {
  const phase = columns.movePhase[move]!;
  return phase >= PHASE.reserved && phase <= PHASE.cut;
}

function freeRange(world: World): number | undefined {
  const taken = new Set(
    world.plan.moves.flatMap((_, move) => (isUnderWay(world, move) ? [world.columns.moveRange[move]!] : [])),
  );
  for (let range = 0; range < (world.scenario.concurrentMigrations ?? 0); range += 1)
    if (!taken.has(range)) return range;
  return undefined;
}

/** What stands in the way before anything moves. */
function obstacle(run: Run, { spec, vm: row }: MovePlan): MoveReason | undefined {
  const { world } = run;
  const { columns, scenario } = world;
  const from = columns.vmHost[row]!;
  if (columns.vmPower[row] !== 1) return "the VM is off";
  if (columns.vmMove[row] !== 0) return "the VM is being moved already";
  if (from === spec.to) return "the VM is there already";
  if (isDown(world, spec.to)) return "the destination has failed";
  if (spec.pool !== undefined && !isPoolThere(world, spec.pool)) return "the destination's pool is not there";
  const link = linkBetween(world, from, spec.to);
  if (link >= 0 && columns.linkDown[link] === 1) return "the link between the hosts has failed";
  if (freeRange(world) === undefined) return "no room for another migration (limits.concurrentMigrations)";
  const { cpu } = scenario.hosts[spec.to]!;
  if (columns.vmVcpuOnline.get(row) > cpu.sockets * cpu.cores * cpu.threads) {
    return "the destination has too few processors";
  }
  if (!isAdmitted(run, spec.vm, spec)) return "the destination does not admit its reservations";
  const needs = columns.vmGrantedPages[row]! + columns.vmSwappedPages[row]! + columns.vmOverheadPages[row]!;
  return needs > freeFrames(columns, spec.to) ? "the destination has not enough free memory" : undefined;
}

/** Whether the destination, and the pool there, have what is reserved for the VM to spare. */
function isAdmitted({ world, trees }: Run, vm: number, { to, pool }: MovePlan["spec"]): boolean {
  const from = placeOf(world, vm).host;
  const at = trees.place(nodeOfVm(world, vm));
  return (["cpu", "mem"] as const).every((resource) => {
    const own = trees.of(from, resource).tree[at]!;
    if (own.reservation + (own.overhead ?? 0) === 0) return true;
    const { tree, root } = trees.of(to, resource);
    const parent = pool === undefined ? -1 : trees.place(pool);
    const with_ = [...tree, { ...own, parent, on: false }];
    return admitPowerOn(with_, tree.length, root).admitted;
  });
}

/** What the core has stopped for: rounds that are over, frames that are wanting, phases that failures wait for. */
export function decideMoves(run: Run): void {
  const { world } = run;
  const { columns, plan } = world;
  plan.moves.forEach(({ spec, vm }, move) => {
    if (columns.moveFailed[move] === 1) {
      giveUp(run, move, "the destination has no memory left for it");
      return;
    }
    if (columns.movePhase[move]! >= PHASE.done) unthrottle(world, move);
    if (columns.moveAsks[move] !== 1) return;
    if (spec.autoConverge) {
      throttle(world, move);
      throttleVcpus(world, vm);
    }
    const rate = nextRate(world, move, spec);
    const verdict = judge(world, move, spec, rate);
    if (verdict === undefined) goOn(world, move, rate);
    else end(run, move, verdict.converged, verdict.reason);
  });
  failAtPhases(run);
}

function goOn(world: World, move: number, rate: number): void {
  const { columns, core, nowNs, plan } = world;
  const { spec } = plan.moves[move]!;
  columns.moveCapBps.set(move, rate);
  columns.moveThreshold[move] = spec.rule === "qemu" ? qemuPages(world, move, spec) : 0;
  core.wasm.move_nextRound(move, nowNs);
}

function end(run: Run, move: number, converged: boolean, reason: MoveReason): void {
  const { world } = run;
  const { columns, core, nowNs, plan } = world;
  const { spec } = plan.moves[move]!;
  settle(world, move, converged, reason);
  if (!converged && spec.abortsElse) {
    giveUp(run, move, reason);
    return;
  }
  if (spec.rule === "clark") columns.moveCapBps.set(move, lastRate(spec));
  if (spec.mode === "hybrid") core.wasm.move_goPostCopy(move, nowNs);
  else core.wasm.move_stopAndCopy(move, nowNs);
}

/** The VM stays where it is. */
function giveUp(run: Run, move: number, reason: MoveReason): void {
  const { world } = run;
  settle(world, move, false, reason);
  world.core.wasm.move_abort(move, world.nowNs);
  unthrottle(world, move);
}

/** Auto-converge holds processors back as a limit does. */
function throttleVcpus(world: World, row: number): void {
  const { columns, core, nowNs, plan, scenario } = world;
  const ppm = columns.vmThrottlePpm[row]!;
  if (ppm === 0) return;
  const { limitMhz } = scenario.vms[plan.vmOrder[row]!]!.cpu;
  if (limitMhz !== undefined) return;
  const whole = scenario.policies.cpu.limitPeriodNs * columns.vmVcpuOnline.get(row);
  const quota = Math.max(1, Math.round((whole * (1e6 - ppm)) / 1e6));
  core.wasm.cpu_changeLimit(columns.vmClient[row]!, quota, nowNs);
}

/** No longer; once. */
function unthrottle({ core, columns, nowNs, plan, scenario }: World, move: number): void {
  const { spec } = plan.moves[move]!;
  if (!spec.autoConverge || columns.moveHits[move] === LET_GO) return;
  columns.moveHits[move] = LET_GO;
  if (scenario.vms[spec.vm]!.cpu.limitMhz !== undefined) return;
  const row = plan.moves[move]!.vm;
  // Its node at the source may be the one that it has now, or the one that it had.
  for (const client of [columns.vmClient[row]!, columns.moveClient[move]!]) {
    core.wasm.cpu_changeLimit(client, -1, nowNs);
  }
}

const LET_GO = 255;

/** A VM is powered off: its migration ends with it. */
export function endMoveOf(run: Run, vm: number): void {
  const { world } = run;
  if (world.plan.moves.length === 0) return;
  const move = world.columns.vmMove[world.vmRows[vm]!]! - 1;
  if (move < 0) return;
  settle(world, move, false, "the VM was powered off");
  if (world.columns.movePhase[move]! >= PHASE.activates) world.core.wasm.move_lose(move, world.nowNs);
  else world.core.wasm.move_abort(move, world.nowNs);
}

const waiting = new WeakMap<World, Waiting[]>();

/** A host or a link fails, now or when a migration comes to a phase. */
export function fail(run: Run, spec: FailSpec): void {
  const { world } = run;
  if (world.plan.moves.length === 0) return;
  if (spec.phase === undefined) {
    failNow(run, spec);
    return;
  }
  const list = waiting.get(world) ?? [];
  list.push({ spec, sinceNs: world.nowNs });
  waiting.set(world, list);
  watch(world);
}

function watch(world: World): void {
  const bits = (waiting.get(world) ?? []).reduce((sum, { spec }) => sum | (1 << PHASE[spec.phase!]), 0);
  world.columns.worldPhaseWatch[0] = bits;
}

function failAtPhases(run: Run): void {
  const { world } = run;
  const list = waiting.get(world) ?? [];
  const due = list.filter(({ spec }) => world.plan.moves.some((_, move) => isAt(world, move, spec)));
  if (due.length === 0) return;
  waiting.set(
    world,
    list.filter((one) => !due.includes(one)),
  );
  watch(world);
  for (const { spec } of due) failNow(run, spec);
}

function isAt({ columns, plan }: World, move: number, { phase, vm }: FailSpec): boolean {
  const own = plan.moves[move]!.spec;
  return columns.movePhase[move] === PHASE[phase as MovePhase] && (vm === undefined || vm === own.vm);
}

function failNow(run: Run, { host, link }: FailSpec): void {
  if (host !== undefined) failHost(run, host);
  if (link !== undefined) failLink(run, link);
}

/** Migrations first: where their VM lives decides what is left of it. Then all that ran there is gone. */
function failHost(run: Run, host: number): void {
  const { world } = run;
  const { columns, core, nowNs, plan, scenario } = world;
  if (columns.hostDown[host] === 1) return;
  columns.hostDown[host] = 1;
  say(run, "fail", -1, `${scenario.hosts[host]!.name} fails.`);
  plan.moves.forEach((_, move) => {
    if (!isUnderWay(world, move)) return;
    const phase = columns.movePhase[move]!;
    const isSource = columns.moveFrom[move] === host;
    if (!isSource && columns.moveTo[move] !== host) return;
    const committed = phase >= PHASE.activates;
    const needsBoth = committed && columns.moveWaiting[move]! > 0;
    if (!committed && !isSource) giveUp(run, move, "the destination failed");
    else if (committed && !needsBoth && isSource) return;
    else loseVm(run, move, isSource ? "the source failed" : "the destination failed");
  });
  for (const [index, row] of world.vmRows.entries()) {
    if (columns.vmHost[row] !== host || columns.vmPower[row] === 0) continue;
    core.wasm.memory_powerOff(row, nowNs);
    core.wasm.cpu_powerOff(row, nowNs);
    afterPower(world, row);
    run.trees.refresh(host, nodeOfVm(world, index));
    say(run, "lost", row, `${scenario.vms[index]!.name} is lost with ${scenario.hosts[host]!.name}.`);
  }
  core.wasm.move_reshare(nowNs);
}

/** Neither host has all of the VM any more, or the one that has is gone. */
function loseVm(run: Run, move: number, reason: MoveReason): void {
  const { world } = run;
  const { columns, core, nowNs, plan, scenario } = world;
  const { spec, vm: row } = plan.moves[move]!;
  settle(world, move, false, reason);
  core.wasm.move_lose(move, nowNs);
  core.wasm.memory_powerOff(row, nowNs);
  core.wasm.cpu_powerOff(row, nowNs);
  afterPower(world, row);
  run.trees.refresh(columns.vmHost[row]!, nodeOfVm(world, spec.vm));
  say(run, "lost", row, `${scenario.vms[spec.vm]!.name} is lost: ${reason} in the midst of its migration.`);
}

function betweenThem({ columns }: World, move: number, [one, other]: readonly [number, number]): boolean {
  const ends = [columns.moveFrom[move], columns.moveTo[move]];
  return ends.includes(one) && ends.includes(other);
}

/** Before the commitment the VM goes on at its source; after it, it waits for the pages that are still there. */
function failLink(run: Run, link: readonly [number, number]): void {
  const { world } = run;
  const { columns, core, nowNs, plan, scenario } = world;
  const row = linkBetween(world, ...link);
  if (row >= 0) columns.linkDown[row] = 1;
  const names = link.map((host) => scenario.hosts[host]!.name).join(" and ");
  say(run, "fail", -1, `The link between ${names} fails.`);
  plan.moves.forEach((_, move) => {
    if (!isUnderWay(world, move) || !betweenThem(world, move, link)) return;
    const phase = columns.movePhase[move]!;
    if (phase < PHASE.activates) giveUp(run, move, "the link failed");
    else if (phase === PHASE.push) core.wasm.move_cut(move, nowNs);
  });
}

/** A link works again: what waited for it goes on. */
export function repair(run: Run, link: readonly [number, number]): void {
  const { world } = run;
  const { columns, core, nowNs, plan, scenario } = world;
  if (plan.moves.length === 0) return;
  const row = linkBetween(world, ...link);
  if (row >= 0) columns.linkDown[row] = 0;
  const names = link.map((host) => scenario.hosts[host]!.name).join(" and ");
  say(run, "repair", -1, `The link between ${names} works again.`);
  plan.moves.forEach((_, move) => {
    if (columns.movePhase[move] === PHASE.cut && betweenThem(world, move, link)) {
      core.wasm.move_recover(move, nowNs);
    }
  });
}
