/**
 * A column of small integers that stands in a record: its rows are further apart than they are wide, so no typed array
 * can show it alone.
 */
export class FieldView implements Iterable<number> {
  readonly length: number;
  readonly #values: Uint8Array | Uint32Array;
  readonly #step: number;

  /** @param step  elements from one row to the next */
  constructor(values: Uint8Array | Uint32Array, rows: number, step: number) {
    this.#values = values;
    this.#step = step;
    this.length = rows;
  }

  get(row: number): number {
    return this.#values[row * this.#step]!;
  }

  /** @param value  an integer that fits the element */
  set(row: number, value: number): void {
    this.#values[row * this.#step] = value;
  }

  /** Every row from `from` up to, and without, `to`. */
  fill(value: number, from = 0, to = this.length): void {
    for (let row = from; row < to; row += 1) this.set(row, value);
  }

  *keys(): Generator<number> {
    for (let row = 0; row < this.length; row += 1) yield row;
  }

  *entries(): Generator<[row: number, value: number]> {
    for (let row = 0; row < this.length; row += 1) yield [row, this.get(row)];
  }

  *[Symbol.iterator](): Generator<number> {
    for (let row = 0; row < this.length; row += 1) yield this.get(row);
  }
}
