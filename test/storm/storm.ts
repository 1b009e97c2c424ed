/** One storm: the world of a seed, advanced in random steps, everything checked after each. */
import type { CoreSource } from "../../src/core/module.ts";
import { decideMemory } from "../../src/sim/memory-seam.ts";
import { createWorld, type World } from "../../src/sim/world.ts";
import { type Check, firstFault } from "./checks.ts";
import { checkGranted, checkPages, checkQueue, checkScanned, checkShared } from "./counters.ts";
import { checkFreeLists, checkMappings, checkRefcounts, checkUsed, poisonCheck } from "./frames.ts";
import { checkGuests } from "./guests.ts";
import { checkLarge, checkOwners } from "./large.ts";
import {
  checkActive,
  checkConserving,
  checkDispatched,
  checkLimits,
  checkRunQueues,
  checkTime,
} from "./processors.ts";
import { Random } from "./random.ts";
import {
  checkFlags,
  checkMemorySize,
  checkPageOuts,
  checkPlaces,
  checkSamples,
  checkSlots,
  checkStates,
  checkZip,
} from "./reclaim.ts";
import { type Weather, weatherOf } from "./scenario.ts";
import { Shadow } from "./shadow.ts";
import { checkFiled, checkTable, checkTenants } from "./sharing.ts";
import { checkSkew } from "./skew.ts";
import { checkWants } from "./wants.ts";

export interface StormOptions {
  readonly seed: number;
  readonly untilNs: number;
  readonly core: CoreSource;
}

export interface StormResult {
  /** First fault and when it was seen; absent: none. */
  readonly fault?: { readonly atNs: number; readonly text: string };
  readonly hash: string;
  readonly checks: number;
}

const CHECKS: readonly Check[] = [
  checkMappings,
  checkRefcounts,
  checkFreeLists,
  checkUsed,
  checkGranted,
  checkPages,
  checkTenants,
  checkQueue,
  checkScanned,
  checkShared,
  checkFlags,
  checkSlots,
  checkPageOuts,
  checkPlaces,
  checkZip,
  checkMemorySize,
  checkSamples,
  checkStates,
  checkGuests,
  checkLarge,
  checkOwners,
];
const CPU_CHECKS: readonly Check[] = [
  checkDispatched,
  checkRunQueues,
  checkActive,
  checkLimits,
  checkTime,
  checkConserving,
  checkWants,
  checkSkew,
];
const SHARING_CHECKS: readonly Check[] = [checkTable, checkFiled];

/** A world and the policy that decides for it, at every epoch. */
class Driver {
  readonly world: World;
  readonly #weather: Weather;
  #lastNs = 0;

  constructor(world: World, weather: Weather) {
    this.world = world;
    this.#weather = weather;
  }

  /** Whether there is anything to decide, as `simulate` has it. */
  #decides(): boolean {
    const { core, memory } = this.world.plan;
    return core.groups.has("sharing") || memory.reclaims.includes(true);
  }

  advance(untilNs: number): void {
    for (;;) {
      const stop = this.world.advance(untilNs);
      if (stop === "until") return;
      if (stop !== "ring-full" && this.#decides()) {
        decideMemory(this.world, this.#weather.policy, this.#lastNs);
        this.#lastNs = this.world.nowNs;
      }
    }
  }
}

function checksOf(world: World, shadow: Shadow): Check[] {
  const sharing = world.plan.core.groups.has("sharing") ? SHARING_CHECKS : [];
  const cpu = world.plan.cpu === undefined ? [] : CPU_CHECKS;
  return [...CHECKS, ...cpu, ...sharing, poisonCheck(world), () => shadow.advance()];
}

function cutsOf(world: World): Map<number, number> {
  const cut = world.takeMessages().filter(({ kind }) => kind === "image-cut");
  return new Map(cut.map(({ row, count }) => [row, count]));
}

/** Saves and restores, and says if that changed anything. */
function checkSnapshot(world: World): string | undefined {
  const before = world.hash();
  world.restore(world.snapshot());
  return world.hash() === before ? undefined : "restored: another state hash than saved";
}

/** Runs a storm until a time or its first fault. */
export async function runStorm({ seed, untilNs, core }: StormOptions): Promise<StormResult> {
  const weather = weatherOf(seed);
  const { scenario, images } = weather;
  const world = await createWorld(scenario, { images, core });
  const driver = new Driver(world, weather);
  const checks = checksOf(world, new Shadow(world, weather, cutsOf(world)));
  const random = new Random(seed, 1);
  const step = random.pick([1e8, 1e9, 7e9]);
  let done = 0;
  let atNs = 0;
  for (;;) {
    const text = attempt(() => {
      driver.advance(atNs);
      return firstFault(checks, world) ?? (random.chance(0.1) ? checkSnapshot(world) : undefined);
    });
    done += checks.length;
    if (text !== undefined) return { fault: { atNs, text }, hash: "", checks: done };
    if (atNs === untilNs) break;
    atNs = Math.min(untilNs, atNs + random.between(1, random.chance(0.1) ? 10 * step : step));
  }
  const hash = world.hash();
  const straight = new Driver(await createWorld(scenario, { images, core }), weather);
  straight.advance(untilNs);
  if (straight.world.hash() === hash) return { hash, checks: done };
  return { fault: { atNs, text: "in one step: another state hash than in many" }, hash, checks: done };
}

/** What goes wrong, a broken assertion of the core included. */
function attempt(check: () => string | undefined): string | undefined {
  try {
    return check();
  } catch (fault) {
    return fault instanceof Error ? `${fault.name}: ${fault.message}` : String(fault);
  }
}
