/**
 * One migration, planned in every mode, side by side.
 *
 *   stop-and-copy   everything while the guest stands still
 *   pre-copy        rounds while it runs, the rest while it stands still
 *   post-copy       state first, then every page once, pushed or fetched, while it runs on the other side
 *   hybrid          some rounds of pre-copy, then post-copy of what is dirty
 *
 *   total = round trip + rounds + downtime (+ push)     downtime = (rest + device state) / b + round trip + switchover
 *
 * Source: Clark et al., NSDI 2005; Hines and Gopalan, VEE 2009; QEMU's documentation. Cost: O(rounds), microseconds.
 */
import { pageBytes } from "../scenario/units.ts";
import { adviceFor } from "./advice.ts";
import { networkOf } from "./announce.ts";
import { guestOf, workOf } from "./guest.ts";
import type { Migration, MigrationMode, MigrationOptions, MigrationPlan, ModePlan } from "./migration.ts";
import { outcomeOf, phasesOf } from "./phases.ts";
import { type PreCopy, roundsToTheEnd } from "./pre-copy.ts";
import { qemuRounds } from "./qemu.ts";
import { resolveMigration } from "./resolve.ts";
import { storageOf } from "./storage.ts";
import { pageCost } from "./wire.ts";

/**
 * Plans a migration.
 *
 * Throws MigrationError for options that cannot be: every fault at once.
 */
export function planMigration(options: MigrationOptions): MigrationPlan {
  const migration = resolveMigration(options);
  return {
    rule: migration.rule,
    memoryPages: migration.memoryPages,
    bandwidthBitsPerS: migration.bytesPerS * 8,
    modes: planModes(migration),
    ...bandOf(migration, options.dirtyingBand),
  };
}

function planModes(migration: Migration): ModePlan[] {
  return migration.modes.map((mode) => planMode(migration, mode));
}

function bandOf(
  migration: Migration,
  band: MigrationOptions["dirtyingBand"],
): Partial<Pick<MigrationPlan, "band">> {
  if (band === undefined) return {};
  const [low, high] = [band.low, band.high].map((dirtying) => planModes({ ...migration, dirtying }));
  return { band: { low: low!, high: high! } };
}

/** What comes of the memory alone. */
type MemoryPlan = Omit<ModePlan, "phases" | "network">;

/** One mode: memory, and before it the disk; phases, network, and what becomes of the VM if something fails. */
function planMode(migration: Migration, mode: MigrationMode): ModePlan {
  const memory = planMemory(migration, mode);
  const { diskBytes, referencePages, failure } = migration;
  const whole = diskBytes > 0 ? withDisk(migration, memory) : memory;
  const phases = phasesOf(migration, whole);
  const plan: ModePlan = { ...whole, phases, network: networkOf(memory.downtimeNs / 1e9, migration) };
  if (failure === undefined && referencePages === 0) return plan;
  return {
    ...plan,
    ...(referencePages > 0 ? { referencePages: neat(referencePages) } : {}),
    ...(failure === undefined ? {} : { outcome: outcomeOf(plan, failure.what, failure.atNs) }),
  };
}

function withDisk({ diskBytes, diskWritesPerS, diskBytesPerS }: Migration, memory: MemoryPlan): MemoryPlan {
  const storage = storageOf(diskBytes, diskWritesPerS, diskBytesPerS);
  return {
    ...memory,
    totalNs: memory.totalNs + storage.ns,
    bytesSent: memory.bytesSent + neat(storage.bytes + storage.mirroredBytes),
    storage,
  };
}

function planMemory(migration: Migration, mode: MigrationMode): MemoryPlan {
  if (mode === "post-copy") return postCopy(migration, nothingSent(migration), mode);
  if (mode === "hybrid") {
    const rounds = Number.isFinite(migration.roundsMax) ? migration.roundsMax : 1;
    return postCopy(migration, preCopyOf(migration, rounds), mode);
  }
  if (mode === "stop-and-copy") {
    const reason = "everything is sent while the guest stands still";
    return stopped(migration, { ...nothingSent(migration), converged: true, reason }, mode);
  }
  const done = preCopyOf(migration);
  const plan = stopped(migration, done, mode);
  return done.converged ? plan : { ...plan, advice: adviceFor(migration) };
}

/** Runs pre-copy alone. */
export function preCopyOf(migration: Migration, roundsMax = migration.roundsMax): PreCopy {
  return migration.rule === "qemu" ? qemuRounds(migration, roundsMax) : roundsToTheEnd(migration, roundsMax);
}

function nothingSent(migration: Migration): PreCopy {
  return roundsToTheEnd(migration, 0);
}

/** Seconds for which the guest stands still behind a pre-copy. */
export function downtimeOf(migration: Migration, done: PreCopy): number {
  const bytes = done.leftBytes + migration.deviceBytes;
  const waitS = done.rounds.length === 0 ? migration.swapWaitS : 0;
  return bytes / done.lastBytesPerS + waitS + migration.latencyS + migration.switchoverS;
}

/** The end of stop-and-copy and of pre-copy: the rest goes over while the guest stands still. */
function stopped(migration: Migration, done: PreCopy, mode: MigrationMode): MemoryPlan {
  const bytes = done.leftBytes + migration.deviceBytes;
  const downtimeS = downtimeOf(migration, done);
  return {
    mode,
    converged: done.converged,
    reason: done.reason,
    totalNs: ns(migration.latencyS + done.seconds + downtimeS),
    downtimeNs: ns(downtimeS),
    expectedDowntimeNs: ns((done.leftPages * pageBytes) / migration.bytesPerS),
    bytesSent: neat(done.bytes + bytes),
    normalPages: neat(done.normalPages + done.leftPages - done.leftZeroPages - migration.referencePages),
    zeroPages: neat(done.zeroPages + done.leftZeroPages),
    rounds: neatRounds(migration, done),
    stopCopy: {
      pages: neat(done.leftPages),
      bytes: neat(bytes),
      ns: ns(downtimeS - migration.latencyS - migration.switchoverS),
    },
    guest: guestOf(migration, done.rounds, downtimeS),
    bitmapLooks: mode === "stop-and-copy" ? 0 : done.looks,
    ...between(done, migration.latencyS + downtimeS),
  };
}

/** The end of post-copy and of hybrid: state goes over while the guest stands still, pages when it runs again. */
function postCopy(migration: Migration, done: PreCopy, mode: MigrationMode): MemoryPlan {
  const { bytesPerS, deviceBytes, latencyS, switchoverS } = migration;
  const { normal, zero } = pageCost(migration);
  const isAll = done.rounds.length === 0;
  const pages = done.leftPages - done.leftZeroPages - (isAll ? migration.referencePages : 0);
  const pushed = isAll ? done.leftBytes : pages * normal + done.leftZeroPages * zero;
  const pushS = pushed / bytesPerS + (isAll ? migration.swapWaitS : 0);
  const stateS = deviceBytes / bytesPerS;
  const downtimeS = stateS + latencyS + switchoverS;
  const isHybrid = mode === "hybrid";
  return {
    mode,
    converged: true,
    reason: isHybrid ? "what is dirty at the switch goes over behind the guest" : "every page goes over once",
    totalNs: ns(latencyS + done.seconds + downtimeS + pushS),
    downtimeNs: ns(downtimeS),
    expectedDowntimeNs: ns(downtimeS),
    bytesSent: neat(done.bytes + deviceBytes + pushed),
    normalPages: neat(done.normalPages + pages - (isAll ? 0 : migration.referencePages)),
    zeroPages: neat(done.zeroPages + done.leftZeroPages),
    rounds: neatRounds(migration, done),
    stopCopy: { pages: 0, bytes: deviceBytes, ns: ns(stateS) },
    guest: guestOf(migration, done.rounds, downtimeS, { seconds: pushS, pages, guestS: done.guestS }),
    bitmapLooks: isHybrid ? done.looks : 0,
  };
}

/** Bounds of the total, where there are any worth telling. */
function between({ bounds }: PreCopy, fixedS: number): Partial<Pick<ModePlan, "totalNsBetween">> {
  if (bounds === undefined || bounds.leastS === bounds.mostS) return {};
  return { totalNsBetween: [ns(bounds.leastS + fixedS), ns(bounds.mostS + fixedS)] };
}

function neatRounds(migration: Migration, { rounds }: PreCopy): ModePlan["rounds"] {
  const works = workOf(migration, rounds);
  return rounds.map((round, index) => ({
    pages: neat(round.pages),
    bytes: neat(round.bytes),
    ns: Math.round(round.ns),
    dirtiedPages: neat(round.dirtiedPages),
    throttlePpm: round.throttlePpm,
    ...(round.ns > 0 ? { guestPpm: Math.round((1e15 * works[index]!) / round.ns) } : {}),
  }));
}

const ns = (seconds: number): number => Math.round(seconds * 1e9);
/** Without the dust of sums: millionths of a page or byte. */
const neat = (value: number): number => Math.round(value * 1e6) / 1e6;
