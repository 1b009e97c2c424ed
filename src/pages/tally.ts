/**
 * How often each content occurs: the core's table, moved into a larger memory whenever it is three quarters full.
 *
 *   memory = [ 64 KiB of the core | control | hashes | marks | table of 16-byte slots … ]
 *
 * Cost: 16 bytes a slot, so 21 to 43 bytes a distinct content; a move holds the old table beside the new one.
 */
import type { CoreExports } from "../core/exports.ts";
import { type CoreSource, instantiateCore, kernelMemory, loadCore } from "../core/module.ts";

const WASM_PAGE_BYTES = 65_536;
const CONTROL_AT = WASM_PAGE_BYTES;
const STAGE_AT = CONTROL_AT + 4096;
const STAGE_BYTES = WASM_PAGE_BYTES;
const MARKS_AT = STAGE_AT + STAGE_BYTES;
const TABLE_AT = CONTROL_AT + 2 * WASM_PAGE_BYTES;
const SLOT_BYTES = 16;
/** Hashes taken in one call of the core. */
const STAGE_HASHES = STAGE_BYTES / 8;
/** All that one Wasm memory holds. */
const SLOTS_MAX = Math.floor((65_535 * WASM_PAGE_BYTES - TABLE_AT) / SLOT_BYTES);
const SLOTS_MIN = 1 << 15;
/** Contents that the largest table takes: beyond, probes become long. */
export const CONTENTS_MAX = Math.floor(SLOTS_MAX * 0.9);

/** More distinct pages than one table, or this machine, holds. */
export class TallyFullError extends Error {
  override readonly name = "TallyFullError";
  readonly code = "BALLAST_E_TALLY_FULL";

  constructor(fault: string) {
    super(`${fault} (give fewer images at a time)`);
  }
}

/** Counts so far. */
export interface Counts {
  readonly zeros: number;
  /** Nonzero contents, a content counted once per file it occurs in. */
  readonly distinctInFiles: number;
  /** Nonzero contents. */
  readonly distinct: number;
  /** Of them, those with two copies or more. */
  readonly shared: number;
  /** Of one nonzero content. */
  readonly copiesMax: number;
}

/** Counts hashes file by file; a hash stands for its content. */
export class Tally {
  readonly #module: WebAssembly.Module;
  readonly #contentsMax: number;
  #memory: WebAssembly.Memory;
  #core: CoreExports;
  #slots: number;

  private constructor(module: WebAssembly.Module, slots: number, contentsMax: number) {
    this.#module = module;
    this.#contentsMax = contentsMax;
    this.#slots = slots;
    this.#memory = memoryFor(slots);
    this.#core = instantiateCore(module, this.#memory);
  }

  /**
   * @param zeroHash   pages with this hash, or with hash 0, are zero pages
   * @param limits     for tests: slots at first, contents taken
   */
  static async create(
    zeroHash: bigint,
    limits: { source?: CoreSource | undefined; slots?: number; contentsMax?: number } = {},
  ): Promise<Tally> {
    const module = await loadCore("plain", limits.source);
    const tally = new Tally(module, limits.slots ?? SLOTS_MIN, limits.contentsMax ?? CONTENTS_MAX);
    new BigUint64Array(tally.#memory.buffer, CONTROL_AT, 1)[0] = zeroHash;
    return tally;
  }

  /**
   * Counts one copy for each hash.
   *
   * @param file  a number for the file they are of, u32; files are counted one after the other
   */
  add(hashes: BigUint64Array, file: number): void {
    for (let first = 0; first < hashes.length; first += STAGE_HASHES) {
      const part = hashes.subarray(first, first + STAGE_HASHES);
      this.#stage(part);
      this.#core.tally_add(STAGE_AT, part.length, file, TABLE_AT, this.#slots, CONTROL_AT);
    }
  }

  /**
   * Counts as `add` does, and tells which pages bring a content for the first time.
   *
   * @param marks  a byte a hash is written: 0 a zero page, or known to its file; 1 new to its file; 3 new to all files
   */
  addMarked(hashes: BigUint64Array, file: number, marks: Uint8Array): void {
    for (let first = 0; first < hashes.length; first += STAGE_HASHES) {
      const part = hashes.subarray(first, first + STAGE_HASHES);
      this.#stage(part);
      this.#core.tally_addMarked(STAGE_AT, part.length, file, TABLE_AT, this.#slots, CONTROL_AT, MARKS_AT);
      marks.set(new Uint8Array(this.#memory.buffer, MARKS_AT, part.length), first);
    }
  }

  #stage(part: BigUint64Array): void {
    this.#makeRoom(part.length);
    new BigUint64Array(this.#memory.buffer, STAGE_AT, part.length).set(part);
  }

  get counts(): Counts {
    const words = new BigUint64Array(this.#memory.buffer, CONTROL_AT, 6);
    const [, zeros, distinctInFiles, distinct, shared, copiesMax] = Array.from(words, Number) as number[];
    return {
      zeros: zeros!,
      distinctInFiles: distinctInFiles!,
      distinct: distinct!,
      shared: shared!,
      copiesMax: copiesMax!,
    };
  }

  /** So that `more` new contents leave the table at most three quarters full. */
  #makeRoom(more: number): void {
    const contents = this.counts.distinct + more;
    if (contents <= this.#slots * 0.75) return;
    if (this.#slots < SLOTS_MAX) this.#moveTo(Math.min(SLOTS_MAX, this.#slots * 2));
    // Only what was counted is certain: the hashes to come may all be known already.
    if (contents - more > this.#contentsMax) {
      const gibibytes = Math.floor((this.#contentsMax * 4096) / 2 ** 30);
      const expected = `expected at most ${this.#contentsMax} distinct pages (${gibibytes} GiB of them)`;
      throw new TallyFullError(`${expected}, got more`);
    }
    if (contents > this.#slots * 0.75 && this.#slots < SLOTS_MAX) this.#makeRoom(more);
  }

  #moveTo(slots: number): void {
    const memory = memoryFor(slots);
    const core = instantiateCore(this.#module, memory);
    const from = new Uint8Array(this.#memory.buffer);
    const into = new Uint8Array(memory.buffer);
    into.set(from.subarray(CONTROL_AT, STAGE_AT), CONTROL_AT);
    const end = TABLE_AT + this.#slots * SLOT_BYTES;
    for (let at = TABLE_AT; at < end; at += STAGE_BYTES) {
      const part = from.subarray(at, Math.min(end, at + STAGE_BYTES));
      into.set(part, STAGE_AT);
      core.tally_move(STAGE_AT, part.length / SLOT_BYTES, TABLE_AT, slots);
    }
    this.#memory = memory;
    this.#core = core;
    this.#slots = slots;
  }
}

function memoryFor(slots: number): WebAssembly.Memory {
  const bytes = TABLE_AT + slots * SLOT_BYTES;
  try {
    return kernelMemory(bytes);
  } catch {
    throw new TallyFullError(
      `expected ${Math.round(bytes / 2 ** 20)} MiB for the table of contents, got no memory`,
    );
  }
}
