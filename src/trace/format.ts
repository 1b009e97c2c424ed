/**
 * The forms of page reference traces, one reference a line, and how a line is told apart from another.
 *
 *   packed    0041fR           5 hex digits of the page, R or W
 *   address   0041f7a0 W       hex byte address, R or W
 *   page      41f S            hex page number, I, L, S or M
 *   lackey    ` L 1ffe50,8`    as `valgrind --tool=lackey --trace-mem=yes` prints it
 *
 * W, S and M write; M reads and writes, and is one reference. A lackey access counts for the page of its first byte.
 * Cost: a few ns per digit, nothing allocated.
 */

export const TRACE_FORMATS = ["packed", "address", "page", "lackey"] as const;
export type TraceFormat = (typeof TRACE_FORMATS)[number];

/** What a line of a format is, for people. */
export const LINE_OF: Readonly<Record<TraceFormat, string>> = {
  packed: "5 hex digits of a page and R or W, such as 0041fR",
  address: "a hex byte address and R or W, such as 41f7a0 W",
  page: "a hex page number and I, L, S or M, such as 41f S",
  lackey: 'a line as lackey prints it, such as " L 1ffe50,8"',
};

/** Page numbers below this: 64-bit addresses in pages of 4 KiB. */
export const PAGE_NUMBERS = 2 ** 52;

const PAGE_DIGITS = 13;
/** Hex digits of a byte address that tell where in its page it lies. */
const OFFSET_DIGITS = 3;

const SPACE = 32;
const TAB = 9;
const COMMA = 44;
const ZERO = 48;
const SMALL_X = 120;

/** Value of a hex digit by its character, 255 for all others. */
const HEX = new Uint8Array(256).fill(255);
for (let value = 0; value < 16; value += 1) {
  HEX[value.toString(16).charCodeAt(0)] = value;
  HEX[value.toString(16).toUpperCase().charCodeAt(0)] = value;
}

/** Letters as bits: one of R W, one of I L S M, and whether it writes. */
const PLAIN = 1;
const LACKEY = 2;
const WRITES = 4;
const LETTER = new Uint8Array(256);
const LETTERS: Readonly<Record<string, number>> = {
  R: PLAIN,
  W: PLAIN | WRITES,
  I: LACKEY,
  L: LACKEY,
  S: LACKEY | WRITES,
  M: LACKEY | WRITES,
};
for (const [letter, bits] of Object.entries(LETTERS)) {
  LETTER[letter.charCodeAt(0)] = bits;
  LETTER[letter.toLowerCase().charCodeAt(0)] = bits;
}

/** Reads single lines; what it read last stands in its fields. */
export class LineReader {
  /** Page number, below 2^52. */
  page = 0;
  /** 1 if the reference writes. */
  write = 0;
  /** Behind the number that was read last. */
  #at = 0;

  /**
   * Reads one line.
   *
   * @param from     first byte of the line, no space
   * @param to       behind its last byte, which is no space
   * @param letters  true: a number may have any of the six letters (the user named the format)
   * @returns        false if it is no line of this format
   */
  read(
    format: TraceFormat,
    bytes: Uint8Array,
    { from, to, letters }: { from: number; to: number; letters: boolean },
  ): boolean {
    if (format === "packed") return this.#packed(bytes, from, to);
    if (format === "lackey") return this.#lackey(bytes, from, to);
    const kinds = letters ? PLAIN | LACKEY : format === "address" ? PLAIN : LACKEY;
    return this.#spaced(bytes, from, to, kinds, format === "address" ? OFFSET_DIGITS : 0);
  }

  #packed(bytes: Uint8Array, from: number, to: number): boolean {
    if (to - from !== 6) return false;
    let page = 0;
    for (let at = from; at < to - 1; at += 1) {
      const digit = HEX[bytes[at]!]!;
      if (digit === 255) return false;
      page = page * 16 + digit;
    }
    this.page = page;
    return this.#letter(bytes[to - 1]!, PLAIN);
  }

  #spaced(bytes: Uint8Array, from: number, to: number, kinds: number, drop: number): boolean {
    if (!this.#number(bytes, from, to, drop)) return false;
    const at = skipSpaces(bytes, this.#at, to);
    return at > this.#at && at === to - 1 && this.#letter(bytes[at]!, kinds);
  }

  #lackey(bytes: Uint8Array, from: number, to: number): boolean {
    if (!this.#letter(bytes[from]!, LACKEY)) return false;
    const start = skipSpaces(bytes, from + 1, to);
    if (start === from + 1 || !this.#number(bytes, start, to, OFFSET_DIGITS)) return false;
    const comma = this.#at;
    if (comma >= to - 1 || bytes[comma] !== COMMA) return false;
    for (let at = comma + 1; at < to; at += 1) {
      const digit = bytes[at]! - ZERO;
      if (digit < 0 || digit > 9) return false;
    }
    return true;
  }

  /** A hex number without its last `drop` digits; leaves `#at` behind it. */
  #number(bytes: Uint8Array, from: number, to: number, drop: number): boolean {
    let first = from;
    if (bytes[first] === ZERO && ((bytes[first + 1] ?? 0) | 32) === SMALL_X) first += 2;
    let end = first;
    while (end < to && HEX[bytes[end]!] !== 255) end += 1;
    this.#at = end;
    if (end === first) return false;
    while (first < end && bytes[first] === ZERO) first += 1;
    const last = end - drop;
    if (last - first > PAGE_DIGITS) return false;
    let page = 0;
    for (let at = first; at < last; at += 1) page = page * 16 + HEX[bytes[at]!]!;
    this.page = page;
    return true;
  }

  #letter(letter: number, kinds: number): boolean {
    const bits = LETTER[letter]!;
    this.write = bits & WRITES ? 1 : 0;
    return (bits & kinds) !== 0;
  }
}

function skipSpaces(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && (bytes[at] === SPACE || bytes[at] === TAB)) at += 1;
  return at;
}
