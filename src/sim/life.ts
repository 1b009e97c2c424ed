/**
 * VMs and pools that come, go, or change places while a world runs.
 *
 *   add        who acts may fill the pool, the pool is there ─▶ it is there, off; then powered on as any VM is
 *   remove     powered off, and there no more; a pool only with nothing in it
 *   set pool   the same reservations have to fit the new pool ─▶ its node there, its counters so far stay with the old one
 *
 * What is refused is told, and changes nothing.
 */
import { type Admission, admitPowerOn, admitReservation } from "../controls/admission.ts";
import { mayFill } from "../controls/ownership.ts";
import type { EventSpec } from "../scenario/types.ts";
import { nodeOfVm, ownedTree } from "./control-tree.ts";
import { isPoolThere, isThere, placeOf, wasPoolThere, wasThere } from "./host-rows.ts";
import { isPaused } from "./moves.ts";
import { countersOf } from "./observe-cpu.ts";
import { landingKey } from "./plan-cpu.ts";
import { LEDGER_ROWS, LIFE } from "./plan-life.ts";
import { permit, permitFill, type Run, say } from "./script-run.ts";
import type { World } from "./world.ts";

type Step<Kind extends EventSpec["kind"]> = Extract<EventSpec, { kind: Kind }>;

/** Why a VM is not there; undefined: it is. */
export function absence(world: World, vm: number): string | undefined {
  if (isThere(world, vm)) return undefined;
  return wasThere(world, vm) ? "it has been removed" : "it is not there";
}

/** Why a pool is not there; undefined: it is, or there is none. */
export function poolAbsence(world: World, pool: number | undefined): string | undefined {
  if (pool === undefined || isPoolThere(world, pool)) return undefined;
  const { name } = world.scenario.pools[pool]!;
  return `pool ${name} ${wasPoolThere(world, pool) ? "has been removed" : "is not there"}`;
}

function changed({ columns }: World): void {
  columns.worldLife[0]! += 1;
}

/**
 * VMs come.
 *
 * @returns those that have
 */
export function addVms(run: Run, step: Step<"add">): readonly number[] {
  const { world } = run;
  const { scenario, columns, plan, core, nowNs } = world;
  return step.vms.filter((vm) => {
    const { name, host, pool } = scenario.vms[vm]!;
    const row = plan.cpu!.vmRows[vm]!;
    const refusal = poolAbsence(world, pool);
    if (refusal !== undefined) say(run, "refused", row, `${name} is not added: ${refusal}.`);
    if (refusal !== undefined || !permitFill(run, { ...step, vm }, row, pool)) return false;
    columns.vmLife[row] = LIFE.unloaded;
    columns.vmAddedNs[row] = nowNs;
    core.wasm.cpu_enter(columns.vmClient[row]!, nowNs);
    changed(world);
    run.trees.forget(host);
    say(run, "add", row, `${name} is added.`);
    return true;
  });
}

/** A VM goes; it is off. */
export function removeVm(run: Run, vm: number): void {
  const { world } = run;
  const { scenario, columns, plan, core, nowNs } = world;
  const row = plan.cpu!.vmRows[vm]!;
  core.wasm.cpu_leave(columns.vmClient[row]!);
  columns.vmLife[row] = LIFE.gone;
  columns.vmRemovedNs[row] = nowNs;
  changed(world);
  run.trees.forget(placeOf(world, vm).host);
  say(run, "remove", row, `${scenario.vms[vm]!.name} is removed.`);
}

/** A pool comes, if what it reserves fits. */
export function addPool(run: Run, step: Step<"add-pool">): void {
  const { world, trees } = run;
  const { scenario, columns, plan, core, nowNs } = world;
  const { name, host, parent } = scenario.pools[step.pool]!;
  const permission = mayFill(ownedTree(world), step.actor, parent ?? -1);
  let refusal = permission.allowed ? poolAbsence(world, parent) : permission.text;
  for (const resource of ["cpu", "mem"] as const) {
    const { tree, root, held } = trees.of(host, resource);
    const verdict = admitPowerOn(tree, trees.place(step.pool), root, held);
    if (!verdict.admitted) refusal ??= `${verdict.text} (${verdict.path})`;
  }
  if (refusal !== undefined) {
    say(run, "refused", -1, `Pool ${name} is not added: ${refusal}.`);
    return;
  }
  columns.poolLife[step.pool] = LIFE.come;
  columns.poolAddedNs[step.pool] = nowNs;
  core.wasm.cpu_enter(plan.cpu!.poolClients[step.pool]!, nowNs);
  changed(world);
  trees.forget(host);
  say(run, "add", -1, `Pool ${name} is added.`);
}

/** A pool goes; it has to be empty. */
export function removePool(run: Run, step: Step<"remove-pool">): void {
  const { world, trees } = run;
  const { scenario, columns, plan, core, nowNs } = world;
  const { pool } = step;
  const { name, host } = scenario.pools[pool]!;
  const refusal = poolAbsence(world, pool) ?? membersText(world, pool);
  if (refusal !== undefined) {
    say(run, "refused", -1, `Pool ${name} is not removed: ${refusal}.`);
    return;
  }
  if (!permit(run, step, pool, "pool")) return;
  core.wasm.cpu_leave(plan.cpu!.poolClients[pool]!);
  columns.poolLife[pool] = LIFE.gone;
  columns.poolRemovedNs[pool] = nowNs;
  changed(world);
  trees.forget(host);
  say(run, "remove", -1, `Pool ${name} is removed.`);
}

/** What is in a pool; undefined: nothing. */
function membersText(world: World, pool: number): string | undefined {
  const { scenario } = world;
  const vms = scenario.vms.filter((_, vm) => isThere(world, vm) && placeOf(world, vm).pool === pool);
  const pools = scenario.pools.filter(({ parent }, other) => parent === pool && isPoolThere(world, other));
  const [first] = [...pools, ...vms];
  if (first === undefined) return undefined;
  const more = pools.length + vms.length - 1;
  return `${first.name}${more > 0 ? ` and ${more} more` : ""} ${more > 0 ? "are" : "is"} in it`;
}

/** A VM goes to another pool of its host, on or off. */
export function placeVm(run: Run, step: Step<"place">): void {
  const { world, trees } = run;
  const { scenario, columns, plan, core, nowNs } = world;
  const { vm, pool } = step;
  const row = plan.cpu!.vmRows[vm]!;
  const { name } = scenario.vms[vm]!;
  if (!permit(run, step, nodeOfVm(world, vm), "pool") || !permitFill(run, step, row, pool)) return;
  const refusal = obstacle(run, vm, pool);
  if (refusal !== undefined) {
    say(run, "refused", row, `${name} stays where it is: ${refusal}.`);
    return;
  }
  const { host, pool: before } = placeOf(world, vm);
  enterLedger(world, row, before, pool);
  core.wasm.cpu_transfer(row, plan.cpu!.landings.get(landingKey(row, host, pool))!, nowNs);
  columns.vmPoolNow[row] = pool === undefined ? 0 : pool + 1;
  columns.vmPoolSince[row] = (columns.vmMoved[row] ?? 0) + 1;
  changed(world);
  trees.forget(host);
  const where = pool === undefined ? "directly below its host" : `in ${scenario.pools[pool]!.name}`;
  say(run, "set", row, `${name} is ${where} now.`);
}

function obstacle(run: Run, vm: number, pool: number | undefined): string | undefined {
  const { world } = run;
  const { scenario, columns, plan } = world;
  const { host, pool: before } = placeOf(world, vm);
  const row = plan.cpu!.vmRows[vm]!;
  if (pool === before) return "it is there already";
  if (isPaused(world, row) || (columns.vmMove[row] ?? 0) !== 0) return "it is being moved to another host";
  const home = pool === undefined ? host : scenario.pools[pool]!.host;
  if (home !== host) {
    return `it is on ${scenario.hosts[host]!.name}, and pool ${scenario.pools[pool!]!.name} on ${scenario.hosts[home]!.name}`;
  }
  const verdicts = (["cpu", "mem"] as const).map((resource) => admitInto(run, vm, pool, resource));
  const refused = verdicts.find((verdict) => !verdict.admitted);
  if (refused !== undefined && !refused.admitted) return `${refused.text} (${refused.path})`;
  return poolAbsence(world, pool);
}

/** Whether the other pool has to spare what is reserved for the VM, once it has left the one that it is in. */
function admitInto(
  { world, trees }: Run,
  vm: number,
  pool: number | undefined,
  resource: "cpu" | "mem",
): Admission {
  const { tree, root } = trees.of(placeOf(world, vm).host, resource);
  const at = trees.place(nodeOfVm(world, vm));
  const own = tree[at]!;
  const off = tree.with(at, { ...own, parent: pool === undefined ? -1 : trees.place(pool), on: false });
  return own.on ? admitPowerOn(off, at, root) : admitReservation(off, at, own.reservation, root);
}

/** What a VM has had so far stays with the pools that it leaves, and is not the others'. */
function enterLedger(world: World, row: number, from: number | undefined, to: number | undefined): void {
  const { columns, scenario, core, nowNs } = world;
  core.wasm.cpu_recount(nowNs);
  const counts = Object.values(countersOf(world, row));
  const enter = (pool: number | undefined, sign: number): void => {
    for (let at = pool; at !== undefined; at = scenario.pools[at]!.parent) {
      counts.forEach((count, index) => {
        columns.ledgerSum[at! * LEDGER_ROWS + index]! += sign * count;
      });
    }
  };
  enter(from, 1);
  enter(to, -1);
}
