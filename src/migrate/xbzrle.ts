/**
 * XBZRLE: what changed in a page, as runs of equal bytes and of new ones, in QEMU's format.
 *
 *   page = (equal-run new-run)+      equal-run = length      new-run = length, so many bytes      lengths LEB128
 *
 * Equal bytes at the end are left out. A page without changes takes no bytes at all. What would not fit in the space
 * given is not encoded: the page is sent whole.
 *
 * Source: QEMU, docs/xbzrle.txt (grammar and its example). Cost: O(bytes).
 */

/** An encoded page that is none: what was expected and where. */
export class XbzrleError extends Error {
  override readonly name = "XbzrleError";
}

/**
 * Encodes what changed between two versions of a page.
 *
 * @param before    as the destination has it
 * @param after     of the same length
 * @param bytesMax  most that it may take, the page's length if absent
 * @returns         empty: nothing changed; undefined: it takes more
 */
export function encodeXbzrle(
  before: Uint8Array,
  after: Uint8Array,
  bytesMax = after.length,
): Uint8Array | undefined {
  if (before.length !== after.length) {
    throw new RangeError(
      `encodeXbzrle: expected pages of one length, got ${before.length} and ${after.length}`,
    );
  }
  const out: number[] = [];
  const length = after.length;
  for (let at = 0; at < length; ) {
    const equalFrom = at;
    while (at < length && before[at] === after[at]) at += 1;
    if (at === length) break;
    const newFrom = at;
    while (at < length && before[at] !== after[at]) at += 1;
    pushLength(out, newFrom - equalFrom);
    pushLength(out, at - newFrom);
    if (out.length + at - newFrom > bytesMax) return undefined;
    for (let from = newFrom; from < at; from += 1) out.push(after[from]!);
  }
  return Uint8Array.from(out);
}

/**
 * Applies an encoded change.
 *
 * Throws XbzrleError for bytes that are not of this format, or that reach beyond the page.
 *
 * @param before   as the destination has it; unchanged
 * @param encoded  empty: nothing changed
 */
export function decodeXbzrle(before: Uint8Array, encoded: Uint8Array): Uint8Array {
  const page = before.slice();
  let [at, to] = [0, 0];
  const fail = (expected: string): never => {
    throw new XbzrleError(`xbzrle: expected ${expected} at byte ${at} of ${encoded.length}`);
  };
  const length = (what: string): number => {
    let [value, scale] = [0, 1];
    for (let count = 0; count < 4; count += 1) {
      const byte = encoded[at] ?? fail(what);
      at += 1;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    return fail(`${what} of at most 4 bytes`);
  };
  while (at < encoded.length) {
    const first = at === 0;
    const equal = length("a run of equal bytes");
    if (equal === 0 && !first) fail("a run of equal bytes that is not empty");
    to += equal;
    const changed = length("a run of new bytes");
    if (changed === 0) fail("a run of new bytes that is not empty");
    if (to + changed > page.length) fail(`runs within the page's ${page.length} bytes`);
    if (at + changed > encoded.length) fail(`${changed} new bytes`);
    page.set(encoded.subarray(at, at + changed), to);
    at += changed;
    to += changed;
  }
  return page;
}

function pushLength(out: number[], length: number): void {
  let left = length;
  while (left >= 128) {
    out.push((left & 127) | 128);
    left >>>= 7;
  }
  out.push(left);
}
