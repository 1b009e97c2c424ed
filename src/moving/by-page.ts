/**
 * A migration that is asked for as a plan is, run page by page: a world of two hosts, a link and a guest that writes as it was said to.
 *
 *   options ──▶ world: memory, a stream of writes, one `migrate` event ──▶ runs until it is over ──▶ the plan's keys
 *
 * What the plan said stands beside it. What the guest feels is the plan's.
 *
 * Cost: some 50 ns a page sent, and the guest's writes.
 */
import { MigrationError, type MigrationFault } from "../migrate/fault.ts";
import type { Migration, MigrationOptions, MigrationPlan, ModePlan } from "../migrate/migration.ts";
import { planMigration } from "../migrate/plan.ts";
import { readPagesPerSecond, resolveMigration } from "../migrate/resolve.ts";
import type { MigrationResult } from "../report/result.ts";
import { parseScenario } from "../scenario/parse.ts";
import type { EventSpec, MoveMode, Scenario } from "../scenario/types.ts";
import { observeMoves } from "../sim/observe-moves.ts";
import { createWorld, type WorldOptions } from "../sim/world.ts";

/** Options that a world of pages knows what to do with. */
const KNOWN: ReadonlySet<string> = new Set<keyof MigrationOptions>([
  "memory",
  "zero",
  "workingSet",
  "dirtyRate",
  "pattern",
  "bandwidth",
  "downtimeLimit",
  "mode",
  "rule",
  "threshold",
  "ratio",
  "rounds",
  "rateMin",
  "rateMax",
  "rateStep",
  "autoConverge",
  "latency",
  "switchover",
  "deviceState",
  "giveUp",
  "bubbling",
  "clientTimeout",
]);
const PAGE = 4096;
const SECOND = 1e9;
/** The guest writes for so long before it moves. */
const BEFORE_NS = SECOND;
/** A run that has not ended by then is told as it stands. */
const MOST_NS = 24 * 3600 * SECOND;
const STEP_NS = 10 * SECOND;

/** A mode's answer, and what the plan said. */
export interface PageModePlan extends ModePlan {
  readonly planned: { readonly totalNs: number; readonly downtimeNs: number; readonly bytesSent: number };
}

export interface PagePlan extends MigrationPlan {
  readonly resolution: "page";
  readonly modes: readonly PageModePlan[];
}

/**
 * Runs a migration page by page, in every mode asked for.
 *
 * @throws MigrationError for options that cannot be, or that only a plan knows
 */
export async function migrateByPage(
  options: MigrationOptions,
  around: Pick<WorldOptions, "core"> = {},
): Promise<PagePlan> {
  const foreign = Object.entries(options).flatMap(([path, value]): MigrationFault[] =>
    value === undefined || KNOWN.has(path)
      ? []
      : [{ path, expected: "an option of migrations page by page", got: "one of plans" }],
  );
  if (foreign.length > 0) throw new MigrationError(foreign);
  const plan = planMigration(options);
  const migration = resolveMigration(options);
  const modes: PageModePlan[] = [];
  for (const planned of plan.modes) {
    const scenario = scenarioOf(migration, options, planned.mode);
    modes.push(answerOf(planned, await run(scenario, around)));
  }
  return { ...plan, resolution: "page", modes };
}

async function run(scenario: Scenario, around: Pick<WorldOptions, "core">): Promise<MigrationResult> {
  const world = await createWorld(scenario, around);
  try {
    for (let atNs = STEP_NS; ; atNs += STEP_NS) {
      while (world.advance(atNs) !== "until") {}
      const move = observeMoves(world)[0]!;
      if ((move.outcome !== "running" && move.outcome !== "waiting") || atNs >= MOST_NS) return move;
    }
  } finally {
    world.dispose();
  }
}

/** Pages that are not zero stand first; the guest writes to the first of them. */
function scenarioOf(migration: Migration, options: MigrationOptions, mode: MoveMode): Scenario {
  const { memoryPages, zeroPages, dirtying } = migration;
  const whole = Math.max(1, Math.round(memoryPages));
  const full = Math.max(0, whole - Math.round(zeroPages));
  const pattern = options.pattern === "uniform" ? "uniform" : "sequential";
  const hot = Math.min(whole, Math.max(1, Math.round(dirtying.hotPages)));
  const perSecond = rateOf(options.dirtyRate);
  const image = { image: { zero: "0%", common: "0%", unique: "100%", size: `${4 * full}KiB` } };
  const stream = { pattern, rate: "1/s", writes: "100%", size: `${4 * hot}KiB` };
  const vm = {
    name: "vm",
    host: "source",
    memory: `${4 * whole}KiB`,
    ...(full > 0 ? image : {}),
    ...(perSecond > 0 ? { workload: [stream] } : {}),
  };
  const host = { memory: `${8 * whole + 4096}KiB` };
  const parsed = parseScenario(
    JSON.stringify({
      ballast: 1,
      name: "one migration",
      hosts: [
        { name: "source", ...host },
        { name: "destination", ...host },
      ],
      vms: [vm],
      policies: { memory: { sharing: "none", reclaim: "none", sampling: "none" } },
      events: [
        { at: "1s", migrate: { vm: "vm", to: "destination", mode, rule: migration.rule, cpuPerPage: "0" } },
      ],
    }),
  );
  const workload = parsed.vms[0]!.workload.map((one) => ({
    ...one,
    ratePerKs: Math.round(perSecond * 1000),
  }));
  return {
    ...parsed,
    durationNs: MOST_NS,
    hosts: parsed.hosts.map((one) => ({ ...one, nicBps: 1e12 })),
    vms: [{ ...parsed.vms[0]!, workload }],
    events: [eventOf(migration, options, parsed.events[0]!)],
  };
}

function rateOf(given: MigrationOptions["dirtyRate"]): number {
  if (given === undefined) return 0;
  const rate = typeof given === "number" ? given : readPagesPerSecond(given);
  return typeof rate === "number" ? rate : 0;
}

function eventOf(migration: Migration, options: MigrationOptions, event: EventSpec): EventSpec {
  if (event.kind !== "migrate") return event;
  const bits = (bytesPerS: number): number => Math.max(1, Math.round(bytesPerS * 8));
  const ns = (seconds: number): number => Math.round(seconds * SECOND);
  const { ratio, roundsMax, giveUpS, thresholdBytes } = migration;
  return {
    ...event,
    atNs: BEFORE_NS,
    bps: bits(migration.bytesPerS),
    downtimeLimitNs: Math.max(1, ns(migration.downtimeLimitS)),
    ...(options.threshold === undefined ? {} : { thresholdPages: Math.floor(thresholdBytes / PAGE) }),
    ...(Number.isFinite(ratio) ? { ratioPpm: Math.round(ratio * 1e6) } : {}),
    ...(Number.isFinite(roundsMax) ? { rounds: roundsMax } : {}),
    ...(Number.isFinite(giveUpS) ? { giveUpNs: ns(giveUpS) } : {}),
    rateMinBps: bits(migration.rateMin),
    rateMaxBps: bits(migration.rateMax),
    rateStepBps: bits(migration.rateStep),
    autoConverge: migration.autoConverge,
    skipDirty: false,
    latencyNs: ns(migration.latencyS),
    switchoverNs: ns(migration.switchoverS),
    stateBytes: Math.round(migration.deviceBytes),
    bubbling: migration.bubbling,
  };
}

function answerOf(planned: ModePlan, move: MigrationResult): PageModePlan {
  const { totalNs, downtimeNs, bytesSent } = planned;
  return {
    ...planned,
    converged: move.converged,
    reason: move.reason,
    totalNs: move.totalNs,
    downtimeNs: move.downtimeNs,
    bytesSent: move.bytesSent,
    normalPages: move.normalPages,
    zeroPages: move.zeroPages,
    rounds: move.rounds.map(({ pages, bytes, ns, dirtiedPages, throttlePpm }) => {
      return { pages, bytes, ns, dirtiedPages, throttlePpm };
    }),
    stopCopy: move.stopCopy,
    bitmapLooks: move.rounds.length + 1,
    planned: { totalNs, downtimeNs, bytesSent },
  };
}
