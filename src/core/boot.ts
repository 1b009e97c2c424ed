/**
 * Boots a core: lays the columns out in one memory, sized once, and attaches an instance to it.
 *
 *   0       1024        0x7000    0xc000    0x10000
 *   |  -    | constants | scratch | header  | columns, each at a multiple of 64 (real pages: of 4096) …
 *
 * Header: layout version, then rows per space, then base addresses; see `layout/emit.ts`.
 */
import type { CoreExports } from "./exports.ts";
import { FieldView } from "./field-view.ts";
import {
  BASES_AT,
  COLUMNS,
  COLUMNS_AT,
  COUNTS_AT,
  type ColumnInfo,
  type Columns,
  ELEMENT_BYTES,
  FIXED_BYTES,
  type GroupName,
  HEADER,
  LAYOUT_VERSION,
  SCRATCH,
  SPACES,
  type SpaceName,
} from "./layout.ts";
import { instantiateCore } from "./module.ts";
import { U64View } from "./u64-view.ts";

export type Rows = Readonly<Record<SpaceName, number>>;

export interface CorePlan {
  readonly rows: Rows;
  readonly groups: ReadonlySet<GroupName>;
  /** Address of each column, in the schema's order. */
  readonly bases: readonly number[];
  readonly bytes: number;
}

export interface Core {
  readonly wasm: CoreExports;
  readonly memory: WebAssembly.Memory;
  readonly columns: Columns;
  readonly plan: CorePlan;
}

const WASM_PAGE = 65_536;
/** One page less than 4 GiB: a full 4 GiB would make 32-bit sizes wrap to zero. */
export const CORE_BYTES_MAX = 65_535 * WASM_PAGE;

/** Rows of a column in a world: none where its group is not in use. */
export function rowsOf(column: ColumnInfo, plan: Pick<CorePlan, "rows" | "groups">): number {
  return column.group === undefined || plan.groups.has(column.group) ? plan.rows[column.space] : 0;
}

/** Decides where every column stands. Pure arithmetic: `bytes` may exceed what a memory can hold. */
export function planCore(rows: Rows, groups: ReadonlySet<GroupName>): CorePlan {
  let at = COLUMNS_AT + FIXED_BYTES;
  const records = new Map<SpaceName, number>();
  const bases = COLUMNS.map((column) => {
    const { space, record, fixed } = column;
    if (fixed !== undefined) return COLUMNS_AT + fixed;
    if (record !== undefined) {
      const base = records.get(space) ?? Math.ceil(at / 64) * 64;
      if (!records.has(space)) at = base + rowsOf(column, { rows, groups }) * record.step;
      records.set(space, base);
      return base + record.offset;
    }
    const bytes = rowsOf(column, { rows, groups }) * ELEMENT_BYTES[column.element];
    // Columns of a single row or few stand side by side: a line each would be what fills the nearest cache.
    const align = column.element === "page" ? 4096 : bytes < 64 ? 8 : 64;
    const base = Math.ceil(at / align) * align;
    at = base + bytes;
    return base;
  });
  return { rows, groups, bases, bytes: Math.ceil(at / WASM_PAGE) * WASM_PAGE };
}

/**
 * Makes a memory for the plan and boots an instance of the module in it.
 *
 * @param shared  true for the threads build
 * @throws RangeError if the plan exceeds CORE_BYTES_MAX or the machine's memory
 */
export function bootCore(module: WebAssembly.Module, plan: CorePlan, shared = false): Core {
  if (plan.bytes > CORE_BYTES_MAX) {
    throw new RangeError(`bootCore: expected at most ${CORE_BYTES_MAX} bytes, got ${plan.bytes}`);
  }
  const pages = plan.bytes / WASM_PAGE;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, ...(shared ? { shared } : {}) });
  // The instance takes its addresses from the header.
  writeHeader(memory, plan);
  const wasm = instantiateCore(module, memory);
  checkVersion(wasm);
  wasm.attach();
  return { wasm, memory, columns: viewColumns(memory, plan), plan };
}

function checkVersion(wasm: CoreExports): void {
  const found = wasm.layoutVersion() >>> 0;
  if (found !== LAYOUT_VERSION) {
    throw new Error(
      `ballast core: expected layout ${LAYOUT_VERSION}, got ${found}: a stale build; run npm run build`,
    );
  }
  if (wasm.heapBase() >>> 0 > SCRATCH) throw new Error("ballast core: constants reach into the scratch");
}

/** A space all of whose columns belong to groups that are not in use has no rows: the core must not touch it. */
function isInUse(space: SpaceName, plan: CorePlan): boolean {
  return COLUMNS.some((column) => column.space === space && rowsOf(column, plan) > 0);
}

function writeHeader(memory: WebAssembly.Memory, plan: CorePlan): void {
  const words = new Uint32Array(memory.buffer);
  words[HEADER / 4] = LAYOUT_VERSION;
  SPACES.forEach((space, index) => {
    words[COUNTS_AT / 4 + index] = isInUse(space, plan) ? plan.rows[space] : 0;
  });
  plan.bases.forEach((base, index) => {
    words[BASES_AT / 4 + index] = base;
  });
}

function viewColumns(memory: WebAssembly.Memory, plan: CorePlan): Columns {
  const entries = COLUMNS.map((column, index) => {
    const rows = rowsOf(column, plan);
    return [column.name, viewOf(column, memory.buffer as ArrayBuffer, plan.bases[index]!, rows)];
  });
  return Object.fromEntries(entries) as unknown as Columns;
}

/** A column of a record. */
function fieldOf(
  { element }: ColumnInfo,
  step: number,
  buffer: ArrayBuffer,
  at: number,
  rows: number,
): unknown {
  if (element === "u64") return new U64View(buffer, at, rows, step);
  const ofBytes = element === "u8";
  const width = ofBytes ? 1 : 4;
  const length = rows === 0 ? 0 : (step / width) * (rows - 1) + 1;
  const values = ofBytes ? new Uint8Array(buffer, at, length) : new Uint32Array(buffer, at, length);
  return new FieldView(values, rows, step / width);
}

function viewOf(column: ColumnInfo, buffer: ArrayBuffer, at: number, rows: number): unknown {
  if (column.record !== undefined) return fieldOf(column, column.record.step, buffer, at, rows);
  switch (column.element) {
    case "u8":
      return new Uint8Array(buffer, at, rows);
    case "u16":
      return new Uint16Array(buffer, at, rows);
    case "u32":
      return new Uint32Array(buffer, at, rows);
    case "i32":
      return new Int32Array(buffer, at, rows);
    case "f64":
      return new Float64Array(buffer, at, rows);
    case "u64":
      return new U64View(buffer, at, rows);
    case "page":
      return new Uint8Array(buffer, at, rows * ELEMENT_BYTES.page);
  }
}
