/** Controls changed while a scenario runs: all that one event sets, or nothing of it. */
import {
  type Admission,
  admitLimit,
  admitReservation,
  admitSwap,
  type Control,
} from "../controls/admission.ts";
import { formatMhz } from "../scenario/format.ts";
import type { EventSpec } from "../scenario/types.ts";
import { nodeOfVm, type Resource } from "./control-tree.ts";
import { changesText, controlValues } from "./control-values.ts";
import { limitQuotaNs } from "./fill-cpu.ts";
import { placeOf } from "./host-rows.ts";
import { permit, type Run, say } from "./script-run.ts";
import type { World } from "./world.ts";

const NO_LIMIT = 0xffff_ffff;

type SetStep = Extract<EventSpec, { kind: "set" }>;

/** All keys of a `set` are changed, or none. */
export function change(run: Run, step: SetStep): void {
  const { world, trees } = run;
  const { scenario, plan } = world;
  const isVm = step.target.kind === "vm";
  const node = isVm ? nodeOfVm(world, step.target.index) : step.target.index;
  if (!step.keys.every((key) => permit(run, step, node, key))) return;
  const spec = isVm ? scenario.vms[step.target.index]! : scenario.pools[step.target.index]!;
  const row = isVm ? plan.cpu!.vmRows[step.target.index]! : -1;
  const { host } = isVm ? placeOf(world, step.target.index) : scenario.pools[step.target.index]!;
  const isPaused = isVm && plan.moves.length > 0 && world.columns.vmPaused[row] === 1;
  const refusal = isPaused ? "it is being moved, and stands still" : inadmissible(run, step, node, host);
  if (refusal !== undefined) {
    say(run, "refused", row, `${spec.name} stays as it is: ${refusal}.`);
    return;
  }
  const before = controlValues(world, step, row);
  applySet(world, step, row);
  trees.refresh(host, node);
  const changes = changesText(step.keys, before, controlValues(world, step, row));
  say(run, "set", row, `${spec.name}: ${changes}.`);
}

/** Why not; undefined: it is admitted. */
function inadmissible(run: Run, step: SetStep, node: number, host: number): string | undefined {
  const { reservationMhz, limitMhz, mem } = step;
  const unusable = beyondVcpus(run.world, step, host);
  if (unusable !== undefined) return unusable;
  const verdict = admitControls(run, host, node, "cpu", { reservation: reservationMhz, limit: limitMhz });
  if (!verdict.admitted) return `${verdict.text} (${verdict.path})`;
  const asked = { reservation: mem?.minPages, limit: mem?.maxPages };
  const second = admitControls(run, host, node, "mem", asked);
  return second.admitted ? undefined : `${second.text} (${second.path})`;
}

/**
 * A VM reserves no more than its vCPUs can use: neither a reservation nor an unplug leaves it so.
 *
 * Source: vSphere, where a reservation is at most vCPUs × the clock of a core.
 */
function beyondVcpus(world: World, step: SetStep, host: number): string | undefined {
  if (step.target.kind !== "vm" || (step.vcpus === undefined && step.reservationMhz === undefined))
    return undefined;
  const { columns, scenario, plan } = world;
  const { mhz } = scenario.hosts[host]!.cpu;
  const row = plan.cpu!.vmRows[step.target.index]!;
  const vcpus = step.vcpus ?? columns.vmVcpuOnline.get(row);
  const ppm = columns.clientReservePpm[columns.vmClient[row]!] ?? 0;
  // What a policy has reserved goes down with the vCPUs, the next time that it decides.
  const inForce = plan.cpu!.decides ? 0 : (ppm * mhz) / 1e6;
  const reserved = step.reservationMhz ?? inForce;
  if (reserved <= vcpus * mhz) return undefined;
  const can = `${vcpus === 1 ? "1 vCPU" : `${vcpus} vCPUs`} can use ${formatMhz(vcpus * mhz)}`;
  return `${can}, and ${formatMhz(reserved)} ${step.reservationMhz === undefined ? "are reserved" : "were to be reserved"}`;
}

/** Of one resource; undefined: stays. */
interface Asked {
  readonly reservation: number | undefined;
  readonly limit: number | "none" | undefined;
}

function admitControls(
  { world, trees }: Run,
  host: number,
  node: number,
  resource: Resource,
  asked: Asked,
): Admission {
  if (asked.reservation === undefined && asked.limit === undefined) return { admitted: true };
  const { tree: inForce, root, held, swap, swapHeld } = trees.of(host, resource);
  const at = trees.place(node);
  const before = inForce[at]!;
  const limit = asked.limit === "none" ? unlimited(world, node, resource) : (asked.limit ?? before.limit);
  const after: Control = { ...before, reservation: asked.reservation ?? before.reservation, limit };
  // Judged together: the limit may only fit the new reservation, or the other way round.
  let verdict: Admission = { admitted: true };
  if (asked.reservation !== undefined) {
    verdict = admitReservation(inForce.with(at, { ...before, limit }), at, after.reservation, root, held);
  }
  if (asked.limit !== undefined && verdict.admitted) {
    verdict = admitLimit(inForce.with(at, { ...after, limit: before.limit }), at, limit, root, held);
  }
  if (!verdict.admitted || swap === undefined) return verdict;
  return admitSwap(before, after, swap, swapHeld);
}

/** Without a limit a VM can have all of its memory. */
function unlimited({ scenario }: World, node: number, resource: Resource): number | undefined {
  const vm = node - scenario.pools.length;
  return resource === "mem" && vm >= 0 ? scenario.vms[vm]!.memoryPages : undefined;
}

function applySet(world: World, step: SetStep, row: number): void {
  applyMemory(world, step, row);
  const { scenario, plan, columns, core, nowNs } = world;
  const isVm = step.target.kind === "vm";
  const current = isVm ? columns.vmClient[row]! : plan.cpu!.poolClients[step.target.index]!;
  // Where a VM may come to later it has the same controls.
  const places = isVm ? plan.cpu!.vmPlaces[row]! : [current];
  if (step.vcpus !== undefined) {
    const perVcpu = scenario.vms[step.target.index]!.cpu.sharesPerVcpu;
    const before = columns.vmVcpuOnline.get(row);
    // Words count per vCPU; a number, given once, stays.
    if (perVcpu !== undefined && columns.clientOwnShares[current] === perVcpu * before) {
      for (const client of places) core.wasm.cpu_changeShares(client, perVcpu * step.vcpus, nowNs);
    }
    core.wasm.cpu_plug(row, step.vcpus, nowNs);
  }
  const perVcpu = step.sharesPerVcpu;
  const shares = perVcpu === undefined ? step.shares : perVcpu * columns.vmVcpuOnline.get(row);
  for (const client of places) applyTo(world, client, step, shares);
}

function applyTo(world: World, client: number, step: SetStep, shares: number | undefined): void {
  const { scenario, columns, core, nowNs } = world;
  const host = scenario.hosts[columns.clientHost[client]!]!;
  if (shares !== undefined) core.wasm.cpu_changeShares(client, shares, nowNs);
  if (step.limitMhz !== undefined) {
    const limitMhz = step.limitMhz === "none" ? undefined : step.limitMhz;
    const quotaNs = limitQuotaNs(limitMhz, host, scenario.policies.cpu.limitPeriodNs);
    core.wasm.cpu_changeLimit(client, quotaNs, nowNs);
  }
  if (step.reservationMhz !== undefined) {
    core.wasm.cpu_changeReservation(client, Math.round((step.reservationMhz * 1e6) / host.cpu.mhz), nowNs);
  }
}

function applyMemory({ scenario, columns }: World, { target, mem }: SetStep, row: number): void {
  if (target.kind === "pool") {
    const { index } = target;
    if (mem?.shares !== undefined) columns.poolMemShares[index] = mem.shares;
    if (mem?.minPages !== undefined) columns.poolMinPages[index] = mem.minPages;
    if (mem?.maxPages !== undefined)
      columns.poolMaxPages[index] = mem.maxPages === "none" ? NO_LIMIT : mem.maxPages;
    return;
  }
  if (mem?.shares !== undefined) columns.vmMemShares[row] = mem.shares;
  if (mem?.minPages !== undefined) columns.vmMinPages[row] = mem.minPages;
  if (mem?.maxPages !== undefined) {
    columns.vmMaxPages[row] =
      mem.maxPages === "none" ? scenario.vms[target.index]!.memoryPages : mem.maxPages;
  }
}
