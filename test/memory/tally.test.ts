// Goal: the kernel counts copies by hash and file, and never runs past its table.
// Method: one example by hand; a table moved into another; then a table that is full. The property test against the
// twin, through growing tables, is in test/pages/share-pages.test.ts.
import { expect, test } from "vitest";
import { ARENA, rawCore } from "../support/raw-core.ts";

const SLOT_BYTES = 16;
const HASHES_AT = ARENA + 64;
const TABLE_AT = ARENA + 4096;

interface TallyExports {
  tally_add(hashes: number, count: number, file: number, table: number, slots: number, control: number): void;
  tally_addMarked(
    hashes: number,
    count: number,
    file: number,
    table: number,
    slots: number,
    control: number,
    marks: number,
  ): void;
  tally_move(from: number, count: number, table: number, slots: number): void;
}

function tallyOf(slots: number) {
  const core = rawCore(64 * 1024);
  const wasm = core.wasm as unknown as TallyExports;
  const control = new BigUint64Array(core.memory.buffer, ARENA, 6);
  control[0] = 77n; // the zero page's hash
  const add = (file: number, ...hashes: bigint[]) => {
    new BigUint64Array(core.memory.buffer, HASHES_AT, hashes.length).set(hashes);
    wasm.tally_add(HASHES_AT, hashes.length, file, TABLE_AT, slots, ARENA);
  };
  return { wasm, control, add, memory: core.memory };
}

test("two files: zeros under both names, contents once per file and once in all", () => {
  const { control, add } = tallyOf(16);
  add(0, 0n, 77n, 5n, 5n, 6n);
  add(1, 5n, 9n);
  const [, zeros, distinctInFiles, distinct, shared, copiesMax] = [...control].map(Number);
  expect({ zeros, distinctInFiles, distinct, shared, copiesMax }).toEqual({
    zeros: 2,
    distinctInFiles: 4, // 5 6 and 5 9
    distinct: 3, // 5 6 9
    shared: 1, // 5
    copiesMax: 3,
  });
});

test("marks: what a page brings for the first time, to its file and to all", () => {
  const { wasm, control, memory } = tallyOf(16);
  const marksOf = (file: number, ...hashes: bigint[]) => {
    new BigUint64Array(memory.buffer, HASHES_AT, hashes.length).set(hashes);
    const marks = new Uint8Array(memory.buffer, HASHES_AT + 8 * hashes.length, hashes.length + 1).fill(9);
    wasm.tally_addMarked(HASHES_AT, hashes.length, file, TABLE_AT, 16, ARENA, marks.byteOffset);
    return [...marks];
  };
  expect(marksOf(0, 0n, 77n, 5n, 5n, 6n)).toEqual([0, 0, 3, 0, 3, 9]);
  expect(marksOf(1, 5n, 9n, 5n, 77n)).toEqual([1, 3, 0, 0, 9]);
  expect([...control].map(Number).slice(1)).toEqual([3, 4, 3, 1, 4]);
});

test("moved into another table, copies and last files go with the contents", () => {
  const { wasm, control, add } = tallyOf(16);
  add(0, 5n, 5n, 6n);
  const other = TABLE_AT + 16 * SLOT_BYTES;
  wasm.tally_move(TABLE_AT, 16, other, 64);
  wasm.tally_add(HASHES_AT, 3, 0, other, 64, ARENA); // 5 5 6 once more, of the same file
  expect([...control].map(Number).slice(2)).toEqual([2, 2, 2, 4]);
});

test("rejects: a table without an empty slot ends in a trap, not in an endless search", () => {
  const { add } = tallyOf(4);
  add(0, 1n, 2n, 3n, 4n);
  expect(() => add(0, 5n)).toThrow(/unreachable/);
});
