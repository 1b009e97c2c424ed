/** The kinds of values a scenario holds, as zod schemas from text with units to numbers of base units. */
import * as z from "zod";
import * as units from "./units.ts";

interface Bounds {
  /** Refuses 0. */
  readonly positive?: boolean;
}

function expectedOf(quantity: units.Quantity): string {
  return `${quantity.noun} with a unit, such as ${quantity.examples[0]}`;
}

/** Text in the JSON Schema's words: a number, then one of the units. */
function unitText(quantity: units.Quantity) {
  const pattern = `^ *\\+?[0-9]+(\\.[0-9]+)? *${quantity.pattern} *$`;
  return z.string().meta({ pattern, examples: [...quantity.examples] });
}

/** Reads `value`, or files what was expected and returns the mark for "no value". */
function readInto(
  context: z.core.$RefinementCtx,
  value: string | 0,
  { noun }: units.Quantity,
  read: (text: string) => units.Reading,
  { positive = false }: Bounds,
): number {
  const reading = read(String(value));
  if (typeof reading !== "number") {
    const params = reading.hint === undefined ? {} : { hint: reading.hint };
    context.addIssue({ code: "custom", message: reading.expected, params });
    return z.NEVER;
  }
  if (positive && reading === 0) {
    context.addIssue({ code: "custom", message: `${noun} of more than 0` });
    return z.NEVER;
  }
  return reading;
}

function measure(quantity: units.Quantity, read: (text: string) => units.Reading, bounds: Bounds = {}) {
  return z
    .union([unitText(quantity), z.literal(0)], { error: expectedOf(quantity) })
    .transform((value, context) => readInto(context, value, quantity, read, bounds));
}

/** A size in whole pages, 0 allowed. */
export const pages = () => measure(units.size, units.readPages);
/** A size in whole pages, at least one. */
export const somePages = () => measure(units.size, units.readPages, { positive: true });
/** A time in nanoseconds, 0 allowed. */
export const ns = () => measure(units.time, units.readNs);
/** A time in nanoseconds, at least one. */
export const someNs = () => measure(units.time, units.readNs, { positive: true });
/** A percentage in parts per million, 0 … 1 000 000. */
export const ppm = () => measure(units.percent, units.readPpm);
/** Accesses per 1000 s, more than 0. */
export const perKs = () => measure(units.rate, units.readPerKs, { positive: true });

/** Whole events per second, more than 0, or `none` for no limit. */
export const perSecondOrNone = () =>
  z
    .union([z.literal("none"), unitText(units.rate), z.literal(0)], {
      error: `${expectedOf(units.rate)}, or none`,
    })
    .transform((value, context) =>
      value === "none"
        ? value
        : readInto(context, value, units.rate, units.readPerSecond, { positive: true }),
    );

/** A time in nanoseconds within bounds, `limits` naming them in the user's words. */
export const nsWithin = (min: number, max: number, limits: string) =>
  measure(units.time, (text) => {
    const ns = units.readNs(text);
    return typeof ns === "number" && (ns < min || ns > max) ? { expected: limits } : ns;
  });

/** A percentage that may be above 100 %, in parts per million. */
export const manyPpm = () => measure(units.percent, units.readManyPpm);
/** A size in bytes, at least one. */
export const someBytes = () => measure(units.size, units.readBytes, { positive: true });
/** A rate as the mean gap between events, in nanoseconds. */
export const gapNs = () => measure(units.rate, units.readGapNs, { positive: true });
/** A rate in events per ms, at least one. */
export const perMs = () => measure(units.quickRate, units.readPerMs, { positive: true });

/** An amount of CPU: MHz of nominal clock, or parts per million of one pCPU's. */
export type CpuAmount = { readonly mhz: number } | { readonly ppm: number };

/**
 * Reads an amount of CPU.
 *
 * @param value  such as `500MHz`, `1GHz`, `250%`, or 0
 */
export function readCpuAmount(value: string | 0): CpuAmount | units.UnitFault {
  if (value === 0) return { mhz: 0 };
  const isPart = value.trim().endsWith("%");
  const reading = isPart ? units.readManyPpm(value) : units.readMhz(value);
  if (typeof reading === "number") return isPart ? { ppm: reading } : { mhz: reading };
  const noUnit =
    reading.expected.startsWith("a frequency with") || reading.expected.startsWith("a percentage with a");
  return noUnit ? { ...reading, expected: cpuAmountText } : reading;
}

const cpuAmountText = "MHz or percent of a pCPU, such as 500MHz or 25%";

/** An amount of CPU, or `none`. */
export const cpuAmountOrNone = () => {
  const pattern = `^ *\\+?[0-9]+(\\.[0-9]+)? *(${units.frequency.pattern}|%) *$`;
  const text = z.string().meta({ pattern, examples: ["500MHz", "250%"] });
  return z
    .union([z.literal("none"), text, z.literal(0)], { error: `${cpuAmountText}, or none` })
    .transform((value, context): CpuAmount | "none" => {
      if (value === "none") return value;
      const amount = readCpuAmount(value);
      if (!("expected" in amount)) return amount;
      const params = amount.hint === undefined ? {} : { hint: amount.hint };
      context.addIssue({ code: "custom", message: amount.expected, params });
      return z.NEVER;
    });
};

/** An amount of memory: pages, or parts per million of a whole that the place says. */
export type MemoryAmount = { readonly pages: number } | { readonly ppm: number };

const memoryAmountText = "a size or a percentage, such as 256MiB or 25%";

/**
 * Reads an amount of memory.
 *
 * @param value  such as `256MiB`, `25%`, or 0
 */
export function readMemoryAmount(value: string | 0): MemoryAmount | units.UnitFault {
  if (value === 0) return { pages: 0 };
  const isPart = value.trim().endsWith("%");
  const reading = isPart ? units.readManyPpm(value) : units.readPages(value);
  if (typeof reading === "number") return isPart ? { ppm: reading } : { pages: reading };
  const noUnit = /^a (size|percentage) with a/.test(reading.expected);
  return noUnit ? { ...reading, expected: memoryAmountText } : reading;
}

/** Pages of an amount; a part is rounded. */
export function pagesOf(amount: MemoryAmount, whole: number): number {
  return "pages" in amount ? amount.pages : Math.round((whole * amount.ppm) / 1e6);
}

const memoryText = () => {
  const pattern = `^ *\\+?[0-9]+(\\.[0-9]+)? *(${units.size.pattern}|%) *$`;
  return z.string().meta({ pattern, examples: ["256MiB", "25%"] });
};

function memoryInto(context: z.core.$RefinementCtx, value: string | 0, { positive = false }: Bounds) {
  const amount = readMemoryAmount(value);
  if ("expected" in amount) {
    const params = amount.hint === undefined ? {} : { hint: amount.hint };
    context.addIssue({ code: "custom", message: amount.expected, params });
    return z.NEVER;
  }
  if (positive && Object.values(amount)[0] === 0) {
    context.addIssue({ code: "custom", message: "more than 0" });
    return z.NEVER;
  }
  return amount;
}

/** An amount of memory, 0 allowed. */
export const memoryAmount = (bounds: Bounds = {}) =>
  z
    .union([memoryText(), z.literal(0)], { error: memoryAmountText })
    .transform((value, context): MemoryAmount => memoryInto(context, value, bounds));
/** An amount of memory of more than 0. */
export const someMemory = () => memoryAmount({ positive: true });

/** An amount of memory, or `none`. */
export const memoryOrNone = () =>
  z
    .union([z.literal("none"), memoryText(), z.literal(0)], { error: `${memoryAmountText}, or none` })
    .transform((value, context): MemoryAmount | "none" =>
      value === "none" ? value : memoryInto(context, value, {}),
    );

/** A percentage within bounds in parts per million, `limits` naming them in the user's words. */
export const ppmWithin = (min: number, max: number, limits: string) =>
  measure(units.percent, (text) => {
    const ppm = units.readManyPpm(text);
    return typeof ppm === "number" && (ppm < min || ppm > max) ? { expected: limits } : ppm;
  });

/** Bytes per second, at least one. */
export const bytesPerSecond = () =>
  measure(
    units.bandwidth,
    (text) => {
      const bits = units.readBitsPerSecond(text);
      return typeof bits === "number" ? Math.floor(bits / 8) : bits;
    },
    { positive: true },
  );

/** Bits per second, at least one. */
export const bitsPerSecond = () => measure(units.bandwidth, units.readBitsPerSecond, { positive: true });
/** A size in bytes, 0 allowed. */
export const bytes = () => measure(units.size, units.readBytes);

/** Whole events per second, more than 0. */
export const perSecond = () => measure(units.rate, units.readPerSecond, { positive: true });

/** MHz, as a bare number or with a unit. */
export const mhz = () =>
  z
    .union([z.int().min(1).max(1_000_000), unitText(units.frequency)], {
      error: "a number of MHz, or a frequency such as 2.6GHz",
    })
    .transform((value, context) =>
      typeof value === "number"
        ? value
        : readInto(context, value, units.frequency, units.readMhz, { positive: true }),
    );

/** A whole number. */
export const whole = (min: number, max: number) =>
  z
    .int({ error: ({ code }) => (code === "invalid_type" ? "a whole number" : undefined) })
    .min(min)
    .max(max);

/** For bounds of lists that `list` cannot make. */
export const ofList: object = { when: ({ value }: { readonly value: unknown }) => Array.isArray(value) };

/** A list of `min` to `max`. Zod alone would also count the `length` of whatever stands where a list should. */
export const list = <Item extends z.ZodType>(item: Item, min: number, max: number) =>
  z.array(item).min(min, ofList).max(max, ofList);

/** A name: 1 to 100 characters that print. */
export const label = () =>
  z
    .string()
    .min(1)
    .max(100)
    .refine((text) => !/\p{Cc}/u.test(text), { error: "a name without control characters" });
