/** Which VMs are on a host, and where a VM is: that changes only where VMs move. */
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
  const moved = plan.moves.length === 0 ? 0 : columns.vmMoved[vmRows[vm]!]!;
  if (moved === 0) return spec;
  const { to, pool } = plan.moves[moved - 1]!.spec;
  return pool === undefined ? { host: to } : { host: to, pool };
}
