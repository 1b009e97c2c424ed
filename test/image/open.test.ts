// Goal: every form and compression of one memory reads as the same pages.
// Method: pages of known content in every wrapping; then ELF cores in every order a writer may choose.
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { measureImage, openImage, readImage } from "../../src/image/index.ts";
import {
  concat,
  coreNote,
  dataOffset,
  elfCore,
  gz,
  imageFolder,
  PAGE,
  pageOf,
  pagesOf,
  u64,
  zst,
} from "../support/images.ts";

const folder = imageFolder();
afterAll(folder.remove);

/** The memory of a file by way of `read`, in row order. */
async function memoryOf(bytes: Uint8Array, name = "image"): Promise<Uint8Array> {
  return (await readImage(folder.put(name, bytes))) as Uint8Array;
}

describe("raw", () => {
  const memory = pagesOf(1, 0, 2, 1, 3);
  const wrapped = {
    plain: memory,
    gzip: gz(memory),
    "gzip in two members": concat([gz(memory.subarray(0, 5000)), gz(memory.subarray(5000))]),
    zstd: zst(memory),
    "zstd in small blocks": zst(memory, 777),
    "zstd in two frames with one skipped": concat([
      zst(memory.subarray(0, 5000)),
      Uint8Array.of(0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9),
      zst(memory.subarray(5000)),
    ]),
  };
  test.each(Object.entries(wrapped))("%s: the same five pages", async (_, bytes) => {
    expect(await memoryOf(bytes)).toEqual(memory);
  });

  test("a size that is no multiple of 4096 ends in a padded page, and says so", async () => {
    for (const bytes of [pagesOf(1, 2).subarray(0, 5000), gz(pagesOf(1, 2).subarray(0, 5000))]) {
      const image = await openImage(folder.put("odd", bytes));
      const chunks: Uint8Array[] = [];
      for await (const chunk of image.chunks()) chunks.push(chunk.slice());
      const expected = concat([pageOf(1), pageOf(2).subarray(0, 904), new Uint8Array(PAGE - 904)]);
      expect(concat(chunks)).toEqual(expected);
      expect(image.warnings).toHaveLength(1);
      expect(image.warnings[0]).toMatch(/5000 bytes .* padded with zeros/);
      const told: string[] = [];
      expect(await measureImage(image.path, {}, (text) => told.push(text))).toBe(2);
      expect(told).toEqual(image.warnings);
    }
  });

  test("pages land in the caller's buffer, whatever its size", async () => {
    const image = await openImage(folder.put("image", memory));
    const buffer = new Uint8Array(2 * PAGE);
    const reads = [];
    for (let run = await image.read(buffer); run.bytes > 0; run = await image.read(buffer)) reads.push(run);
    await image.close();
    expect(reads.map(({ bytes }) => bytes / PAGE)).toEqual([2, 2, 1]);
    expect(reads.map(({ firstPage }) => firstPage)).toEqual([0, 2, 4]);
    expect(buffer.subarray(0, PAGE)).toEqual(pageOf(3));
  });

  test("an executable is a file like any other", async () => {
    const image = await openImage(process.execPath);
    expect(image.form).toBe("raw");
    await image.close();
  });

  test("ends when its signal is aborted", async () => {
    const stop = new AbortController();
    const image = await openImage(folder.put("image", memory), { signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect((async () => image.read(new Uint8Array(PAGE)))()).rejects.toThrow("enough");
    await image.close();
  });
});

describe("fingerprints", () => {
  test.each([
    ["f.u64", u64(0, 5, 7)],
    ["f.u64.gz", gz(u64(0, 5, 7))],
    ["f.u64.zst", zst(u64(0, 5, 7))],
  ])("%s by its extension", async (name, bytes) => {
    const path = folder.put(name, bytes);
    expect(await measureImage(path)).toBe(3);
    const image = await openImage(path);
    const words: bigint[] = [];
    for await (const part of image.fingerprints()) words.push(...part);
    expect(words).toEqual([0n, 5n, 7n]);
  });
});

test("a zstd frame whose checksum does not fit is refused", async () => {
  const packed = readFileSync(new URL("../pages/excerpt/ext4_images_3.fsA.u64.zst", import.meta.url));
  expect(await measureImage(folder.put("whole.u64.zst", packed))).toBe(600);
  packed[packed.length - 1]! ^= 1;
  await expect(measureImage(folder.put("bad.u64.zst", packed))).rejects.toThrow(/checksum, got damaged data/);
});

test("zeros behind gzip data, as tapes pad, are left out, and the image says so", async () => {
  const image = await openImage(folder.put("tail.gz", concat([gz(pagesOf(1)), new Uint8Array(7)])));
  for await (const chunk of image.chunks()) expect(chunk).toEqual(pageOf(1));
  expect(image.warnings).toEqual(["the 7 bytes behind the gzip data were ignored"]);
});

describe("ELF cores", () => {
  const both = [
    ["plain", (bytes: Uint8Array) => bytes],
    ["gzip", gz],
    ["zstd", (bytes: Uint8Array) => zst(bytes)],
  ] as const;

  test.each(both)("RAM and ROM with a hole between: the hole is not counted (%s)", async (_, pack) => {
    const core = elfCore({
      segments: [
        { address: 0, bytes: pagesOf(1, 2) },
        { address: 0xfffc0000, bytes: pagesOf(3) },
      ],
    });
    const path = folder.put("core", pack(core));
    const image = await openImage(path);
    expect([image.form, image.pages]).toEqual(["elf", 3]);
    await image.close();
    expect(await readImage(path)).toEqual(pagesOf(1, 2, 3));
  });

  test.each(both)("the paging form repeats pages: each counts once (%s)", async (_, pack) => {
    const at = dataOffset(4);
    const core = elfCore({
      segments: [
        { address: 0, virtual: 0x7000, bytes: pagesOf(1, 2, 3, 4) },
        { address: 2 * PAGE, virtual: 0x9000_0000, offset: at + 2 * PAGE, fileBytes: PAGE },
        { address: PAGE, virtual: 0xa000_0000, offset: at + PAGE, fileBytes: 2 * PAGE },
        { address: 0, virtual: 0xb000_0000, offset: at, fileBytes: PAGE },
      ],
    });
    expect(await memoryOf(pack(core))).toEqual(pagesOf(1, 2, 3, 4));
  });

  test("a repeat before the segment that holds it all changes nothing", async () => {
    const at = dataOffset(2);
    const repeat = { address: PAGE, offset: at + PAGE, fileBytes: PAGE };
    const core = elfCore({ segments: [repeat, { address: 0, bytes: pagesOf(1, 2, 3) }] });
    expect(await memoryOf(gz(core))).toEqual(pagesOf(1, 2, 3));
  });

  test.each(both)("p_memsz beyond p_filesz is zero (%s)", async (_, pack) => {
    const core = elfCore({
      segments: [
        { address: 0, bytes: pagesOf(1), memoryBytes: 3 * PAGE },
        { address: 0x100000, memoryBytes: PAGE },
        { address: 0x200000, bytes: pagesOf(2) },
      ],
    });
    const memory = await memoryOf(pack(core));
    expect(memory.length / PAGE).toBe(5);
    expect(memory.subarray(0, PAGE)).toEqual(pageOf(1));
    expect(memory.subarray(4 * PAGE)).toEqual(pageOf(2));
    expect(memory.subarray(PAGE, 4 * PAGE).every((byte) => byte === 0)).toBe(true);
  });

  test("bytes win over zeros of another segment", async () => {
    const core = elfCore({
      segments: [
        { address: 0, memoryBytes: 2 * PAGE },
        { address: PAGE, bytes: pagesOf(7) },
      ],
    });
    expect(await memoryOf(core)).toEqual(pagesOf(0, 7));
  });

  test.each(both)("segments out of order: rows are by physical address (%s)", async (_, pack) => {
    const core = elfCore({
      segments: [
        { address: 8 * PAGE, bytes: pagesOf(5, 6) },
        { address: 0, bytes: pagesOf(1) },
        { address: 4 * PAGE, bytes: pagesOf(3) },
      ],
    });
    expect(await memoryOf(pack(core))).toEqual(pagesOf(1, 3, 5, 6));
  });

  test.each(both)("segments that begin and end inside pages are pieced together (%s)", async (_, pack) => {
    const memory = pagesOf(1, 2, 3);
    const core = elfCore({
      segments: [
        { address: 0x400, bytes: memory.subarray(0x400, 0x1200) },
        { address: 0x1200, bytes: memory.subarray(0x1200, 0x2ffe) },
      ],
    });
    const expected = memory.slice();
    expected.fill(0, 0, 0x400).fill(0, 0x2ffe);
    expect(await memoryOf(pack(core))).toEqual(expected);
  });

  test("65,535 segments and more: the count is in section 0", async () => {
    const segments = Array.from({ length: 70_000 }, (_, row) => ({ address: row * PAGE, memoryBytes: PAGE }));
    const core = elfCore({ segments, extended: true });
    const image = await openImage(folder.put("core", core));
    expect(image.pages).toBe(70_000);
    await image.close();
  });

  test("the core of a process: pages by virtual address, without what was not dumped", async () => {
    const NT_PRPSINFO = 3;
    const core = elfCore({
      note: coreNote(NT_PRPSINFO),
      segments: [
        { address: 0, virtual: 0x5000_0000, bytes: pagesOf(1, 2) },
        { address: 0, virtual: 0x6000_0000, memoryBytes: 9 * PAGE },
        { address: 0, virtual: 0x4000_0000, bytes: pagesOf(3) },
      ],
    });
    const path = folder.put("core", core);
    expect(await readImage(path)).toEqual(pagesOf(3, 1, 2));
    const image = await openImage(path);
    expect(image.warnings[0]).toMatch(/process/);
    await image.close();
  });

  test("form raw takes an ELF core's bytes as they are", async () => {
    const core = elfCore({ segments: [{ address: 0, bytes: pagesOf(1) }] });
    expect(await measureImage(folder.put("core", core), { form: "raw" })).toBe(Math.ceil(core.length / PAGE));
  });
});
