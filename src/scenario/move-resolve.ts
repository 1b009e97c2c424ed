/** Migrations, failures and links in base units. */
import type { ParsedScenario } from "./schema.ts";
import type { EventSpec, FailSpec, MoveSpec, Scenario } from "./types.ts";

type ParsedEvent = NonNullable<ParsedScenario["events"]>[number];

/** What is not said of a migration. QEMU's, NSDI'05's and, for the processor, VMware's numbers. */
export const moveDefaults = {
  nicBps: 10e9,
  mode: "pre-copy",
  rule: "qemu",
  downtimeLimitNs: 300_000_000,
  rateMinBps: 100e6,
  rateMaxBps: 500e6,
  rateStepBps: 50e6,
  announceNs: 50_000_000,
  cpuNsPerPage: 3280,
  concurrent: 8,
} as const;

type Names = {
  readonly vmOf: ReadonlyMap<string, number>;
  readonly hostOf: ReadonlyMap<string, number>;
  readonly poolOf: ReadonlyMap<string, number>;
};

/** A migration with everything that it does not say. */
export function resolveMove(given: NonNullable<ParsedEvent["migrate"]>, names: Names): MoveSpec {
  const rule = given.rule ?? moveDefaults.rule;
  return {
    vm: names.vmOf.get(given.vm)!,
    to: names.hostOf.get(given.to)!,
    ...(given.pool === undefined ? {} : { pool: names.poolOf.get(given.pool)! }),
    mode: given.mode ?? moveDefaults.mode,
    rule,
    ...(given.bandwidth === undefined ? {} : { bps: given.bandwidth }),
    downtimeLimitNs: given.downtimeLimit ?? moveDefaults.downtimeLimitNs,
    ...(given.threshold === undefined ? {} : { thresholdPages: given.threshold }),
    ...(given.ratio === undefined ? {} : { ratioPpm: given.ratio }),
    ...(given.rounds === undefined ? {} : { rounds: given.rounds }),
    ...(given.giveUp === undefined ? {} : { giveUpNs: given.giveUp }),
    abortsElse: given.orElse === "abort",
    rateMinBps: given.rateMin ?? moveDefaults.rateMinBps,
    rateMaxBps: given.rateMax ?? moveDefaults.rateMaxBps,
    rateStepBps: given.rateStep ?? moveDefaults.rateStepBps,
    autoConverge: given.autoConverge ?? false,
    stunFaults: given.stun ?? 0,
    skipDirty: given.skipDirty ?? (rule === "clark" || rule === "xen"),
    skipFree: given.skipFree ?? true,
    ...(given.xbzrle === undefined ? {} : { deltaBytes: given.xbzrle }),
    ...(given.latency === undefined ? {} : { latencyNs: given.latency }),
    switchoverNs: given.switchover ?? 0,
    announceNs: given.announce ?? moveDefaults.announceNs,
    stateBytes: given.deviceState ?? 0,
    diskBytes: given.disk ?? 0,
    sharedSwap: given.sharedSwap ?? false,
    bubbling: given.bubbling ?? true,
    cpuNsPerPage: given.cpuPerPage ?? moveDefaults.cpuNsPerPage,
  };
}

export function resolveFail(given: NonNullable<ParsedEvent["fail"]>, { hostOf, vmOf }: Names): FailSpec {
  const { host, link, phase, vm } = given;
  return {
    ...(host === undefined ? {} : { host: hostOf.get(host)! }),
    ...(link === undefined ? {} : { link: endsOf(link, hostOf) }),
    ...(phase === undefined ? {} : { phase }),
    ...(vm === undefined ? {} : { vm: vmOf.get(vm)! }),
  };
}

export function endsOf(
  [one, other]: readonly [string, string],
  hostOf: ReadonlyMap<string, number>,
): readonly [number, number] {
  return [hostOf.get(one)!, hostOf.get(other)!];
}

/** Links, and how many migrations there is room for. */
export function resolveMoving(
  parsed: ParsedScenario,
  hostOf: ReadonlyMap<string, number>,
  events: readonly EventSpec[],
): Pick<Scenario, "links" | "concurrentMigrations"> {
  const moved = new Set(events.flatMap((event) => (event.kind === "migrate" ? [event.vm] : [])));
  const most = parsed.limits?.concurrentMigrations ?? moveDefaults.concurrent;
  const links = (parsed.links ?? []).map(({ between, bandwidth, latency }) => ({
    between: endsOf(between, hostOf),
    bps: bandwidth,
    latencyNs: latency ?? 0,
  }));
  return {
    ...(links.length === 0 ? {} : { links }),
    ...(moved.size === 0 ? {} : { concurrentMigrations: Math.min(most, moved.size) }),
  };
}
