// Goal: the table holds its entries in ascending order, and its bytes depend on which they are, not on how they came.
// Method: entries that want one slot by hand, then random inserts and removals against a sorted array.

import fc from "fast-check";
import { expect, test } from "vitest";
import { type Build, coreOf } from "../support/world.ts";

const SHARED = 0x8000_0000n;
const hint = (tag: number, row: number): bigint => (BigInt(tag) << 32n) | BigInt(row + 1);
const signed = (entry: bigint): bigint => BigInt.asIntN(64, entry);

function tableOf(build: Build = "debug") {
  // 512 frames: 683 + 64 home slots and 1024 spare ones.
  const { wasm, columns } = coreOf({ vms: [{ pages: 512 }] }, build);
  const { words } = columns.slotEntry;
  return {
    wasm,
    columns,
    words,
    insert: (entry: bigint) => wasm.sharingTable_insert(signed(entry)),
    remove: (entry: bigint) => wasm.sharingTable_remove(signed(entry)),
    seek: (entry: bigint) => wasm.sharingTable_seek(signed(entry)) >>> 0,
    entries: () =>
      Array.from({ length: words.length / 2 }, (_, slot) => columns.slotEntry.big(slot)).filter(
        (e) => e !== 0n,
      ),
  };
}

test("equal tags: hints before shared frames, lower rows first, side by side from the home slot on", () => {
  const table = tableOf();
  const shared = hint(0x8000_0000, 1) | SHARED;
  for (const entry of [shared, hint(0x8000_0000, 9), hint(0x8000_0000, 4)]) table.insert(entry);
  // The home of tag 2^31 is half of 747.
  const at = Array.from({ length: 3 }, (_, slot) => table.columns.slotEntry.big(373 + slot));
  expect(at).toEqual([hint(0x8000_0000, 4), hint(0x8000_0000, 9), shared]);
  expect(table.columns.worldTableEntries[0]).toBe(3);
  expect(table.seek(hint(0x8000_0000, 4))).toBe(373);
  expect(table.seek(hint(0x8000_0000, 5))).toBe(374);
  expect(table.seek(hint(0x8000_0000, 10))).toBe(375);
});

test("a removal moves back what was displaced, and leaves at home what was not", () => {
  const table = tableOf();
  const [a, b] = [hint(0, 1), hint(0, 2)];
  // 2^32 / 747 = 5,749,621.8: the first tags whose homes are slots 1 and 2.
  const [one, two] = [hint(5_749_622, 1), hint(2 * 5_749_622, 1)];
  for (const entry of [one, a, two, b]) table.insert(entry);
  const slots = (): bigint[] => Array.from({ length: 5 }, (_, slot) => table.columns.slotEntry.big(slot));
  expect(slots()).toEqual([a, b, one, two, 0n]);
  table.remove(a);
  expect(slots()).toEqual([b, one, two, 0n, 0n]);
  table.remove(b);
  expect(slots()).toEqual([0n, one, two, 0n, 0n]);
});

test("tags at the very end overflow into the spare slots, without wrap-around", () => {
  const table = tableOf();
  for (let row = 0; row < 300; row += 1) table.insert(hint(0xffff_ffff, row));
  expect(table.columns.slotEntry.big(746)).toBe(hint(0xffff_ffff, 0));
  expect(table.columns.slotEntry.big(746 + 299)).toBe(hint(0xffff_ffff, 299));
  expect(table.columns.slotEntry.big(0)).toBe(0n);
});

const tag = fc.oneof(
  fc.nat({ max: 3 }),
  fc.constant(0xffff_ffff),
  fc.integer({ min: 2 ** 31, max: 2 ** 31 + 60_000_000 }),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
);
const entry = fc
  .record({ tag, row: fc.nat({ max: 40 }), isShared: fc.boolean() })
  .map(({ tag: high, row, isShared }) => hint(high, row) | (isShared ? SHARED : 0n));

test("property: sorted, found, and the same bytes for the same entries", () => {
  const sets = fc.uniqueArray(entry, { maxLength: 300, size: "max" });
  fc.assert(
    fc.property(sets, fc.nat(), (entries, turn) => {
      const keep = entries.filter((_, index) => (index * 7 + turn) % 3 > 0);
      const removed = entries.filter((one) => !keep.includes(one));
      const table = tableOf();
      for (const one of entries) table.insert(one);
      for (const one of removed) table.remove(one);
      const sorted = [...keep].sort((a, b) => (a < b ? -1 : 1));
      expect(table.entries()).toEqual(sorted);
      expect(table.columns.worldTableEntries[0]).toBe(keep.length);
      for (const one of keep) expect(table.columns.slotEntry.big(table.seek(one))).toBe(one);
      for (const one of removed) expect(table.columns.slotEntry.big(table.seek(one))).not.toBe(one);
      const other = tableOf();
      for (const one of sorted.reverse()) other.insert(one);
      expect(other.words).toEqual(table.words);
    }),
    { seed: 43, numRuns: 120 },
  );
});

test("rejects: an entry twice, and taking one out that is not there, in the release build", () => {
  const table = tableOf("release");
  table.insert(hint(5, 5));
  expect(() => table.insert(hint(5, 5))).toThrow(/assembly\/memory\/sharing-table\.ts:\d+/);
  expect(() => table.remove(hint(5, 6))).toThrow(/assembly\/memory\/sharing-table\.ts:\d+/);
});
