/**
 * Downtime against service: the same migration at several rate limits.
 *
 * A higher limit makes the migration and its downtime shorter, and takes more from the guest while it lasts.
 *
 * Cost: a plan a step.
 */
import { MigrationError } from "./fault.ts";
import type { MigrationOptions } from "./migration.ts";
import { planMigration } from "./plan.ts";
import { resolveMigration } from "./resolve.ts";
import { atBandwidth } from "./solve.ts";

/** Pre-copy at one rate limit. */
export interface SweepStep {
  readonly bandwidthBitsPerS: number;
  readonly converged: boolean;
  readonly totalNs: number;
  readonly downtimeNs: number;
  readonly bytesSent: number;
  readonly throughputLossPpm: number;
  /** Work lost, as time of the undisturbed guest. */
  readonly lostNs: number;
}

const STEPS = 8;

/**
 * Plans pre-copy at several rate limits.
 *
 * Throws MigrationError for options that cannot be.
 *
 * @param bandwidthsBitsPerS  absent: eight, from an eighth of the bandwidth to all of it
 */
export function sweepMigration(
  options: MigrationOptions,
  bandwidthsBitsPerS?: readonly number[],
): SweepStep[] {
  const most = resolveMigration(options).linkBytesPerS * 8;
  const steps = bandwidthsBitsPerS ?? Array.from({ length: STEPS }, (_, step) => (most * (step + 1)) / STEPS);
  const wrong = steps.find((bits) => !(bits > 0 && bits < Infinity));
  if (steps.length === 0 || wrong !== undefined) {
    throw new MigrationError([
      { path: "sweep", expected: "bandwidths above 0", got: String(wrong ?? "none") },
    ]);
  }
  // The link stays what it is: the limit moves below it, and the guest's own traffic gets the rest.
  const link = Math.max(most, ...steps);
  return steps.map((bits) => {
    const plan = planMigration({ ...atBandwidth(options, bits), link, mode: "pre-copy" }).modes[0]!;
    const { converged, totalNs, downtimeNs, bytesSent, guest } = plan;
    return {
      bandwidthBitsPerS: bits,
      converged,
      totalNs,
      downtimeNs,
      bytesSent,
      throughputLossPpm: guest.throughputLossPpm,
      lostNs: Math.round((totalNs / 1e6) * guest.throughputLossPpm),
    };
  });
}
