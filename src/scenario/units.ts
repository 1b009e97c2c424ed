/**
 * Units as people write them: `1.5GiB`, `90 s`, `200/s`, `30%`, `2.6GHz` to whole numbers of a base unit.
 *
 *   value = digits · unit / 10^decimals          exact, in BigInt, so that 0.1 s is 100 000 000 ns
 *
 * A reader never throws: it returns the number, or what it expected instead. Bare numbers are refused, except 0, which
 * is the same in every unit.
 */

/** What a reader expected, and how to put it right. */
export interface UnitFault {
  readonly expected: string;
  readonly hint?: string;
}

/** A number of base units, or what was expected instead. */
export type Reading = number | UnitFault;

/** A unit as a ratio to the base unit. */
export type Unit = readonly [over: bigint, under: bigint];

/** A kind of quantity: its units, and the words of its faults. */
export interface Quantity {
  /** As in "expected a size with a unit". */
  readonly noun: string;
  readonly examples: readonly [string, ...string[]];
  readonly units: ReadonlyMap<string, Unit>;
  /** Written before a unit and ignored, as `pages` in `200pages/s`. */
  readonly prefix?: RegExp;
  /** Pattern of the unit alone for the JSON Schema. */
  readonly pattern: string;
}

export const pageBytes = 4096;
const digitsMax = 20n;

function table(units: Record<string, bigint | Unit>): ReadonlyMap<string, Unit> {
  return new Map(
    Object.entries(units).map(([name, unit]) => [name, typeof unit === "bigint" ? [unit, 1n] : unit]),
  );
}

/** Sizes; base unit byte. */
export const size: Quantity = {
  noun: "a size",
  examples: ["512MiB", "8GiB"],
  units: table({
    B: 1n,
    KiB: 1n << 10n,
    MiB: 1n << 20n,
    GiB: 1n << 30n,
    TiB: 1n << 40n,
    kB: 1000n,
    MB: 1_000_000n,
    GB: 1_000_000_000n,
    TB: 1_000_000_000_000n,
  }),
  pattern: "(B|[KMGT]iB|[kMGT]B)",
};

/** Times; base unit nanosecond. */
export const time: Quantity = {
  noun: "a time",
  examples: ["90s", "10min"],
  units: table({
    ns: 1n,
    us: 1000n,
    µs: 1000n,
    ms: 1_000_000n,
    s: 1_000_000_000n,
    min: 60_000_000_000n,
    h: 3_600_000_000_000n,
    d: 86_400_000_000_000n,
  }),
  pattern: "(ns|us|µs|ms|s|min|h|d)",
};

/** Rates; base unit one per 1000 s, so that slow rates stay whole. */
export const rate: Quantity = {
  noun: "a rate",
  examples: ["200/s", "12/min"],
  units: table({ "/ms": 1_000_000n, "/s": 1000n, "/min": [1000n, 60n], "/h": [1000n, 3600n] }),
  prefix: /^(pages|page|accesses|access)\s*(?=\/)/,
  pattern: "((pages|accesses) ?)?/(ms|s|min|h)",
};

/** Rates of what happens millions of times a second; base unit one per ms. */
export const quickRate: Quantity = {
  noun: "a rate",
  examples: ["20M/s", "500k/s"],
  units: table({ "G/s": 1_000_000n, "M/s": 1000n, "k/s": 1n, "/s": [1n, 1000n], "/ms": 1n, "/us": 1000n }),
  pattern: "([kMG]?/s|/[mu]s)",
};

/** Percentages; base unit one part in a million. */
export const percent: Quantity = {
  noun: "a percentage",
  examples: ["30%", "2.5%"],
  units: table({ "%": 10_000n }),
  pattern: "%",
};

/** Clock frequencies; base unit MHz. */
export const frequency: Quantity = {
  noun: "a frequency",
  examples: ["2600MHz", "2.6GHz"],
  units: table({ MHz: 1n, GHz: 1000n }),
  pattern: "(MHz|GHz)",
};

/** Bandwidths, in bits or in bytes a second; base unit bit/s. */
export const bandwidth: Quantity = {
  noun: "a bandwidth",
  examples: ["1Gbit/s", "125MB/s"],
  units: table({
    "bit/s": 1n,
    "kbit/s": 1000n,
    "Mbit/s": 1_000_000n,
    "Gbit/s": 1_000_000_000n,
    "B/s": 8n,
    "kB/s": 8000n,
    "MB/s": 8_000_000n,
    "GB/s": 8_000_000_000n,
    "KiB/s": 8n << 10n,
    "MiB/s": 8n << 20n,
    "GiB/s": 8n << 30n,
  }),
  pattern: "([kMG]?(bit|B)|[KMG]iB)/s",
};

/** A number, signed or not, and what follows it. */
const written = /^\s*([+-]?)(\d+)(?:\.(\d+))?\s*(.*?)\s*$/u;

interface Ratio {
  readonly over: bigint;
  readonly under: bigint;
}

function readRatio(text: string, quantity: Quantity): Ratio | UnitFault {
  const wanted = `${quantity.noun} with a unit, such as ${quantity.examples[0]}`;
  const match = text.length > 100 ? null : written.exec(text);
  if (match === null) return { expected: wanted };
  const [, sign, whole = "", part = "", rest = ""] = match;
  const digits = BigInt(whole + part);
  const decimals = 10n ** BigInt(part.length);
  if (sign === "-" && digits !== 0n) return { expected: `${quantity.noun} of 0 or more` };
  const name = quantity.prefix === undefined ? rest : rest.replace(quantity.prefix, "");
  if (name === "") return digits === 0n ? { over: 0n, under: 1n } : { expected: wanted };

  const unit = quantity.units.get(name);
  if (unit === undefined) return { expected: wanted, ...unitHint(name, quantity) };
  if (BigInt(whole.length) > digitsMax || BigInt(part.length) > digitsMax) {
    return { expected: `${quantity.noun} of at most ${digitsMax} digits` };
  }
  return { over: digits * unit[0], under: decimals * unit[1] };
}

/** Names the unit meant by `512mb`, `8G` or `90sec`. */
function unitHint(name: string, quantity: Quantity): { hint?: string } {
  const units = [...quantity.units.keys()];
  // "mb" may mean either of MiB and MB.
  const letters = (text: string) => text.toLowerCase().replace(/ib$/, "b");
  const meant = units.filter((unit) => letters(unit) === letters(name));
  const short = units.filter((unit) => unit.length > 1 && unit[0] === name[0] && name.length === 1);
  const found = meant.length > 0 ? meant : short;
  if (found.length > 0) return { hint: `did you mean ${found.join(" or ")}?` };
  return { hint: `units are ${units.join(" ")}` };
}

/** The quotient, if it is whole and safe; `what` and `limit` speak in the fault. */
function whole(ratio: Ratio | UnitFault, what: string, limit: string): Reading {
  if ("expected" in ratio) return ratio;
  if (ratio.over % ratio.under !== 0n) return { expected: what };
  const value = ratio.over / ratio.under;
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? { expected: `at most ${limit}` } : Number(value);
}

/**
 * Reads a size.
 *
 * @param text  such as `1.5GiB` or `64 MB`
 * @returns     bytes, 0 … 2^53 − 1, or what was expected
 */
export function readBytes(text: string): Reading {
  return whole(readRatio(text, size), "a whole number of bytes", "8191 TiB");
}

/**
 * Reads a size of whole 4 KiB pages.
 *
 * @param text  such as `512MiB`
 * @returns     pages, or what was expected
 */
export function readPages(text: string): Reading {
  const bytes = readBytes(text);
  const expected = "whole pages of 4 KiB";
  if (typeof bytes !== "number") {
    return bytes.expected === "a whole number of bytes" ? { expected } : bytes;
  }
  if (bytes % pageBytes === 0) return bytes / pageBytes;
  const below = Math.floor(bytes / pageBytes) * 4;
  return { expected, hint: below === 0 ? "the least is 4KiB" : `the next below is ${below}KiB` };
}

/**
 * Reads a time.
 *
 * @param text  such as `90s` or `1.5 h`
 * @returns     nanoseconds, 0 … 2^53 − 1 (104 days), or what was expected
 */
export function readNs(text: string): Reading {
  return whole(readRatio(text, time), "a whole number of nanoseconds", "104 d");
}

/**
 * Reads a percentage.
 *
 * @param text  such as `30%`
 * @returns     parts per million, 0 … 1 000 000, or what was expected
 */
export function readPpm(text: string): Reading {
  const ppm = whole(readRatio(text, percent), "a percentage with at most 4 decimals", "100%");
  return typeof ppm === "number" && ppm > 1e6 ? { expected: "at most 100%" } : ppm;
}

/**
 * Reads a percentage that may be above 100 %, such as that of one pCPU.
 *
 * @param text  such as `250%`
 * @returns     parts per million, at most 10^12, or what was expected
 */
export function readManyPpm(text: string): Reading {
  const ppm = whole(readRatio(text, percent), "a percentage with at most 4 decimals", "100000000%");
  return typeof ppm === "number" && ppm > 1e12 ? { expected: "at most 100000000%" } : ppm;
}

/**
 * Reads a clock frequency.
 *
 * @param text  such as `2.6GHz`
 * @returns     MHz, or what was expected
 */
export function readMhz(text: string): Reading {
  const mhz = whole(readRatio(text, frequency), "a whole number of MHz", "1000GHz");
  return typeof mhz === "number" && mhz > 1e6 ? { expected: "at most 1000GHz" } : mhz;
}

/**
 * Reads a rate in whole events per second.
 *
 * @param text  such as `200/s` or `50 pages/s`
 * @returns     events per second, or what was expected
 */
export function readPerSecond(text: string): Reading {
  const ratio = readRatio(text, rate);
  if ("expected" in ratio) return ratio;
  const perSecond = whole(
    { over: ratio.over, under: ratio.under * 1000n },
    "a whole number per second",
    "1000000/ms",
  );
  return typeof perSecond === "number" && perSecond > 1e9 ? { expected: "at most 1000000/ms" } : perSecond;
}

/**
 * Reads a rate, down to one event in 1000 s; slower ones are rounded to that grain.
 *
 * @param text  such as `1000/s` or `12/min`
 * @returns     events per 1000 s, or what was expected
 */
export function readPerKs(text: string): Reading {
  const ratio = readRatio(text, rate);
  if ("expected" in ratio) return ratio;
  const perKs = Number((2n * ratio.over + ratio.under) / (2n * ratio.under));
  if (perKs > 1e12) return { expected: "at most 1000000/ms" };
  if (perKs === 0 && ratio.over > 0n) return { expected: "at least 0.001/s" };
  return perKs;
}

/**
 * Reads a rate as the mean gap between two events.
 *
 * @param text  such as `100/s`
 * @returns     nanoseconds, at least 1, rounded, or what was expected
 */
export function readGapNs(text: string): Reading {
  const perKs = readPerKs(text);
  if (typeof perKs !== "number") return perKs;
  return perKs === 0 ? { expected: "a rate of more than 0" } : Math.round(1e12 / perKs);
}

/**
 * Reads a bandwidth.
 *
 * @param text  such as `1Gbit/s` or `125 MB/s`
 * @returns     bits per second, rounded, or what was expected
 */
export function readBitsPerSecond(text: string): Reading {
  const ratio = readRatio(text, bandwidth);
  if ("expected" in ratio) return ratio;
  const bits = Number((2n * ratio.over + ratio.under) / (2n * ratio.under));
  return bits > 1e15 ? { expected: "at most 1000000Gbit/s" } : bits;
}

/**
 * Reads a rate of millions a second.
 *
 * @param text  such as `20M/s`
 * @returns     events per ms, at least 1, or what was expected
 */
export function readPerMs(text: string): Reading {
  const perMs = whole(readRatio(text, quickRate), "a whole number per ms", "1000G/s");
  return typeof perMs === "number" && perMs > 1e9 ? { expected: "at most 1000G/s" } : perMs;
}

/** Readers for the command line and for programs; they throw where the others return what they expected. */
function orThrow(read: (text: string) => Reading): (text: string) => number {
  return (text) => {
    const reading = read(text);
    if (typeof reading === "number") return reading;
    const hint = reading.hint === undefined ? "" : `; ${reading.hint}`;
    throw new RangeError(`expected ${reading.expected}, got ${text}${hint}`);
  };
}

/** Bytes of a size such as `8GiB`; a RangeError says what was expected. */
export const parseBytes: (text: string) => number = orThrow(readBytes);
/** Whole 4 KiB pages of a size such as `512MiB`; a RangeError says what was expected. */
export const parsePages: (text: string) => number = orThrow(readPages);
/** Nanoseconds of a time such as `90s`; a RangeError says what was expected. */
export const parseNs: (text: string) => number = orThrow(readNs);
/** Parts per million of a percentage such as `75%`; a RangeError says what was expected. */
export const parsePpm: (text: string) => number = orThrow(readPpm);
/** MHz of a frequency such as `2.6GHz`; a RangeError says what was expected. */
export const parseMhz: (text: string) => number = orThrow(readMhz);
/** Whole events per second of a rate such as `200/s`; a RangeError says what was expected. */
export const parsePerSecond: (text: string) => number = orThrow(readPerSecond);
/** Bits per second of a bandwidth such as `1Gbit/s`; a RangeError says what was expected. */
export const parseBitsPerSecond: (text: string) => number = orThrow(readBitsPerSecond);
