// Goal: any LZ4 decoder reads our blocks; pages of real memories compress as far as docs/memory/page-compress.md says.
// Method: the `lz4` program, where installed; the dumps of ../shared/oracles/pages, where present.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openImage } from "../../src/image/index.ts";
import { compressiblePages } from "../support/compressible.ts";
import { concat, sharedFile } from "../support/images.ts";
import { ARENA, PAGE, rawCore } from "../support/raw-core.ts";

const { wasm, bytes } = rawCore(3 * PAGE);
const BLOCK = ARENA + PAGE;
const OUT = BLOCK + PAGE;

/** The block of a page; undefined: not smaller than the page. */
function compressed(page: Uint8Array): Uint8Array | undefined {
  bytes.set(page, ARENA);
  const size = wasm.pageCompress_compressPage(ARENA, BLOCK, PAGE - 1) >>> 0;
  return size === PAGE ? undefined : bytes.slice(BLOCK, BLOCK + size);
}

/** A legacy frame of lz4: a magic number, then each block behind its size. */
function frame(blocks: readonly Uint8Array[]): Uint8Array {
  const sized = blocks.flatMap((block) => [new Uint8Array(Uint32Array.of(block.length).buffer), block]);
  return concat([Uint8Array.of(0x02, 0x21, 0x4c, 0x18), ...sized]);
}

const unpack = (blocks: readonly Uint8Array[]): Buffer =>
  execFileSync("lz4", ["-d", "-c"], { input: frame(blocks), maxBuffer: 2 ** 28 });

const lz4 = spawnSync("lz4", ["--version"]).status === 0;
if (!lz4) console.warn("skipped: no lz4 program here");
const dumps = existsSync(sharedFile("dumps", "counts.json"));
if (!dumps) console.warn("skipped: ../shared/oracles/pages is not here");

test.skipIf(!lz4)("lz4 unpacks 2000 made pages", () => {
  const pages = compressiblePages(2000);
  const blocks = pages.map(compressed);
  const packed = pages.filter((_, row) => blocks[row] !== undefined);
  expect(packed.length).toBeGreaterThan(1500);
  expect(unpack(blocks.filter((block) => block !== undefined)).equals(concat(packed))).toBe(true);
});

/** Pages, zero ones, and of the others: blocks of at most 1024, at most 2048, less than 4096 bytes. */
const MEASURED: readonly (readonly [string, number, number, number, number, number])[] = [
  ["guest.vm0.raw.gz", 24_576, 11_739, 3793, 7361, 12_648],
  ["guest7.plain.elf.gz", 24_640, 10_266, 3715, 8814, 14_184],
  ["py_aslr.0.pages.gz", 2965, 279, 495, 2225, 2686],
  ["py_noaslr_hash0.0.pages.gz", 2950, 275, 503, 2215, 2675],
  ["redis_aslr.0.pages.gz", 1135, 122, 609, 963, 1010],
];

describe.skipIf(!dumps)("real memories", () => {
  test.each(MEASURED)("%s", async (name, ...expected) => {
    const image = await openImage(sharedFile("dumps", name), {});
    const counts = [0, 0, 0, 0, 0];
    const packed: Uint8Array[] = [];
    const blocks: Uint8Array[] = [];
    let faults = 0;
    const batch = new Uint8Array(256 * PAGE);
    for (;;) {
      const { bytes: read } = await image.read(batch);
      if (read === 0) break;
      for (let at = 0; at < read; at += PAGE) {
        const page = batch.slice(at, at + PAGE);
        const block = compressed(page);
        const size = page.every((byte) => byte === 0) ? 0 : (block?.length ?? PAGE);
        [true, size === 0, ...[1024, 2048, 4095].map((most) => size > 0 && size <= most)].forEach((is, i) => {
          counts[i]! += Number(is);
        });
        if (block === undefined) continue;
        blocks.push(block);
        packed.push(page);
        faults += 1 - wasm.pageCompress_decompressPage(BLOCK, block.length, OUT);
        faults += Math.abs(Buffer.compare(bytes.subarray(OUT, OUT + PAGE), page));
      }
    }
    await image.close();
    expect({ counts, faults }).toEqual({ counts: expected, faults: 0 });
    if (lz4) expect(unpack(blocks).equals(concat(packed))).toBe(true);
  });
});
