/**
 * The reverse questions: how much bandwidth, or how long a downtime, a migration needs to converge.
 *
 * Doubles until it converges, then halves the interval 40 times; the answer is rounded up to what was tried. Convergence
 * is taken to be monotone in both, which it is but for windows of 100 ms under rule qemu.
 *
 * Cost: some fifty plans.
 */
import type { Migration } from "./migration.ts";
import { downtimeOf, preCopyOf } from "./plan.ts";

const DOUBLINGS = 24;
const HALVINGS = 40;

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

/** A bandwidth for reports: `612.5 Mbit/s`. */
export function formatBits(bits: number): string {
  const units = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"];
  let [value, unit] = [bits, 0];
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${Number(value.toFixed(value < 99.95 ? 1 : 0))} ${units[unit]}`;
}
