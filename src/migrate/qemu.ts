/**
 * Pre-copy as QEMU does it: rounds that end when the remainder looks small, not when it is empty.
 *
 *   every 100 ms    remainder < bandwidth × downtime limit ?  look at the bitmap: remainder = waiting ∪ dirtied
 *                   still below ?  stop the guest, look again, send the rest without a cap
 *                   else send bandwidth × 100 ms as fast as the link takes it, then wait
 *                   nothing left before that is used up ?  look at once, and go on with what the window has left
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
/** A sender that waits for its next window is woken so much late, as measured; one that the link holds back never waits. */
const WAKE_S = 0.0008;

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

  constructor(migration: Migration, waiting: WaitingSet, cold: number, coldZeros: number) {
    const { normal, again, zero } = pageCost(migration);
    this.waiting = waiting;
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

/** Windows of 100 ms: how much may still be sent in this one, and what time it is. */
class Pace {
  readonly #windowBytes: number;
  readonly #linkBytesPerS: number;
  readonly #windowS: number;
  #window = 0;
  #used = 0;

  constructor({ bytesPerS, linkBytesPerS }: Migration) {
    this.#windowBytes = bytesPerS * WINDOW_S;
    this.#linkBytesPerS = linkBytesPerS;
    this.#windowS = linkBytesPerS > bytesPerS ? WINDOW_S + WAKE_S : WINDOW_S;
  }

  /** Seconds since the start. */
  get now(): number {
    return this.#window * this.#windowS + this.#used / this.#linkBytesPerS;
  }

  /**
   * Sends until QEMU looks at its bitmap: when a window begins with less than the limit left, or nothing is left at all.
   *
   * @param enough  bytes until the limit is reached
   * @param whole   bytes until nothing is left
   */
  send(enough: number, whole: number): { bytes: number; seconds: number } {
    const from = this.now;
    const here = this.#windowBytes - this.#used;
    const more = enough < here ? 0 : Math.floor((enough - here) / this.#windowBytes) + 1;
    let bytes = here + more * this.#windowBytes;
    if (bytes >= whole) {
      const windows = whole <= here ? 0 : Math.ceil((whole - here) / this.#windowBytes);
      this.#used = windows === 0 ? this.#used + whole : whole - here - (windows - 1) * this.#windowBytes;
      this.#window += windows;
      bytes = whole;
    } else {
      this.#window += more + 1;
      this.#used = 0;
    }
    return { bytes, seconds: this.now - from };
  }
}

/**
 * Runs pre-copy under rule qemu.
 *
 * A cyclic writer is tried at several phases of its round, walking up and down the memory: what still waits at a look may be
 * what it ran over last, or not.
 *
 * @returns  the upper median of the totals (rather too long than too short), and the bounds of all
 */
export function qemuRounds(migration: Migration, roundsMax = migration.roundsMax): PreCopy {
  if (!migration.dirtying.isRound) return qemuRoundsAt(migration, roundsMax, 0);
  const all: PreCopy[] = [];
  const { phases } = migration.effort;
  for (let phase = 0; phase < phases; phase += 1) {
    all.push(qemuRoundsAt(migration, roundsMax, phase / phases));
    all.push(qemuRoundsAt(migration, roundsMax, phase / phases, true));
  }
  all.sort((a, b) => a.seconds - b.seconds);
  const bounds = { leastS: all[0]!.seconds, mostS: all.at(-1)!.seconds };
  return { ...all[phases]!, bounds };
}

/**
 * The same for one phase of the writer, a part of its round.
 *
 * @param isDown  whether it walks against the order in which memory is sent
 */
export function qemuRoundsAt(
  migration: Migration,
  roundsMax: number,
  phase: number,
  isDown = false,
): PreCopy {
  const { bytesPerS, downtimeLimitS } = migration;
  const limitPages = (bytesPerS * downtimeLimitS) / pageBytes;
  const throttle = throttleOf(migration);
  const pace = new Pace(migration);
  const first = sendFirst(migration, pace, limitPages);
  const remainder = new Remainder(
    migration,
    migration.dirtying.waitingSet(phase, isDown),
    first.cold,
    first.coldZeros,
  );
  const rounds: MigrationRound[] = [];
  let stretch = first.stretch;
  let [guestS, seconds, zeroPages, least, worse] = [0, 0, 0, Infinity, 0];
  for (;;) {
    const { guestSpeed, ppm } = throttle;
    const before = remainder.waiting.pages;
    remainder.waiting.add(guestS, stretch.seconds * guestSpeed);
    const dirtied = remainder.waiting.pages - before;
    if (rounds.length === 0)
      remainder.forget(
        dirtied > 0 ? dirtied / Math.max(dirtied, migration.memoryPages - migration.zeroPages) : 0,
      );
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
    const sent = pace.send(remainder.bytesDownTo(limitPages), remainder.bytesDownTo(0));
    stretch = { ...remainder.send(sent.bytes), ...sent };
  }
}

/** The first pass up to the look that follows. */
function sendFirst(
  migration: Migration,
  pace: Pace,
  limitPages: number,
): { stretch: Stretch; cold: number; coldZeros: number } {
  const { memoryPages, zeroPages } = migration;
  const pass = firstPass(migration);
  const whole = pass.bytesUntil(memoryPages);
  const { bytes, seconds } = pace.send(pass.bytesUntil(Math.max(0, memoryPages - limitPages)), whole);
  const pages = bytes >= whole ? memoryPages : pass.pagesAfter(bytes);
  const zeros = pass.zerosUntil(pages);
  return {
    stretch: { pages, zeroPages: zeros, bytes, seconds: seconds + migration.swapWaitS },
    cold: memoryPages - pages,
    coldZeros: zeroPages - zeros,
  };
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
