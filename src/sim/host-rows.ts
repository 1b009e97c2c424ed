/** Which VMs are on a host, where a VM is, and whether it is there: that changes only where VMs move, come and go. */
import { LIFE } from "./plan-life.ts";
import type { World } from "./world.ts";

/** Rows of the VMs of a host, ascending. */
export function rowsOfHost({ columns, plan }: Pick<World, "columns" | "plan">, host: number): number[] {
  const first = columns.hostVmFirst[host]!;
  const rows = Array.from({ length: columns.hostVmCount[host]! }, (_, vm) => first + vm);
  return plan.moves.length === 0 ? rows : rows.filter((row) => columns.vmHost[row] === host);
}

/** Where a VM of the scenario is now: its host, and its pool there. */
export function placeOf(
  { columns, plan, scenario, vmRows }: World,
  vm: number,
): { readonly host: number; readonly pool?: number } {
  const spec = scenario.vms[vm]!;
  const row = vmRows[vm]!;
  const moved = plan.moves.length === 0 ? 0 : columns.vmMoved[row]!;
  const { to: host, pool } = moved === 0 ? { to: spec.host, pool: spec.pool } : plan.moves[moved - 1]!.spec;
  // To another pool since it came to this host.
  const now = columns.vmPoolSince[row] === moved + 1 ? columns.vmPoolNow[row]! - 1 : (pool ?? -1);
  return now < 0 ? { host } : { host, pool: now };
}

/** Whether a VM of the scenario is there now. */
export function isThere({ columns, vmRows }: World, vm: number): boolean {
  const life = columns.vmLife[vmRows[vm]!] ?? LIFE.there;
  return life !== LIFE.toCome && life !== LIFE.gone;
}

/** Whether a pool is there now. */
export function isPoolThere({ columns }: World, pool: number): boolean {
  const life = columns.poolLife[pool] ?? LIFE.there;
  return life !== LIFE.toCome && life !== LIFE.gone;
}

/** Whether there ever was a VM, up to now. */
export function wasThere({ columns, vmRows }: World, vm: number): boolean {
  return columns.vmLife[vmRows[vm]!] !== LIFE.toCome;
}

export function wasPoolThere({ columns }: World, pool: number): boolean {
  return columns.poolLife[pool] !== LIFE.toCome;
}

/** For results: when something came and went, of what was not there all along. */
export function lifeTimes(
  life: number | undefined,
  addedNs: number | undefined,
  removedNs: number | undefined,
): { readonly addedNs?: number; readonly removedNs?: number } {
  if (life === undefined || life === LIFE.there) return {};
  return {
    ...(addedNs === undefined || addedNs < 0 ? {} : { addedNs }),
    ...(life === LIFE.gone ? { removedNs: removedNs! } : {}),
  };
}
