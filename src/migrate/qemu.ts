/**
 * Pre-copy as QEMU does it: rounds that end when the remainder looks small, not when it is empty.
 *
 *   every 100 ms    send bandwidth × 100 ms at once, then wait
 *                   remainder < bandwidth × downtime limit ?  look at the bitmap: remainder = waiting ∪ dirtied
 *                   still below ?  stop the guest, look again, send the rest without a cap
 *
 *   remainder  #########----####---###--##-#-  stop      (each rise: a look)
 *
 * What still waits at a look is not sent twice: a cyclic writer's arcs are kept, other patterns by their laws.
 *
 * Source: QEMU's migration.c and ram.c as the facts give them, and its behaviour in `../shared/oracles/migration`.
 * Cost: O(looks).
 */
import { pageBytes } from "../scenario/units.ts";
import type { WaitingSet } from "./dirtying.ts";
import type { Migration, MigrationRound } from "./migration.ts";
import { counted, gaveUp, PATIENCE, type PreCopy, stuck } from "./pre-copy.ts";
import { throttleOf } from "./throttle.ts";
import { firstPass, pageCost } from "./wire.ts";

const WINDOW_S = 0.1;

/** A stretch of sending between two looks. */
interface Stretch {
  readonly pages: number;
  readonly zeroPages: number;
  readonly bytes: number;
  readonly seconds: number;
}

/** Pages left of the first pass and not dirtied since, and pages dirtied. */
class Remainder {
  readonly waiting: WaitingSet;
  readonly #normalCost: number;
  readonly #againCost: number;
  readonly #zeroCost: number;
  cold: number;
  coldZeros: number;

  constructor(migration: Migration, phase: number, cold: number, coldZeros: number) {
    const { normal, again, zero } = pageCost(migration);
    this.waiting = migration.dirtying.waitingSet(phase);
    this.#normalCost = normal;
    this.#againCost = again;
    this.#zeroCost = zero;
    this.cold = cold;
    this.coldZeros = coldZeros;
  }

  get pages(): number {
    return this.cold + this.waiting.pages;
  }

  get #coldCost(): number {
    if (!(this.cold > 0)) return 0;
    return (this.coldZeros * this.#zeroCost + (this.cold - this.coldZeros) * this.#normalCost) / this.cold;
  }

  /** Bytes until only so many pages are left. */
  bytesDownTo(left: number): number {
    const count = Math.max(0, this.pages - left);
    const cold = Math.min(this.cold, count);
    return cold * this.#coldCost + (count - cold) * this.#againCost;
  }

  /** That part of the cold pages that are not zero was dirtied, and waits among the dirtied ones. */
  forget(part: number): void {
    this.cold -= (this.cold - this.coldZeros) * part;
  }

  /** Sends so many bytes: the cold pages first. */
  send(bytes: number): { pages: number; zeroPages: number } {
    const coldCost = this.#coldCost;
    const cold = coldCost > 0 ? Math.min(this.cold, bytes / coldCost) : this.cold;
    const zeroPages = this.cold > 0 ? (cold / this.cold) * this.coldZeros : 0;
    const hot = Math.min(this.waiting.pages, Math.max(0, bytes - cold * coldCost) / this.#againCost);
    this.cold -= cold;
    this.coldZeros -= zeroPages;
    this.waiting.take(hot);
    return { pages: cold + hot, zeroPages };
  }
}

/**
 * Runs pre-copy under rule qemu.
 *
 * A cyclic writer is tried at several phases of its round: what still waits at a look may be what it ran over last, or not.
 *
 * @returns  the upper median of the totals (rather too long than too short), and the bounds of all
 */
export function qemuRounds(migration: Migration, roundsMax = migration.roundsMax): PreCopy {
  if (!migration.dirtying.isRound) return qemuRoundsAt(migration, roundsMax, 0);
  const all: PreCopy[] = [];
  const { phases } = migration.effort;
  for (let phase = 0; phase < phases; phase += 1) {
    all.push(qemuRoundsAt(migration, roundsMax, phase / phases));
  }
  all.sort((a, b) => a.seconds - b.seconds);
  const bounds = { leastS: all[0]!.seconds, mostS: all[phases - 1]!.seconds };
  return { ...all[Math.floor(phases / 2)]!, bounds };
}

/** The same for one phase of the writer, a part of its round. */
export function qemuRoundsAt(migration: Migration, roundsMax: number, phase: number): PreCopy {
  const { bytesPerS, downtimeLimitS } = migration;
  const limitPages = (bytesPerS * downtimeLimitS) / pageBytes;
  const throttle = throttleOf(migration);
  const first = sendFirst(migration, limitPages);
  const remainder = new Remainder(migration, phase, first.cold, first.coldZeros);
  const rounds: MigrationRound[] = [];
  let stretch = first.stretch;
  let [guestS, seconds, zeroPages, least, worse] = [0, 0, 0, Infinity, 0];
  for (;;) {
    const { guestSpeed, ppm } = throttle;
    const before = remainder.waiting.pages;
    remainder.waiting.add(guestS, stretch.seconds * guestSpeed);
    const dirtied = remainder.waiting.pages - before;
    if (rounds.length === 0)
      remainder.forget(dirtied / Math.max(dirtied, migration.memoryPages - migration.zeroPages));
    zeroPages += stretch.zeroPages;
    guestS += stretch.seconds * guestSpeed;
    seconds += stretch.seconds;
    rounds.push(roundOf(stretch, dirtied, ppm));
    const left = remainder.pages;
    const ended = (verdict: { converged: boolean; reason: string }): PreCopy =>
      ending(migration, rounds, remainder, { seconds, guestS, zeroPages }, verdict);
    if (left < limitPages) {
      // The look that decides begins a round in which nothing is sent.
      rounds.push(roundOf({ pages: 0, zeroPages: 0, bytes: 0, seconds: 0 }, 0, throttle.ppm));
      return ended({ converged: true, reason: "the remainder can be sent within the downtime limit" });
    }
    const ppmBefore = throttle.ppm;
    throttle.look(stretch.seconds, dirtied, stretch.bytes);
    worse = left < least * (1 - 1e-6) || throttle.ppm > ppmBefore ? 0 : worse + 1;
    least = Math.min(least, left);
    if (rounds.length >= roundsMax) return ended(counted(roundsMax));
    if (seconds >= migration.giveUpS) return ended(gaveUp(migration.giveUpS));
    if (worse >= PATIENCE || rounds.length >= migration.effort.looks) return ended(stuck);
    stretch = sendOn(migration, remainder, limitPages);
  }
}

/** The first pass up to the window at whose end the remainder is below the limit. */
function sendFirst(
  migration: Migration,
  limitPages: number,
): { stretch: Stretch; cold: number; coldZeros: number } {
  const { memoryPages, zeroPages } = migration;
  const pass = firstPass(migration);
  const whole = pass.bytesUntil(memoryPages);
  const enough = pass.bytesUntil(Math.max(0, memoryPages - limitPages));
  const { bytes, seconds } = windows(migration.bytesPerS, enough, whole);
  const pages = bytes >= whole ? memoryPages : pass.pagesAfter(bytes);
  const zeros = pass.zerosUntil(pages);
  return {
    stretch: { pages, zeroPages: zeros, bytes, seconds },
    cold: memoryPages - pages,
    coldZeros: zeroPages - zeros,
  };
}

function sendOn({ bytesPerS }: Migration, remainder: Remainder, limitPages: number): Stretch {
  const whole = remainder.bytesDownTo(0);
  const { bytes, seconds } = windows(bytesPerS, remainder.bytesDownTo(limitPages), whole);
  return { ...remainder.send(bytes), bytes, seconds };
}

/** Whole windows until more than `enough` bytes are sent; less when there are no more. */
function windows(bytesPerS: number, enough: number, whole: number): { bytes: number; seconds: number } {
  const windowBytes = bytesPerS * WINDOW_S;
  const count = Math.floor(enough / windowBytes) + 1;
  if (count * windowBytes >= whole) return { bytes: whole, seconds: whole / bytesPerS };
  return { bytes: count * windowBytes, seconds: count * WINDOW_S };
}

function roundOf(
  { pages, bytes, seconds }: Stretch,
  dirtiedPages: number,
  throttlePpm: number,
): MigrationRound {
  return { pages, bytes, ns: seconds * 1e9, dirtiedPages, throttlePpm };
}

function ending(
  migration: Migration,
  rounds: readonly MigrationRound[],
  remainder: Remainder,
  { seconds, guestS, zeroPages }: { seconds: number; guestS: number; zeroPages: number },
  verdict: { converged: boolean; reason: string },
): PreCopy {
  const sent = rounds.reduce((sum, { pages }) => sum + pages, 0);
  return {
    rounds,
    seconds,
    bytes: rounds.reduce((sum, { bytes }) => sum + bytes, 0),
    normalPages: sent - zeroPages,
    zeroPages,
    leftPages: remainder.pages,
    leftZeroPages: remainder.coldZeros,
    leftBytes: remainder.bytesDownTo(0),
    lastBytesPerS: migration.linkBytesPerS,
    looks: rounds.length + 1,
    guestS,
    ...verdict,
  };
}
