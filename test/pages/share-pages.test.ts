// Goal: the counts are those of sets and maps.
// Method: one example by hand; any images against the twin; tables that must grow; then what is refused.
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import xxhash from "xxhash-wasm";
import { hashPages, pagesReport, runPages, sharePages } from "../../src/pages/index.ts";
import { CONTENTS_MAX, Tally } from "../../src/pages/tally.ts";
import { compressModel } from "../model/memory/page-compress.ts";
import { tallyModel } from "../model/memory/tally.ts";
import { PAGE_KINDS } from "../support/compressible.ts";
import { concat, elfCore, gz, imageFolder, PAGE, pageOf, pagesOf, u64, zst } from "../support/images.ts";

const folder = imageFolder();
afterAll(folder.remove);

describe("by hand", () => {
  const a = pagesOf(0, 0, 1, 1, 2);
  const b = pagesOf(0, 1, 3);
  const total = {
    pages: 8,
    zero: 3,
    distinct: 4, // 0 1 2 3
    saved: 4,
    savedNonzero: 2, // 1 1 1 2 3 -> 1 2 3
    sharedContentsNonzero: 1,
    singletonsNonzero: 2,
    savedInterNonzero: 1, // a alone saves one copy of 1
    maxCopiesNonzero: 3,
  };
  const files = [
    { file: "a", pages: 5, zero: 2, distinct: 3, savedIntra: 2 },
    { file: "b", pages: 3, zero: 1, distinct: 3, savedIntra: 0 },
  ];

  test("two memories by their bytes", async () => {
    const result = await sharePages([
      { name: "a", bytes: a },
      { name: "b", bytes: b },
    ]);
    expect(result).toMatchObject({ pageSize: 4096, files, total, warnings: [] });
    expect(result.bytesPerSecond).toBeGreaterThan(0);
  });

  test("by their fingerprints, of ours or of others", async () => {
    const ours = { name: "a", fingerprints: await hashPages(a) };
    const others = { name: "b", fingerprints: BigUint64Array.of(0n, ours.fingerprints[2]!, 99n) };
    expect(await sharePages([ours, others])).toMatchObject({ files, total });
  });

  test("as files, in every form", async () => {
    const core = elfCore({ segments: [{ address: 0, bytes: a }] });
    const pairs = [
      [folder.put("a", a), folder.put("b.gz", gz(b))],
      [folder.put("a.core", core), folder.put("b.zst", zst(b))],
      [folder.put("a.u64", u64(0, 0, 1, 1, 2)), folder.put("b.u64.gz", gz(u64(0, 1, 3)))],
    ];
    for (const paths of pairs) {
      const named = files.map((file, row) => ({ ...file, file: paths[row] }));
      expect(await runPages(paths)).toMatchObject({ files: named, total });
    }
  });

  test("the same file twice saves all of it once", async () => {
    const path = folder.put("twice", pagesOf(0, 1, 2));
    const { total: both } = await runPages([path, path]);
    expect(both).toMatchObject({ pages: 6, distinct: 3, saved: 3, savedNonzero: 2, savedInterNonzero: 2 });
  });

  test("the last page is padded: a short tail of zeros is the zero page", async () => {
    const { files: padded, warnings } = await sharePages([{ name: "x", bytes: new Uint8Array(PAGE + 1) }]);
    expect(padded[0]).toMatchObject({ pages: 2, zero: 2, distinct: 1 });
    expect(warnings).toEqual(["x: the last page is padded with zeros"]);
  });
});

describe("compressed", () => {
  const none = { quarterPages: 0, halfPages: 0, wholePages: 0, halfBytes: 0, unknownPages: 0 };
  const fitting = (...pages: readonly Uint8Array[]) => {
    const sizes = pages.map((page) => compressModel(page).length);
    const most = (bytes: number) => sizes.filter((size) => size <= bytes);
    return {
      quarterPages: most(1024).length,
      halfPages: most(2048).length,
      wholePages: most(4095).length,
      halfBytes: most(2048).reduce((sum, size) => sum + size, 0),
      unknownPages: 0,
    };
  };
  const [text, sparse, code, random] = ["text", "sparse", "code", "random"].map((kind) =>
    PAGE_KINDS[kind]!(1),
  );
  const zero = pageOf(0);
  const one = { name: "one", bytes: concat([zero, text!, text!, sparse!, random!]) };
  const other = { name: "other", blob: new Blob([sparse!, code!, zero] as Uint8Array<ArrayBuffer>[]) };

  test("each content once a file, and once in all; zero pages left out", async () => {
    const { files, total } = await sharePages([one, other], { compress: true });
    expect(files.map(({ compressed }) => compressed)).toEqual([
      fitting(text!, sparse!, random!),
      fitting(sparse!, code!),
    ]);
    expect(total.compressed).toEqual(fitting(text!, sparse!, random!, code!));
    expect(total.compressed).toMatchObject({ quarterPages: 1, halfPages: 2, wholePages: 3 });
  });

  test("changes no other count, and is absent unless asked for", async () => {
    const plain = await sharePages([one, other]);
    const asked = await sharePages([one, other], { compress: true });
    expect("compressed" in plain.total || plain.files.some((file) => "compressed" in file)).toBe(false);
    expect(asked).toMatchObject({ files: plain.files, total: plain.total });
  });

  test("of files, more of them than a batch: as the twin has it", async () => {
    const pages = Array.from({ length: 1500 }, (_, row) => PAGE_KINDS["sparse"]!(row));
    const path = folder.put("sparse.gz", gz(concat(pages)));
    const { total } = await runPages([path, path], { compress: true });
    expect(total.compressed).toEqual(fitting(...pages));
  });

  test("fingerprints have no bytes: their contents are counted apart", async () => {
    const images = [{ name: "prints", fingerprints: BigUint64Array.of(0n, 5n, 5n, 6n) }, one];
    const { files, total } = await sharePages(images, { compress: true });
    const known = fitting(text!, sparse!, random!);
    expect(files.map(({ compressed }) => compressed)).toEqual([{ ...none, unknownPages: 2 }, known]);
    expect(total.compressed).toEqual({ ...known, unknownPages: 2 });
    expect(pagesReport(await sharePages(images, { compress: true }))).toMatch(/2 contents are fingerprints/);
  });

  test("the report tells it in a column and a sentence, in lines of bearable length", async () => {
    const report = pagesReport(await sharePages([one, other], { compress: true }));
    expect(report).toMatch(/saved within +2:1\n/);
    expect(report).toMatch(
      /Of the 16 KiB left, 8 KiB \(50\.0 %\) compress 2:1 or better, 25\.0 % 4:1; .* 12 KiB hold it/,
    );
    expect(report.split("\n").every((line) => line.length <= 120)).toBe(true);
    expect(pagesReport(await sharePages([one, other]))).not.toMatch(/2:1/);
  });
});

test("hashPages is XXH64's younger brother, page by page, the last one padded", async () => {
  const bytes = pagesOf(0, 1, 2).subarray(0, 2 * PAGE + 100);
  const whole = concat([bytes, new Uint8Array(PAGE - 100)]);
  expect(await hashPages(bytes)).toEqual(await hashPages(whole));
  const hashes = await hashPages(concat([pageOf(1), pageOf(1), pageOf(2)]));
  expect(hashes[0]).toBe(hashes[1]);
  expect(hashes[0]).not.toBe(hashes[2]);
  // Not XXH64: the bit-exact vectors of XXH3-64 are held in test/memory/page-hash.test.ts.
  expect(hashes[0]).not.toBe((await xxhash()).h64Raw(pageOf(1)));
  expect(await hashPages(new Uint8Array(0))).toHaveLength(0);
});

test("property: any images give what the twin counts", async () => {
  const image = fc.array(fc.bigInt({ min: 0n, max: 40n }), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(fc.array(image, { minLength: 1, maxLength: 5 }), async (images) => {
      const inputs = images.map((words, row) => ({
        name: `${row}`,
        fingerprints: BigUint64Array.from(words),
      }));
      expect(await sharePages(inputs)).toMatchObject(tallyModel(images));
    }),
  );
});

test("property: a table that must grow counts the same, whatever the hashes look like", async () => {
  const shapes = fc.constantFrom(
    (i: bigint) => i + 1n,
    (i: bigint) => (i + 1n) << 40n,
    (i: bigint) => ((i + 1n) * 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn,
    (i: bigint) => 0xffffffffffffffffn - i,
  );
  await fc.assert(
    fc.asyncProperty(shapes, fc.integer({ min: 1, max: 9000 }), async (shape, contents) => {
      const tally = await Tally.create(0n, { slots: 16 });
      const hashes = BigUint64Array.from({ length: contents }, (_, i) => shape(BigInt(i)));
      for (let at = 0; at < contents; at += 1000) tally.add(hashes.subarray(at, at + 1000), 0);
      tally.add(hashes.subarray(0, 5), 1);
      const shared = Math.min(5, contents);
      expect(tally.counts).toMatchObject({ distinct: contents, shared, distinctInFiles: contents + shared });
    }),
    { numRuns: 30 },
  );
});

describe("refuses", () => {
  test("more contents than one table takes", async () => {
    expect(CONTENTS_MAX).toBeGreaterThan(240e6);
    const tally = await Tally.create(0n, { contentsMax: 1000 });
    const add = () => {
      for (let i = 0; i < 40; ++i) {
        tally.add(
          BigUint64Array.from({ length: 1000 }, (_, row) => BigInt(1 + row + 1000 * i)),
          0,
        );
      }
    };
    expect(add).toThrow(/expected at most 1000 distinct pages .*, got more/);
  });

  test("to go on once aborted", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(sharePages([{ name: "a", bytes: pagesOf(1) }], { signal })).rejects.toThrow("enough");
    await expect(runPages([folder.put("a", pagesOf(1))], { signal })).rejects.toThrow("enough");
  });
});

describe("report", () => {
  test("many images: the largest stand in rows, the others in one", async () => {
    const images = Array.from({ length: 60 }, (_, row) => ({
      name: `dir/${row}`,
      bytes: pagesOf(0, row + 1, 7),
    }));
    const text = pagesReport(await sharePages(images));
    expect(text).toMatch(/^60 images in dir\/\n/);
    expect(text).toMatch(/… and 20 smaller ones +240 KiB/);
    expect(text).toMatch(/On one host they would save/);
    expect(text.split("\n").every((line) => line.length <= 120)).toBe(true);
  });

  test("names cannot move the cursor", async () => {
    expect(pagesReport(await sharePages([{ name: "a\x1b[2J", bytes: pagesOf(1) }]))).not.toContain("\x1b");
  });
});
