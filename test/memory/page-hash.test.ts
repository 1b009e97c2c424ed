// Goal: the core's hashes are the published ones, bit for bit.
// Method: published vectors and vectors made with libxxhash 0.8.1 on xxHash's own sanity bytes; then, on any bytes, the
// naive twin and the xxhash-wasm package.
import fc from "fast-check";
import { expect, test } from "vitest";
import xxhash from "xxhash-wasm";
import { xxh3Model, xxh64Model } from "../model/memory/page-hash.ts";
import { ARENA, PAGE, rawCore, sanityBytes } from "../support/raw-core.ts";

const PAGES = 4;
const IN = ARENA;
const OUT = IN + PAGES * PAGE;
const ROWS = OUT + 64;
const { wasm, memory, bytes } = rawCore(PAGES * PAGE + 4096);
const results = new BigUint64Array(memory.buffer, OUT, 8);
const rows = new Uint32Array(memory.buffer, ROWS, 8);

function hashed(content: Uint8Array): bigint {
  bytes.set(content, IN);
  wasm.pageHash_hashRun(IN, 1, OUT);
  return results[0]!;
}

function xxh64(content: Uint8Array, seed: bigint): bigint {
  bytes.set(content, IN);
  return BigInt.asUintN(64, wasm.pageHash_xxh64(IN, content.length, seed));
}

test("XXH3-64 of pages of the sanity bytes, as libxxhash 0.8.1 hashes them", () => {
  bytes.set(sanityBytes(3 * PAGE), IN);
  wasm.pageHash_hashRun(IN, 3, OUT);
  expect([...results.subarray(0, 3)]).toEqual([
    0xe91206429d1f48f9n,
    0xa465f1771325384an,
    0xb3c1cd94ad35a9e9n,
  ]);
});

test("XXH3-64 of a page of zeroes, of ones, of a counter", () => {
  expect(hashed(new Uint8Array(PAGE))).toBe(0x93d76fe148c689ban);
  expect(hashed(new Uint8Array(PAGE).fill(0xff))).toBe(0x074cfac273851dd6n);
  expect(hashed(Uint8Array.from({ length: PAGE }, (_, i) => i))).toBe(0xeb4b7c3707879151n);
});

test("the twin gives the published XXH3-64 of 2048 sanity bytes, so it may judge the core", () => {
  expect(xxh3Model(sanityBytes(2048))).toBe(0xdd59e2c3a5f038e0n);
});

test.each([
  [0, 0xef46db3751d8e999n, 0xac75fda2929b17efn],
  [1, 0xe934a84adb052768n, 0x5014607643a9b4c3n],
  [4, 0x9136a0dca57457een, 0xcaab286bd8e9fdb5n],
  [14, 0x8282dcc4994e35c8n, 0xc3bd6bf63deb6df0n],
  [222, 0xb641ae8cb691c174n, 0x20cb8ab7ae10c14an],
  [4096, 0xab77f4af85f4e70bn, 0xcb8b60cba513125dn],
])("XXH64 of %i sanity bytes, seeds 0 and 2654435761, as published", (length, plain, seeded) => {
  expect(xxh64(sanityBytes(length), 0n)).toBe(plain);
  expect(xxh64(sanityBytes(length), 2_654_435_761n)).toBe(seeded);
});

test("property: XXH3-64 of any page is the twin's", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: PAGE, maxLength: PAGE }), (page) => {
      expect(hashed(page)).toBe(xxh3Model(page));
    }),
  );
});

test("property: every single bit of a page counts", () => {
  const page = sanityBytes(PAGE);
  const before = hashed(page);
  fc.assert(
    fc.property(fc.nat(8 * PAGE - 1), (bit) => {
      const changed = page.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(hashed(changed)).toBe(xxh3Model(changed));
      expect(hashed(changed)).not.toBe(before);
    }),
  );
});

test("property: XXH64 of any bytes and seed is the twin's and xxhash-wasm's", async () => {
  const { h64Raw } = await xxhash();
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      (data, seed) => {
        const hash = xxh64(data, seed);
        expect(hash).toBe(xxh64Model(data, seed));
        expect(hash).toBe(h64Raw(data, seed));
      },
    ),
    { numRuns: 1000 },
  );
});

test("property: a batch is its pages one by one, by run and by rows, at any alignment", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 3 * PAGE, maxLength: 3 * PAGE }),
      fc.array(fc.nat(2), { maxLength: 8 }),
      fc.nat(63),
      (data, order, shift) => {
        bytes.set(data, IN + shift);
        const models = [0, 1, 2].map((page) => data.subarray(page * PAGE, (page + 1) * PAGE));
        wasm.pageHash_hashRun(IN + shift, 3, OUT);
        expect([...results.subarray(0, 3)]).toEqual(models.map((page) => xxh3Model(page)));
        wasm.pageHash_xxh64Run(IN + shift, 3, OUT);
        expect([...results.subarray(0, 3)]).toEqual(models.map((page) => xxh64Model(page)));
        rows.set(order);
        wasm.pageHash_hashRows(IN + shift, ROWS, order.length, OUT);
        expect([...results.subarray(0, order.length)]).toEqual(order.map((page) => xxh3Model(models[page]!)));
      },
    ),
    { numRuns: 20 },
  );
});

test("an empty run writes nothing", () => {
  results.fill(7n);
  wasm.pageHash_hashRun(IN, 0, OUT);
  wasm.pageHash_hashRows(IN, ROWS, 0, OUT);
  expect([...results]).toEqual(Array(8).fill(7n));
});

test("rejects: a run that leaves the memory, or results upon the pages, abort at the assert", () => {
  const end = memory.buffer.byteLength;
  expect(() => wasm.pageHash_hashRun(end - PAGE, 2, OUT)).toThrow(/page-hash\.ts:\d+/);
  expect(() => wasm.pageHash_hashRun(IN, 0xffff_ffff, OUT)).toThrow(/page-hash\.ts:\d+/);
  expect(() => wasm.pageHash_hashRun(IN, 1, end - 4)).toThrow(/page-hash\.ts:\d+/);
  expect(() => wasm.pageHash_hashRun(IN, 1, IN + 8)).toThrow(/page-hash\.ts:\d+/);
  expect(() => wasm.pageHash_xxh64Run(end, 1, OUT)).toThrow(/page-hash\.ts:\d+/);
  rows[0] = 0xffff_ffff;
  expect(() => wasm.pageHash_hashRows(IN, ROWS, 1, OUT)).toThrow(/page-hash\.ts:\d+/);
});
