// Goal: changes are encoded byte for byte as QEMU does, come back whole, and damaged ones are refused.
// Method: the example of QEMU's own description; then any two pages; then bytes cut off and changed.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeXbzrle, encodeXbzrle, XbzrleError } from "../../src/migrate/xbzrle.ts";

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.split(" ").map((one) => Number.parseInt(one, 16)));
/** 1001 equal bytes, the given ones, and equal ones to the end. */
const page = (middle: Uint8Array): Uint8Array => {
  const all = new Uint8Array(4096);
  all.set(middle, 1001);
  return all;
};
const OLD = page(bytesOf("05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 68 00 00 6b 00 6d"));
const NEW = page(bytesOf("01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 68 00 00 67 00 69"));
const GOLDEN = bytesOf("e9 07 0f 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 03 01 67 01 01 69");

test("the example of the description: 24 bytes, both ways", () => {
  expect([...encodeXbzrle(OLD, NEW)!]).toEqual([...GOLDEN]);
  expect(decodeXbzrle(OLD, GOLDEN)).toEqual(NEW);
});

test("nothing changed: no bytes; everything changed: more than a page, so not encoded", () => {
  expect(encodeXbzrle(OLD, OLD)).toEqual(new Uint8Array(0));
  expect(decodeXbzrle(OLD, new Uint8Array(0))).toEqual(OLD);
  const other = OLD.map((byte) => byte ^ 255);
  expect(encodeXbzrle(OLD, other)).toBeUndefined();
  expect(encodeXbzrle(OLD, other, 4100)?.length).toBe(4096 + 3);
  expect(encodeXbzrle(OLD, NEW, 23)).toBeUndefined();
  expect(encodeXbzrle(OLD, NEW, 24)?.length).toBe(24);
  expect(() => encodeXbzrle(OLD, NEW.subarray(1))).toThrow(RangeError);
});

test("property: what is encoded comes back, and fits in what was allowed", () => {
  const pages = fc
    .integer({ min: 1, max: 600 })
    .chain((length) =>
      fc.tuple(
        fc.uint8Array({ minLength: length, maxLength: length }),
        fc.array(fc.tuple(fc.nat(length - 1), fc.nat(255)), { maxLength: 80 }),
      ),
    );
  fc.assert(
    fc.property(pages, ([before, writes]) => {
      const after = before.slice();
      for (const [at, byte] of writes) after[at] = byte;
      const encoded = encodeXbzrle(before, after, 2 * before.length + 8)!;
      expect(decodeXbzrle(before, encoded)).toEqual(after);
      const allowed = encodeXbzrle(before, after);
      if (allowed === undefined) expect(encoded.length).toBeGreaterThan(before.length);
      else expect(allowed).toEqual(encoded);
    }),
  );
});

describe("damaged", () => {
  test.each([
    ["cut off in new bytes", GOLDEN.slice(0, -1), /expected 1 new bytes/],
    ["cut off in a length", Uint8Array.of(0xe9), /expected a run of equal bytes at byte 1/],
    ["no new run", Uint8Array.of(5), /expected a run of new bytes at byte 1/],
    ["an empty new run", Uint8Array.of(5, 0), /not empty/],
    ["beyond the page", Uint8Array.of(0xff, 0x1f, 2, 1, 1), /within the page's 4096 bytes/],
    ["a length of five bytes", Uint8Array.of(0x80, 0x80, 0x80, 0x80, 1), /at most 4 bytes/],
    ["an empty equal run in the middle", Uint8Array.of(1, 1, 9, 0, 1, 9), /equal bytes that is not empty/],
  ])("%s", (_, bytes, message) => {
    expect(() => decodeXbzrle(OLD, bytes)).toThrow(message);
    expect(() => decodeXbzrle(OLD, bytes)).toThrow(XbzrleError);
  });
});
