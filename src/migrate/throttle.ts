/**
 * Auto-converge: slow a guest down that dirties memory half as fast as it is sent.
 *
 *   at looks at least 1 s apart: dirtied bytes > 50 % of sent bytes, the second time  =>  0 → 20 → 30 → … → 90 → 99 %
 *
 * A guest throttled by p runs a part 1 − p of the time: its own time passes so much slower.
 *
 * Source: QEMU, migration/ram.c (`migration_trigger_throttle`) and its documented defaults. Cost: O(1) a look.
 */
import { pageBytes } from "../scenario/units.ts";
import { DirtyLimit } from "./dirty-limit.ts";
import type { Migration } from "./migration.ts";

const PERIOD_S = 1;
const TRIGGER = 0.5;
const INITIAL_PPM = 200_000;
const INCREMENT_PPM = 100_000;
const MAX_PPM = 990_000;

/** What slows a guest down. */
export interface Throttle {
  /** How much; parts per million of its time. */
  readonly ppm: number;
  /** Part of the time in which the guest runs. */
  readonly guestSpeed: number;
  /** What happened between two looks at the bitmap. */
  look(seconds: number, dirtiedPages: number, sentBytes: number): void;
}

/** The throttle that a migration has: a dirty limit, auto-converge, or none. */
export function throttleOf(migration: Migration): Throttle {
  if (migration.dirtyLimit < Infinity) return new DirtyLimit(migration);
  return new AutoConverge(migration.autoConverge);
}

class AutoConverge implements Throttle {
  readonly #enabled: boolean;
  #periodS = 0;
  #dirtiedBytes = 0;
  #sentBytes = 0;
  #highCount = 0;
  ppm = 0;

  constructor(enabled: boolean) {
    this.#enabled = enabled;
  }

  get guestSpeed(): number {
    return 1 - this.ppm / 1e6;
  }

  look(seconds: number, dirtiedPages: number, sentBytes: number): void {
    this.#periodS += seconds;
    this.#dirtiedBytes += dirtiedPages * pageBytes;
    this.#sentBytes += sentBytes;
    if (this.#periodS < PERIOD_S) return;
    if (this.#enabled && this.#dirtiedBytes > TRIGGER * this.#sentBytes) {
      this.#highCount += 1;
      if (this.#highCount >= 2) {
        this.#highCount = 0;
        this.ppm = this.ppm === 0 ? INITIAL_PPM : Math.min(MAX_PPM, this.ppm + INCREMENT_PPM);
      }
    }
    this.#periodS = 0;
    this.#dirtiedBytes = 0;
    this.#sentBytes = 0;
  }
}
