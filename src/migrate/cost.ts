/**
 * What moving a VM costs, for those who ask of thousands: pre-copy of rule `remaining` over a linear dirty rate, as
 * `planMigration` answers it, in numbers only.
 *
 *   V₀ = M     T_i = V_i / b     V_{i+1} = min(W, r · T_i)     until V ≤ b · downtime limit, or it no longer shrinks
 *
 *   processor  max(0.3, 0.1 per Gbit/s) cores on each host while it lasts
 *
 * A guest that dirties as fast as is sent is stopped as soon as that shows: after the first round that leaves as much as
 * the round before. (`planMigration` waits for 16 such rounds.)
 *
 * Source: facts of Clark et al., NSDI 2005; VMotion's rule for processors as published for its fifth release.
 * Cost: O(rounds), no allocation but the answer.
 */

/** One VM's move, as numbers. Bytes, bytes per second, seconds. */
export interface MigrationQuestion {
  /** To be sent; above 0. */
  readonly memoryBytes: number;
  /** What the migration gets of the link; above 0. */
  readonly bytesPerS: number;
  /** Distinct memory written per second; nothing if absent. */
  readonly dirtyBytesPerS?: number;
  /** The most that is ever dirty; all memory if absent. */
  readonly workingSetBytes?: number;
  /** 0.3 s if absent. */
  readonly downtimeLimitS?: number;
  /** Registers and devices; nothing if absent. */
  readonly deviceBytes?: number;
  /** Round trip, and redirecting network and disks; none if absent. */
  readonly latencyS?: number;
  readonly switchoverS?: number;
  /** `pre-copy` if absent. */
  readonly mode?: "pre-copy" | "post-copy" | "stop-and-copy";
}

/** What it costs. */
export interface MigrationCost {
  readonly totalNs: number;
  readonly downtimeNs: number;
  readonly bytes: number;
  /** Part of the guest's work that is lost while the migration lasts, from 0 to 1. */
  readonly cpuLoss: number;
  /** Cores that the migration takes on each of the two hosts while it lasts. */
  readonly hostCores: number;
  readonly rounds: number;
  /** Whether what is left fits into the downtime limit. */
  readonly converged: boolean;
}

/** Many questions as columns of equal length, or one value for all. */
export interface MigrationColumns {
  readonly memoryBytes: Float64Array;
  readonly bytesPerS: Float64Array | number;
  readonly dirtyBytesPerS: Float64Array | number;
  readonly workingSetBytes: Float64Array | number;
  readonly downtimeLimitS?: number;
  /** Filled in; may be left out. */
  readonly totalNs?: Float64Array;
  readonly downtimeNs?: Float64Array;
  readonly bytes?: Float64Array;
  readonly cpuLoss?: Float64Array;
  /** 1 or 0. */
  readonly converged?: Uint8Array;
}

const PAGE = 4096;
const ROUNDS_MAX = 10_000;
/** Seconds a guest loses per page written for the first time after a look: write protection, as in `guest.ts`. */
const FAULT_S = 2e-6;

/** What the rounds of one pre-copy came to (`trackedS`: lost to finding dirty pages); one place for all calls, so that none allocates. */
const done = { seconds: 0, bytes: 0, left: 0, trackedS: 0, rounds: 0, converged: false };

function runRounds(memory: number, rate: number, dirty: number, hot: number, limit: number): void {
  let [left, seconds, bytes, trackedS, rounds] = [memory, 0, 0, 0, 0];
  let converged = false;
  while (rounds < ROUNDS_MAX) {
    const span = left / rate;
    const next = Math.min(hot, dirty * span);
    seconds += span;
    bytes += left;
    trackedS += Math.min(span, (next / PAGE) * FAULT_S);
    rounds += 1;
    converged = next <= limit;
    const isStuck = rounds > 1 && next >= left * (1 - 1e-9);
    left = next;
    if (converged || isStuck) break;
  }
  done.seconds = seconds;
  done.bytes = bytes;
  done.left = left;
  done.trackedS = trackedS;
  done.rounds = rounds;
  done.converged = converged;
}

function nothingSent(memory: number): void {
  done.seconds = 0;
  done.bytes = 0;
  done.left = memory;
  done.trackedS = 0;
  done.rounds = 0;
  done.converged = true;
}

/** Cores that sending at this rate takes on each host. */
export function migrationCores(bytesPerS: number): number {
  return Math.max(0.3, (0.1 * bytesPerS * 8) / 1e9);
}

/**
 * The cost of one move.
 *
 * Throws RangeError for a memory or a rate that is not above 0.
 */
export function migrationCost(question: MigrationQuestion): MigrationCost {
  const { memoryBytes, bytesPerS, dirtyBytesPerS = 0, workingSetBytes = memoryBytes } = question;
  const { downtimeLimitS = 0.3, deviceBytes = 0, latencyS = 0, switchoverS = 0, mode } = question;
  if (!(memoryBytes > 0 && memoryBytes < Infinity)) {
    throw new RangeError(`memoryBytes: expected more than 0, got ${memoryBytes}`);
  }
  if (!(bytesPerS > 0 && bytesPerS < Infinity)) {
    throw new RangeError(`bytesPerS: expected more than 0, got ${bytesPerS}`);
  }
  if (!(dirtyBytesPerS >= 0 && workingSetBytes >= 0)) {
    throw new RangeError(`dirtyBytesPerS, workingSetBytes: expected 0 or more, got ${dirtyBytesPerS}`);
  }
  const isPostCopy = mode === "post-copy";
  if (isPostCopy || mode === "stop-and-copy") nothingSent(memoryBytes);
  else {
    runRounds(
      memoryBytes,
      bytesPerS,
      dirtyBytesPerS,
      Math.min(workingSetBytes, memoryBytes),
      bytesPerS * downtimeLimitS,
    );
  }
  const { seconds, bytes, left, trackedS, rounds, converged } = done;
  const stillS = (deviceBytes + (isPostCopy ? 0 : left)) / bytesPerS + latencyS + switchoverS;
  const totalS = latencyS + seconds + stillS + (isPostCopy ? left / bytesPerS : 0);
  const touched = Math.min(workingSetBytes, dirtyBytesPerS * totalS) / PAGE;
  const lostS = isPostCopy ? Math.min(touched * (latencyS + PAGE / bytesPerS), totalS - stillS) / 2 : 0;
  return {
    totalNs: Math.round(totalS * 1e9),
    downtimeNs: Math.round(stillS * 1e9),
    bytes: bytes + left + deviceBytes,
    cpuLoss: Math.min(1, (stillS + lostS + trackedS) / totalS),
    hostCores: migrationCores(bytesPerS),
    rounds,
    converged,
  };
}

const at = (column: Float64Array | number, row: number): number =>
  typeof column === "number" ? column : column[row]!;

/**
 * The costs of many moves by pre-copy, column by column: a few ten nanoseconds each.
 *
 * Throws RangeError for a row that cannot be.
 */
export function migrationCosts(columns: MigrationColumns): void {
  const { memoryBytes, downtimeLimitS = 0.3, totalNs, downtimeNs, bytes, cpuLoss, converged } = columns;
  for (let row = 0; row < memoryBytes.length; row += 1) {
    const memory = memoryBytes[row]!;
    const rate = at(columns.bytesPerS, row);
    const dirty = at(columns.dirtyBytesPerS, row);
    const hot = Math.min(memory, at(columns.workingSetBytes, row));
    if (!(memory > 0 && rate > 0 && dirty >= 0 && hot >= 0)) {
      throw new RangeError(`row ${row}: expected memory and a rate above 0`);
    }
    runRounds(memory, rate, dirty, hot, rate * downtimeLimitS);
    const stillS = done.left / rate;
    const totalS = done.seconds + stillS;
    if (totalNs !== undefined) totalNs[row] = Math.round(totalS * 1e9);
    if (downtimeNs !== undefined) downtimeNs[row] = Math.round(stillS * 1e9);
    if (bytes !== undefined) bytes[row] = done.bytes + done.left;
    if (cpuLoss !== undefined) {
      cpuLoss[row] = Math.min(1, (stillS + done.trackedS) / totalS);
    }
    if (converged !== undefined) converged[row] = done.converged ? 1 : 0;
  }
}
