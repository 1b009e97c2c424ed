/**
 * A column of unsigned 64-bit integers, read as numbers. Counters and times stay below 2^53, where that is exact; ids
 * and hashes are read with `big`.
 */
export class U64View {
  readonly words: Uint32Array;
  readonly length: number;
  readonly #step: number;

  /** @param bytes  from one row to the next: more than 8 in a record, and then `words` holds others' too */
  constructor(buffer: ArrayBufferLike, at: number, rows: number, bytes = 8) {
    this.#step = bytes / 4;
    this.words = new Uint32Array(buffer as ArrayBuffer, at, rows === 0 ? 0 : this.#step * (rows - 1) + 2);
    this.length = rows;
  }

  /** @returns the row's value, exact below 2^53 */
  get(row: number): number {
    return this.words[this.#step * row + 1]! * 2 ** 32 + this.words[this.#step * row]!;
  }

  /** @param value  an integer in [0, 2^53] */
  set(row: number, value: number): void {
    this.words[this.#step * row] = value % 2 ** 32;
    this.words[this.#step * row + 1] = Math.floor(value / 2 ** 32);
  }

  big(row: number): bigint {
    return (BigInt(this.words[this.#step * row + 1]!) << 32n) | BigInt(this.words[this.#step * row]!);
  }

  setBig(row: number, value: bigint): void {
    this.words[this.#step * row] = Number(value & 0xffff_ffffn);
    this.words[this.#step * row + 1] = Number(value >> 32n);
  }
}
