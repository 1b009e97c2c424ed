/**
 * A column of unsigned 64-bit integers, read as numbers. Counters and times stay below 2^53, where that is exact; ids
 * and hashes are read with `big`.
 */
export class U64View {
  readonly words: Uint32Array;
  readonly length: number;

  constructor(buffer: ArrayBufferLike, at: number, rows: number) {
    this.words = new Uint32Array(buffer as ArrayBuffer, at, 2 * rows);
    this.length = rows;
  }

  /** @returns the row's value, exact below 2^53 */
  get(row: number): number {
    return this.words[2 * row + 1]! * 2 ** 32 + this.words[2 * row]!;
  }

  /** @param value  an integer in [0, 2^53] */
  set(row: number, value: number): void {
    this.words[2 * row] = value % 2 ** 32;
    this.words[2 * row + 1] = Math.floor(value / 2 ** 32);
  }

  big(row: number): bigint {
    return (BigInt(this.words[2 * row + 1]!) << 32n) | BigInt(this.words[2 * row]!);
  }

  setBig(row: number, value: bigint): void {
    this.words[2 * row] = Number(value & 0xffff_ffffn);
    this.words[2 * row + 1] = Number(value >> 32n);
  }
}
