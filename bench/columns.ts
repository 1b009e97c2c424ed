/** Columns of a world in benches: where they stand, what they hold, and how a native control is told. */
import type { Core } from "../src/core/boot.ts";
import { rowsOf } from "../src/core/boot.ts";
import { COLUMNS, COLUMNS_AT, ELEMENT_BYTES } from "../src/core/layout.ts";

function indexOf(name: string): number {
  const index = COLUMNS.findIndex((column) => column.name === name);
  if (index < 0) throw new Error(`bench: no column ${name}`);
  return index;
}

/** Address of a column's first row. */
export function baseOf(core: Core, name: string): number {
  return core.plan.bases[indexOf(name)]!;
}

/** One digest over all rows of columns; uses the first words of the scratch. */
export function digestColumns(core: Core, names: readonly string[]): string {
  const out = baseOf(core, "scratchWord");
  const result = new BigUint64Array(core.memory.buffer, out, 1);
  result[0] = 0n;
  for (const name of names) {
    const info = COLUMNS[indexOf(name)]!;
    core.wasm.hashRange(baseOf(core, name), rowsOf(info, core.plan) * ELEMENT_BYTES[info.element], out);
  }
  return result[0].toString(16).padStart(16, "0");
}

/**
 * Writes a table for a native control into the scratch: addresses of columns, then numbers.
 *
 * @returns its address
 */
export function writeTable(core: Core, names: readonly string[], numbers: readonly number[]): number {
  const at = baseOf(core, "scratchWord");
  const table = new Uint32Array(core.memory.buffer, at);
  table.set([...names.map((name) => baseOf(core, name)), ...numbers]);
  return at;
}

export interface Restorer {
  /** Milliseconds, without those spent in `restore`. */
  readonly now: () => number;
  /** Back to how the world was when this was made. */
  readonly restore: () => void;
}

/** Keeps a copy of a world's columns, for kernels that change their input. */
export function restorer(core: Core, clock: () => number = () => performance.now()): Restorer {
  const bytes = new Uint8Array(core.memory.buffer);
  const saved = bytes.slice(COLUMNS_AT);
  let restoring = 0;
  return {
    now: () => clock() - restoring,
    restore() {
      const from = clock();
      bytes.set(saved, COLUMNS_AT);
      restoring += clock() - from;
    },
  };
}
