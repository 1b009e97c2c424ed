/** Rows for VMs that move: a second range of pages for each that can do so at once, its rounds, its phases. */
import type { GroupName } from "../core/layout.ts";
import type { MoveSpec, Scenario } from "../scenario/types.ts";

export const PHASES = 16;
export const ROUNDS = 256;
const BLOCK_PAGES = 512;

/** A migration of the scenario. */
export interface MovePlan {
  readonly spec: MoveSpec;
  /** Row of its VM. */
  readonly vm: number;
  /** Where it stands in the scenario: `events[2]`. */
  readonly path: string;
}

export interface MovingPlan {
  readonly moves: readonly MovePlan[];
  readonly rows: {
    readonly move: number;
    readonly phase: number;
    readonly round: number;
    readonly landing: number;
    readonly sendWord: number;
    readonly link: number;
  };
  readonly groups: readonly GroupName[];
}

/** By host, the VMs of the scenario that may come to it. */
export function landingsOf({ hosts, vms, events }: Scenario): ReadonlySet<number>[] {
  const landings = hosts.map(() => new Set<number>());
  for (const event of events) {
    if (event.kind === "migrate" && vms[event.vm]!.host !== event.to) landings[event.to]!.add(event.vm);
  }
  return landings;
}

/** Pages of a second range: those of the largest VM that may move. */
export function rangePages({ events, vms }: Scenario): number {
  const most = events.reduce(
    (pages, event) => (event.kind === "migrate" ? Math.max(pages, vms[event.vm]!.memoryPages) : pages),
    0,
  );
  return Math.ceil(most / BLOCK_PAGES) * BLOCK_PAGES;
}

export function planMoving(scenario: Scenario, vmOrder: readonly number[]): MovingPlan {
  const moves = scenario.events.flatMap((event): MovePlan[] => {
    if (event.kind !== "migrate") return [];
    const { kind: _, atNs: _at, path, actor: _actor, ...spec } = event;
    return [{ spec, vm: vmOrder.indexOf(spec.vm), path }];
  });
  const none = moves.length === 0;
  const { algorithm } = scenario.policies.memory.sharing;
  const shared: GroupName[] = algorithm === "none" ? [] : ["moving-shared"];
  const landing = (scenario.concurrentMigrations ?? 0) * rangePages(scenario);
  return {
    moves,
    rows: {
      move: moves.length,
      phase: moves.length * PHASES,
      round: moves.length * ROUNDS,
      landing,
      sendWord: landing / 64,
      link: none ? 0 : (scenario.links ?? []).length,
    },
    groups: none ? [] : ["dirty", "moving", ...shared],
  };
}
