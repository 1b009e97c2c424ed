/** Pages that look like what memories hold, from a fixed seed: for the compressor's tests and its bench. */

export const PAGE = 4096;

/** What a page may look like; the number makes pages of a kind differ. */
export const PAGE_KINDS: Readonly<Record<string, (row: number) => Uint8Array>> = {
  zero: () => new Uint8Array(PAGE),
  constant: (row) => new Uint8Array(PAGE).fill(row),
  random: (row) => filled(row, (draw) => draw()),
  /** Random to some place, zeroes from there on: every length of literals and of a match. */
  tail: (row) => {
    const page = filled(row, (draw) => draw());
    return page.fill(0, (row * 37) % (PAGE + 1));
  },
  /** Zeroes to some place, random from there on. */
  head: (row) => {
    const page = filled(row, (draw) => draw());
    return page.fill(0, 0, (row * 41) % (PAGE + 1));
  },
  /** The same few bytes over and over: matches that overlap what they make. */
  period: (row) => {
    const few = filled(row, (draw) => draw()).subarray(0, 1 + (row % 70));
    return Uint8Array.from({ length: PAGE }, (_, i) => few[i % few.length]!);
  },
  /** Words of a language. */
  text: (row) => {
    const draw = drawsOf(row);
    const words = "page host frame balloon the of swap guest memory machine idle tax shares is a to".split(
      " ",
    );
    let text = "";
    while (text.length < PAGE) text += `${words[draw() % words.length]!} `;
    return new TextEncoder().encode(text).subarray(0, PAGE);
  },
  /** Addresses of one heap, as in tables of pointers. */
  pointers: (row) => {
    const draw = drawsOf(row);
    const words = BigUint64Array.from(
      { length: PAGE / 8 },
      () => 0x7f00_0000_0000n + BigInt(draw() & 0xffff0),
    );
    return new Uint8Array(words.buffer);
  },
  /** Small counters, most of them zero. */
  sparse: (row) => {
    const draw = drawsOf(row);
    const words = Uint32Array.from({ length: PAGE / 4 }, () => (draw() % 8 === 0 ? draw() % 1000 : 0));
    return new Uint8Array(words.buffer);
  },
  /** Some bytes common and some rare, copied about now and then, like machine code. */
  code: (row) => {
    const draw = drawsOf(row);
    const page = new Uint8Array(PAGE);
    for (let at = 0; at < PAGE; ) {
      const length = Math.min(PAGE - at, 1 + (draw() % 12));
      const from = at > 64 && draw() % 3 !== 0 ? draw() % (at - length) : -1;
      for (const end = at + length; at < end; at += 1) {
        page[at] = from < 0 ? draw() & draw() & 0xff : page[from + length - (end - at)]!;
      }
    }
    return page;
  },
};

/** `count` pages, one kind after the other. */
export function compressiblePages(count: number): Uint8Array[] {
  const kinds = Object.values(PAGE_KINDS);
  return Array.from({ length: count }, (_, row) =>
    kinds[row % kinds.length]!(Math.floor(row / kinds.length)),
  );
}

function filled(row: number, byte: (draw: () => number) => number): Uint8Array {
  const draw = drawsOf(row);
  return Uint8Array.from({ length: PAGE }, () => byte(draw));
}

/** Numbers of 24 bits, from the upper bits of a 32-bit congruential generator. */
function drawsOf(row: number): () => number {
  let state = Math.imul(row + 1, 0x9e3779b1);
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
}
