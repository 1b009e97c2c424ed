// Goal: the plan of an ELF core holds each physical page once, with the right bytes.
// Method: random segments against a byte-by-byte map.
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { openImage, readImage } from "../../src/image/index.ts";
import { elfCore, gz, imageFolder, PAGE } from "../support/images.ts";

const folder = imageFolder();
afterAll(folder.remove);

const segment = fc.record({
  // In quarters of a page, so that some begin and end inside one.
  address: fc.integer({ min: 0, max: 40 }),
  file: fc.integer({ min: 0, max: 12 }),
  more: fc.integer({ min: 0, max: 8 }),
  fill: fc.integer({ min: 1, max: 255 }),
});

test("property: equals a byte map, plain and (where it can be read forward) gzip", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(segment, { minLength: 1, maxLength: 6 }), async (rows) => {
      const q = PAGE / 4;
      const segments = rows.map(({ address, file, more, fill }) => ({
        address: address * q,
        bytes: new Uint8Array(file * q).map((_, i) => fill ^ (i >> 10)),
        memoryBytes: (file + more) * q,
      }));
      if (segments.every(({ memoryBytes }) => memoryBytes === 0)) return;
      const expected = byteMap(segments);
      const core = elfCore({ segments });
      expect(same(await readImage(folder.put("core", core)), expected)).toBe(true);

      const packed = folder.put("core.gz", gz(core));
      const image = await openImage(packed).catch((error: Error) => error.message);
      if (typeof image === "string") {
        expect(image).toMatch(/decompress it first/);
      } else {
        await image.close();
        expect(same(await readImage(packed), expected)).toBe(true);
      }
    }),
    { numRuns: 150 },
  );
});

/** Bytes win over zeros, then the first segment; pages that no segment touches are left out. */
function byteMap(
  segments: readonly { address: number; bytes: Uint8Array; memoryBytes: number }[],
): Uint8Array {
  const quarter = PAGE / 4;
  const own = new Map<number, Uint8Array>();
  const pages = new Set<number>();
  for (const { address, bytes, memoryBytes } of segments) {
    for (let at = 0; at < memoryBytes; at += quarter) {
      pages.add(Math.floor((address + at) / PAGE));
      if (at < bytes.length && !own.has(address + at))
        own.set(address + at, bytes.subarray(at, at + quarter));
    }
  }
  const sorted = [...pages].sort((a, b) => a - b);
  const memory = new Uint8Array(sorted.length * PAGE);
  sorted.forEach((page, row) => {
    for (let at = 0; at < PAGE; at += quarter) {
      const part = own.get(page * PAGE + at);
      if (part !== undefined) memory.set(part, row * PAGE + at);
    }
  });
  return memory;
}

function same(a: Uint8Array | BigUint64Array, b: Uint8Array): boolean {
  return Buffer.compare(a as Uint8Array, b) === 0;
}
