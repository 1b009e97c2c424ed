/**
 * The reverse questions: how much bandwidth, or how long a downtime, a migration needs to converge.
 *
 * Doubles until it converges, then halves the interval 16 times; the answer is rounded up to what was tried. Convergence
 * is taken to be monotone in both, which it is but for windows of 100 ms under rule qemu.
 *
 * Cost: some fifty plans.
 */
import { MigrationError } from "./fault.ts";
import type { Migration, MigrationOptions, MigrationPlan } from "./migration.ts";
import { downtimeOf, planMigration, preCopyOf } from "./plan.ts";
import { resolveMigration } from "./resolve.ts";

/** The answer to a reverse question, and the plan that it leads to. */
export interface SolvedMigration {
  readonly solved: "bandwidth" | "downtime";
  /** Absent: no bandwidth does, up to ten million times the one given. */
  readonly bandwidthBitsPerS?: number;
  /** Absent: no downtime limit does. */
  readonly downtimeLimitNs?: number;
  readonly plan?: MigrationPlan;
}

/**
 * Answers how much bandwidth pre-copy needs to converge with a downtime of at most the limit, or which downtime limit it
 * needs at the bandwidth given.
 *
 * Throws MigrationError for options that cannot be; a downtime limit is asked of rules qemu and remaining only.
 */
export function solveMigration(options: MigrationOptions, what: "bandwidth" | "downtime"): SolvedMigration {
  if (what === "downtime") {
    const migration = resolveMigration(options);
    if (migration.rule !== "qemu" && migration.rule !== "remaining") {
      const expected = "rule qemu or remaining, which have a downtime limit";
      throw new MigrationError([{ path: "solve", expected, got: migration.rule }]);
    }
    const limitS = leastDowntimeLimit(migration);
    if (limitS === undefined) return { solved: what };
    // Rounded up, so that it suffices.
    const downtimeLimitNs = Math.ceil(limitS * 1e3) * 1e6;
    const { threshold: _, ...rest } = options;
    return {
      solved: what,
      downtimeLimitNs,
      plan: planMigration({ ...rest, downtimeLimit: downtimeLimitNs }),
    };
  }
  const first = resolveMigration({ ...options, bandwidth: options.bandwidth ?? 1e9 });
  const at = (bits: number): Migration => resolveMigration(atBandwidth(options, bits));
  const suffices = (bits: number): boolean => {
    const migration = at(bits);
    const done = preCopyOf(migration);
    return done.converged && downtimeOf(migration, done) <= first.downtimeLimitS * (1 + 1e-9);
  };
  const bits = least(first.bytesPerS * 8, suffices);
  if (bits === undefined) return { solved: what };
  // Rounded up, so far as that still suffices: windows of 100 ms make it not quite monotone.
  const rounded = [1e5, 1e3, 1].map((grain) => Math.ceil(bits / grain) * grain);
  const bandwidthBitsPerS = rounded.find(suffices) ?? bits;
  return { solved: what, bandwidthBitsPerS, plan: planMigration(atBandwidth(options, bandwidthBitsPerS)) };
}

/** The same options at another rate limit: the bandwidth, and the highest rate of rule clark. */
export function atBandwidth(options: MigrationOptions, bits: number): MigrationOptions {
  const { rateMin, rateMax: _, ...rest } = options;
  if (options.rule !== "clark") return { ...options, bandwidth: bits };
  const lowest = resolveMigration({ ...options, bandwidth: bits }).rateMin * 8;
  return { ...rest, bandwidth: bits, rateMin: Math.min(lowest, bits), rateMax: bits };
}

const DOUBLINGS = 24;
const HALVINGS = 16;

/**
 * The least bandwidth at which pre-copy converges.
 *
 * @param downtimeS  largest downtime that counts, if any
 * @returns          bytes per second; undefined: not even with a million times as much
 */
export function leastBandwidth(migration: Migration, downtimeS = Infinity): number | undefined {
  const suffices = (bytesPerS: number): boolean => {
    const changed = withBandwidth(migration, bytesPerS);
    const done = preCopyOf(changed);
    return done.converged && downtimeOf(changed, done) <= downtimeS;
  };
  return least(migration.bytesPerS, suffices);
}

/**
 * The shortest downtime limit at which pre-copy converges; for rule qemu, and for remaining without a threshold.
 *
 * @returns  seconds; undefined: none does, or the rule has no such limit
 */
export function leastDowntimeLimit(migration: Migration): number | undefined {
  if (migration.rule !== "qemu" && migration.rule !== "remaining") return undefined;
  return least(0.001, (downtimeLimitS) => preCopyOf(withLimit(migration, downtimeLimitS)).converged);
}

/** The same migration over another link. */
export function withBandwidth(migration: Migration, bytesPerS: number): Migration {
  const isThresholdOfLimit = migration.thresholdBytes === migration.bytesPerS * migration.downtimeLimitS;
  return {
    ...migration,
    bytesPerS,
    linkBytesPerS: Math.max(migration.linkBytesPerS, bytesPerS),
    rateMin: Math.min(migration.rateMin, bytesPerS),
    rateMax: bytesPerS,
    thresholdBytes: isThresholdOfLimit ? bytesPerS * migration.downtimeLimitS : migration.thresholdBytes,
  };
}

function withLimit(migration: Migration, downtimeLimitS: number): Migration {
  return { ...migration, downtimeLimitS, thresholdBytes: migration.bytesPerS * downtimeLimitS };
}

/** The least value that suffices, looked for around `start`. */
function least(start: number, suffices: (value: number) => boolean): number | undefined {
  let high = start;
  for (let step = 0; !suffices(high); step += 1) {
    if (step === DOUBLINGS) return undefined;
    high *= 2;
  }
  let low = high;
  for (let step = 0; suffices(low); step += 1) {
    if (step === DOUBLINGS) return low;
    high = low;
    low /= 2;
  }
  for (let step = 0; step < HALVINGS; step += 1) {
    const middle = (low + high) / 2;
    if (suffices(middle)) high = middle;
    else low = middle;
  }
  return high;
}
