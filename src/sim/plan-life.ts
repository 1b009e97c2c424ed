/** VMs and pools that are not there from the start, or go before the end: rows for when they came and went. */
import type { Core } from "../core/boot.ts";
import type { GroupName } from "../core/layout.ts";
import type { Scenario } from "../scenario/types.ts";
import type { WorldPlan } from "./plan-world.ts";

/** vmLife and poolLife. */
export const LIFE = { there: 0, toCome: 1, unloaded: 2, come: 3, gone: 4 } as const;

/** Counters of a VM that its pool keeps when it leaves: so many as `Counters` in observe-cpu.ts has. */
export const LEDGER_ROWS = 15;

const kinds: ReadonlySet<string> = new Set(["add", "add-pool", "remove", "remove-pool", "place"]);
const lives = new WeakMap<Scenario, Life>();

/** What comes later, by its number in the scenario. */
export interface Life {
  /** Something comes, goes or changes its place. */
  readonly isUsed: boolean;
  readonly vms: ReadonlySet<number>;
  readonly pools: ReadonlySet<number>;
}

export function lifeOf(scenario: Scenario): Life {
  const known = lives.get(scenario);
  if (known !== undefined) return known;
  const { events } = scenario;
  const life = {
    isUsed: events.some(({ kind }) => kinds.has(kind)),
    vms: new Set(events.flatMap((event) => (event.kind === "add" ? event.vms : []))),
    pools: new Set(events.flatMap((event) => (event.kind === "add-pool" ? [event.pool] : []))),
  };
  lives.set(scenario, life);
  return life;
}

export function planLife(scenario: Scenario): {
  readonly groups: readonly GroupName[];
  readonly ledger: number;
} {
  const { isUsed } = lifeOf(scenario);
  return { groups: isUsed ? ["life"] : [], ledger: isUsed ? LEDGER_ROWS * scenario.pools.length : 0 };
}

/** Who is to come, and which nodes of the trees have nobody until then. */
export function fillLife({ columns }: Core, scenario: Scenario, { cpu, vmOrder }: WorldPlan): void {
  const { isUsed, vms, pools } = lifeOf(scenario);
  if (cpu !== undefined && columns.vacantNow.length > 0) {
    cpu.clients.forEach(({ kind, pool, vm }, client) => {
      const isHome = kind !== "vm" || (cpu.vmClients[vm!] === client && !vms.has(vmOrder[vm!]!));
      const isThere = kind === "pool" ? !pools.has(pool!) : isHome;
      columns.vacantNow[client] = isThere ? 0 : 1;
    });
  }
  if (!isUsed) return;
  // Nothing comes at a time before 0.
  columns.vmAddedNs.fill(-1);
  columns.poolAddedNs.fill(-1);
  for (const [row, index] of vmOrder.entries()) if (vms.has(index)) columns.vmLife[row] = LIFE.toCome;
  for (const pool of pools) columns.poolLife[pool] = LIFE.toCome;
}
