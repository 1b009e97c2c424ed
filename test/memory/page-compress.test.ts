// Goal: blocks are LZ4 blocks, those that liblz4 makes, of exactly the size that is told; nothing is written behind the
// bound; whatever a block holds, nothing but the page is written; modelled sizes follow the id and the cut points.
// Method: blocks and a digest made with liblz4 1.9.4; then, on any page and any block, the naive twins.
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compressModel, decompressModel, modelledSizeModel } from "../model/memory/page-compress.ts";
import { compressiblePages, PAGE_KINDS } from "../support/compressible.ts";
import { ARENA, PAGE, rawCore } from "../support/raw-core.ts";

const GUARD = 64;
const IN = ARENA;
const BLOCK = IN + 2 * PAGE;
const OUT = BLOCK + 3 * PAGE;
const SIZES = OUT + 3 * PAGE;
const { wasm, memory, bytes } = rawCore(8 * PAGE + 4096);
const END = memory.buffer.byteLength;

/** Bytes as text that `toBe` compares at once; `toEqual` takes milliseconds for a page. */
const text = (some: Uint8Array | undefined): string =>
  some === undefined ? "none" : Buffer.from(some.buffer, some.byteOffset, some.length).toString("latin1");
const untouched = (from: number, to: number): boolean =>
  text(bytes.subarray(from, to)) === "Z".repeat(to - from);

/** The block of a page, and that nothing behind `bound` was touched; undefined: it does not fit. */
function compressed(page: Uint8Array, bound = PAGE - 1, shift = 0): Uint8Array | undefined {
  bytes.set(page, IN + shift);
  bytes.fill(0x5a, BLOCK - GUARD, BLOCK + PAGE + GUARD);
  const size = wasm.pageCompress_compressPage(IN + shift, BLOCK, bound) >>> 0;
  expect(untouched(BLOCK - GUARD, BLOCK)).toBe(true);
  expect(untouched(BLOCK + bound, BLOCK + PAGE + GUARD)).toBe(true);
  expect(text(bytes.subarray(IN + shift, IN + shift + PAGE))).toBe(text(page));
  if (size === PAGE) return undefined;
  expect(size).toBeLessThanOrEqual(bound);
  return bytes.slice(BLOCK, BLOCK + size);
}

/** The page of a block, put where it ends at the end of the memory or not; undefined: refused. */
function decompressed(block: Uint8Array, at = BLOCK, out = OUT): Uint8Array | undefined {
  bytes.set(block, at);
  bytes.fill(0x5a, out - GUARD, Math.min(END, out + PAGE + GUARD));
  const whole = wasm.pageCompress_decompressPage(at, block.length, out);
  expect(untouched(out - GUARD, out)).toBe(true);
  expect(untouched(out + PAGE, Math.min(END, out + PAGE + GUARD))).toBe(true);
  expect(text(bytes.subarray(at, at + block.length))).toBe(text(block));
  return whole === 1 ? bytes.slice(out, out + PAGE) : undefined;
}

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));

/** Made with LZ4_compress_default of liblz4 1.9.4. */
const VECTORS: Readonly<Record<string, readonly [page: Uint8Array, block: Uint8Array]>> = {
  zeroes: [new Uint8Array(PAGE), hex("1f000100fffffffffffffffffffffffffffffff6500000000000")],
  "three bytes over and over": [
    PAGE_KINDS["period"]!(2),
    hex("3f0ffe300300fffffffffffffffffffffffffffffff450300ffe300f"),
  ],
};

describe("as liblz4 1.9.4", () => {
  test.each(Object.entries(VECTORS))("a page of %s", (_, [page, block]) => {
    expect(text(compressed(page))).toBe(text(block));
    expect(text(decompressed(block))).toBe(text(page));
    // So the twins may judge the core.
    expect(text(compressModel(page))).toBe(text(block));
    expect(text(decompressModel(block))).toBe(text(page));
  });

  test("2000 pages of ten kinds: a digest of all blocks, and of 4096 where there is none", () => {
    const hash = createHash("sha256");
    for (const page of compressiblePages(2000)) {
      const block = compressed(page);
      hash.update(String(block?.length ?? PAGE)).update(block ?? "");
    }
    expect(hash.digest("hex")).toBe("57e68a370398f8999cb2c49f03a0fc39a48dad196b974d3ee448dd35eabf21cb");
  });
});

/** Any page: bytes that hardly repeat, few letters, patches copied about, or one of the kinds. */
const anyPage: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ minLength: PAGE, maxLength: PAGE }),
  fc
    .array(fc.constantFrom(0, 0, 0, 1, 7), { minLength: PAGE, maxLength: PAGE })
    .map((a) => Uint8Array.from(a)),
  fc
    .array(fc.tuple(fc.nat(PAGE - 1), fc.nat(PAGE - 1), fc.integer({ min: 1, max: 600 }), fc.nat(255)), {
      maxLength: 60,
    })
    .map((patches) => {
      const page = new Uint8Array(PAGE);
      for (const [to, from, length, byte] of patches) {
        page.copyWithin(to, from, Math.min(PAGE, from + length));
        page[to] = byte;
      }
      return page;
    }),
  fc.tuple(fc.constantFrom(...Object.values(PAGE_KINDS)), fc.nat(5000)).map(([kind, row]) => kind(row)),
);

test("property: the block is the twin's, and both decoders make the page of it", () => {
  fc.assert(
    fc.property(anyPage, fc.nat(63), (page, shift) => {
      const model = compressModel(page);
      const block = compressed(page, PAGE - 1, shift);
      expect(text(block)).toBe(text(model.length < PAGE ? model : undefined));
      expect(text(decompressModel(model))).toBe(text(page));
      expect(text(decompressed(model))).toBe(text(page));
    }),
    { numRuns: 400 },
  );
});

test("property: a bound that is the block's size is enough, one less is not, and nothing behind it changes", () => {
  fc.assert(
    fc.property(anyPage, fc.nat(PAGE - 1), (page, any) => {
      const block = compressModel(page);
      if (block.length < PAGE) {
        expect(text(compressed(page, block.length))).toBe(text(block));
        expect(compressed(page, block.length - 1)).toBeUndefined();
      }
      expect(text(compressed(page, any))).toBe(text(block.length <= any ? block : undefined));
    }),
    { numRuns: 200 },
  );
});

test("property: what was compressed before does not matter", () => {
  fc.assert(
    fc.property(anyPage, anyPage, (before, page) => {
      const first = compressed(page);
      compressed(before);
      expect(text(compressed(page))).toBe(text(first));
    }),
    { numRuns: 50 },
  );
});

test("property: any bytes as a block: the twin's page, or refused; nothing but the page is written", () => {
  const noise = fc.uint8Array({ maxLength: 400 });
  const sequences = fc
    .array(fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: 20 }), fc.nat(40), fc.constantFrom(0, 14, 255)))
    .map((rows) =>
      Uint8Array.from(rows.flatMap(([token, some, offset, last]) => [token, ...some, offset, 0, last])),
    );
  fc.assert(
    fc.property(fc.oneof(noise, sequences), (block) => {
      expect(text(decompressed(block))).toBe(text(decompressModel(block)));
    }),
    { numRuns: 1000 },
  );
});

test("property: a block with a changed byte, or cut off, or with more behind it: as the twin has it", () => {
  fc.assert(
    fc.property(anyPage, fc.nat(), fc.nat(255), fc.nat(), (page, place, byte, end) => {
      const block = compressModel(page);
      const changed = block.slice();
      changed[place % block.length] = byte;
      const cut = block.subarray(0, end % block.length);
      const longer = Uint8Array.from([...block, byte]);
      for (const faulty of [changed, cut, longer]) {
        expect(text(decompressed(faulty))).toBe(text(decompressModel(faulty)));
      }
      expect(decompressed(cut)).toBeUndefined();
    }),
    { numRuns: 300 },
  );
});

test("property: block and page may end where the memory does", () => {
  fc.assert(
    fc.property(anyPage, (page) => {
      const block = compressModel(page);
      expect(text(decompressed(block, END - block.length))).toBe(text(page));
      expect(text(decompressed(block, BLOCK, END - PAGE))).toBe(text(page));
      bytes.set(page, END - PAGE);
      const size = wasm.pageCompress_compressPage(END - PAGE, BLOCK, PAGE - 1) >>> 0;
      expect(size).toBe(Math.min(PAGE, block.length));
    }),
    { numRuns: 100 },
  );
});

test("a run gives the sizes of its pages", () => {
  const pages = compressiblePages(30);
  const sizes = new Uint32Array(memory.buffer, SIZES, 2);
  for (const bound of [PAGE - 1, PAGE / 2]) {
    for (let row = 0; row < 30; row += 2) {
      bytes.set(pages[row]!, IN);
      bytes.set(pages[row + 1]!, IN + PAGE);
      wasm.pageCompress_sizeRun(IN, 2, bound, SIZES);
      const expected = [0, 1].map((i) => compressModel(pages[row + i]!).length);
      expect([...sizes]).toEqual(expected.map((size) => (size <= bound ? size : PAGE)));
    }
  }
});

test("rejects: pages, blocks and sizes that leave the memory or lie upon each other, and a bound of a page", () => {
  const fault = /page-compress\.ts:\d+/;
  expect(() => wasm.pageCompress_compressPage(END - PAGE + 1, BLOCK, 100)).toThrow(fault);
  expect(() => wasm.pageCompress_compressPage(IN, END - 99, 100)).toThrow(fault);
  expect(() => wasm.pageCompress_compressPage(IN, IN + PAGE - 1, 100)).toThrow(fault);
  expect(() => wasm.pageCompress_compressPage(IN, BLOCK, PAGE)).toThrow(fault);
  expect(() => wasm.pageCompress_decompressPage(END - 9, 10, OUT)).toThrow(fault);
  expect(() => wasm.pageCompress_decompressPage(BLOCK, 10, END - PAGE + 1)).toThrow(fault);
  expect(() => wasm.pageCompress_decompressPage(OUT + 9, 10, OUT)).toThrow(fault);
  expect(() => wasm.pageCompress_sizeRun(IN, 0xffff_ffff, 100, SIZES)).toThrow(fault);
  expect(() => wasm.pageCompress_sizeRun(IN, 1, 100, IN + 8)).toThrow(fault);
  expect(() => wasm.pageCompress_sizeRun(IN, 1, PAGE, SIZES)).toThrow(fault);
});

describe("modelled sizes", () => {
  const size = (id: bigint, quarter: number, half: number, whole: number): number =>
    wasm.pageCompress_modelledSize(BigInt.asIntN(64, id), quarter, half, whole) >>> 0;
  const ppm = fc.nat(1_000_000);
  const cuts = fc
    .tuple(ppm, ppm, ppm)
    .map((any) => any.toSorted((a, b) => a - b) as [number, number, number]);

  test("the zero page has its block's, whatever the cut points", () => {
    const real = compressed(new Uint8Array(PAGE))!.length;
    expect([size(0n, 0, 0, 0), size(0n, 1_000_000, 1_000_000, 1_000_000)]).toEqual([real, real]);
  });

  test("cut points of all and nothing", () => {
    for (let id = 1n; id < 500n; id += 1n) {
      expect(size(id, 0, 0, 0)).toBe(4096);
      expect(size(id, 1_000_000, 1_000_000, 1_000_000)).toBeLessThanOrEqual(1024);
      const between = size(id, 0, 1_000_000, 1_000_000);
      expect(between > 1024 && between <= 2048).toBe(true);
      const above = size(id, 0, 0, 1_000_000);
      expect(above > 2048 && above < 4096).toBe(true);
    }
  });

  test("property: of any id the twin's", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), cuts, (id, [quarter, half, whole]) => {
        expect(size(id, quarter, half, whole)).toBe(modelledSizeModel(id, quarter, half, whole));
      }),
      { numRuns: 2000 },
    );
  });

  test("the parts of many ids are those asked for, and sizes crowd around 1024", () => {
    const counts = [0, 0, 0, 0];
    const sums = [0, 0, 0, 0];
    const ids = 100_000;
    for (let id = 1; id <= ids; id += 1) {
      const one = size(BigInt(id), 200_000, 650_000, 990_000);
      const part = one <= 1024 ? 0 : one <= 2048 ? 1 : one < 4096 ? 2 : 3;
      counts[part]! += 1;
      sums[part]! += one;
    }
    // Four standard deviations: 4 · √(p (1 − p) ids) ≤ 632, and of a mean 4 · width / √(12 count).
    [20_000, 45_000, 34_000, 1000].forEach((expected, i) => {
      expect(Math.abs(counts[i]! - expected)).toBeLessThan(640);
    });
    [692, 1366, 3072].forEach((mean, i) => {
      expect(Math.abs(sums[i]! / counts[i]! - mean)).toBeLessThan(13);
    });
  });

  test("rejects cut points that fall, or are above all", () => {
    expect(() => size(1n, 2, 1, 3)).toThrow(/page-compress\.ts:\d+/);
    expect(() => size(1n, 1, 3, 2)).toThrow(/page-compress\.ts:\d+/);
    expect(() => size(1n, 1, 2, 1_000_001)).toThrow(/page-compress\.ts:\d+/);
  });
});
