/** What comes and goes, as rows of the scenario. */
import type { Gathered } from "./added.ts";
import type { Places } from "./event-resolve.ts";
import type { OrderedPool } from "./pool-resolve.ts";
import type { ParsedScenario } from "./schema.ts";

/** The rows of VMs, or of a pool, that an event adds. */
export function rowsAdded(
  added: Gathered["added"],
  order: readonly OrderedPool[],
  vms: readonly { readonly group: number }[],
): Places["rowsOf"] {
  return (event) => {
    const { kind, index } = added.get(event)!;
    if (kind === "pool") return { vms: [], pool: order.findIndex((one) => one.index === index) };
    return { vms: [...vms.keys()].filter((row) => vms[row]!.group === index) };
  };
}

/** Pools that VMs go to while they run, and the first that does. */
export function comersOf(
  { events = [] }: ParsedScenario,
  order: readonly OrderedPool[],
  vmOf: ReadonlyMap<string, number>,
): ReadonlyMap<number, number> {
  const comers = new Map<number, number>();
  for (const { set } of events) {
    if (set?.vm === undefined || set.pool === undefined) continue;
    const pool = order.findIndex((one) => one.pool.name === set.pool);
    if (pool >= 0 && !comers.has(pool)) comers.set(pool, vmOf.get(set.vm)!);
  }
  return comers;
}
