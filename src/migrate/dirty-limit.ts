/**
 * Dirty limits: a vCPU that writes faster than its quota sleeps whenever its ring of dirty pages is full.
 *
 *   every 1 s    near enough (25 MB/s): nothing       far off (more than half): Δ = fill · p / (100 − p)
 *                else: Δ = ± fill / 10                sleep within [0, 99 · fill]
 *   p = 100 · |quota − current| / larger of them      fill = bytes of a ring / fastest rate
 *
 * A writer then runs fill / (fill + sleep) of the time; who does not write is not held back.
 *
 * Source: QEMU, softmmu/dirtylimit.c, as the facts give it. Cost: O(1) a second.
 */
import { pageBytes } from "../scenario/units.ts";
import type { Migration } from "./migration.ts";

const PERIOD_S = 1;
const TOLERANCE_MB = 25;
const LINEAR_PERCENT = 50;
const SLEEP_MAX_FILLS = 99;
const RING_PAGES = 4096;
const MB = 1 << 20;

/**
 * The sleep that follows from one look at a vCPU's rate.
 *
 * @param sleepUs      at each full ring so far
 * @param ringFullUs   time in which the ring fills at the fastest rate
 * @param currentMBps  what it writes now
 * @param quotaMBps    what it may
 */
export function nextSleepUs(
  sleepUs: number,
  ringFullUs: number,
  currentMBps: number,
  quotaMBps: number,
): number {
  const off = Math.abs(quotaMBps - currentMBps);
  if (off <= TOLERANCE_MB) return sleepUs;
  const percent = (off * 100) / Math.max(quotaMBps, currentMBps);
  const step = percent > LINEAR_PERCENT ? (ringFullUs * percent) / (100 - percent) : ringFullUs / 10;
  const next = sleepUs + (quotaMBps < currentMBps ? step : -step);
  return Math.min(SLEEP_MAX_FILLS * ringFullUs, Math.max(0, next));
}

/** The dirty limit of one migration; every vCPU writes its part. */
export class DirtyLimit {
  readonly #quotaMBps: number;
  readonly #freeMBps: number;
  readonly #ringFullUs: number;
  #sleepUs = 0;
  #periodS = 0;

  constructor({ dirtyLimit, dirtying, vcpus }: Pick<Migration, "dirtyLimit" | "dirtying" | "vcpus">) {
    this.#quotaMBps = (dirtyLimit / vcpus) * (pageBytes / MB);
    this.#freeMBps = (dirtying.distinct(0, 1) / vcpus) * (pageBytes / MB);
    this.#ringFullUs = this.#freeMBps > 0 ? (RING_PAGES * pageBytes * 1e6) / MB / this.#freeMBps : 0;
  }

  get guestSpeed(): number {
    return this.#sleepUs > 0 ? this.#ringFullUs / (this.#ringFullUs + this.#sleepUs) : 1;
  }

  get ppm(): number {
    return Math.round(1e6 * (1 - this.guestSpeed));
  }

  look(seconds: number): void {
    this.#periodS += seconds;
    for (; this.#periodS >= PERIOD_S; this.#periodS -= PERIOD_S) {
      const current = this.#freeMBps * this.guestSpeed;
      this.#sleepUs = nextSleepUs(this.#sleepUs, this.#ringFullUs, current, this.#quotaMBps);
    }
  }
}
