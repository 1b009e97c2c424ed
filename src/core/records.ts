/** Columns as one run of bytes each, also those that stand in records: what is hashed and saved. */
import type { Core } from "./boot.ts";
import { rowsOf } from "./boot.ts";
import { COLUMNS, type ColumnInfo, ELEMENT_BYTES } from "./layout.ts";

export interface ColumnRun {
  readonly info: ColumnInfo;
  readonly at: number;
  readonly bytes: number;
}

/** Where a column stands, and how many bytes its values are. */
export function runOf(core: Core, index: number): ColumnRun {
  const info = COLUMNS[index]!;
  const bytes = rowsOf(info, core.plan) * ELEMENT_BYTES[info.element];
  return { info, at: core.plan.bases[index]!, bytes };
}

/** Copies a column's values to where they stand side by side. */
export function readRun(core: Core, { info, at, bytes }: ColumnRun, to: Uint8Array): void {
  const memory = new Uint8Array(core.memory.buffer);
  if (info.record === undefined) {
    to.set(memory.subarray(at, at + bytes));
    return;
  }
  const width = ELEMENT_BYTES[info.element];
  for (let from = at, next = 0; next < bytes; from += info.record.step, next += width) {
    for (let byte = 0; byte < width; byte += 1) to[next + byte] = memory[from + byte]!;
  }
}

/** And back. */
export function writeRun(core: Core, { info, at, bytes }: ColumnRun, values: Uint8Array): void {
  const memory = new Uint8Array(core.memory.buffer);
  if (info.record === undefined) {
    memory.set(values, at);
    return;
  }
  const width = ELEMENT_BYTES[info.element];
  for (let to = at, next = 0; next < bytes; to += info.record.step, next += width) {
    for (let byte = 0; byte < width; byte += 1) memory[to + byte] = values[next + byte]!;
  }
}
