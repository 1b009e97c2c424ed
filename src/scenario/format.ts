/**
 * Numbers of base units to words: `formatX` rounds for reports, `writeX` is exact and is read back to the same number.
 */
import { frequency, pageBytes, type Quantity, size, time } from "./units.ts";

/** Steps of a unit family, largest first. */
type Steps = readonly (readonly [name: string, base: number])[];

function steps(quantity: Quantity, names: readonly string[]): Steps {
  return names.map((name) => [name, Number(quantity.units.get(name)![0])]);
}

const byteSteps = steps(size, ["TiB", "GiB", "MiB", "KiB", "B"]);
const timeSteps = steps(time, ["d", "h", "min", "s", "ms", "us", "ns"]);
const mhzSteps = steps(frequency, ["GHz", "MHz"]);

/** At most `decimals` of them, without trailing zeroes. */
function decimal(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

function format(value: number, units: Steps): string {
  const sign = value < 0 ? "-" : "";
  const amount = Math.abs(value);
  let at = units.findIndex(([, base]) => amount >= base);
  if (at < 0) at = units.length - 1;
  // 1023.96 MiB would round to "1024 MiB", so it moves up to "1 GiB".
  const above = units[at - 1];
  if (above !== undefined && amount >= above[1] * 0.99995) at -= 1;
  const [name, base] = units[at]!;
  return `${sign}${decimal(amount / base, 1)} ${name}`;
}

function write(value: number, units: Steps): string {
  const last = units[units.length - 1]![0];
  if (value === 0) return `0${last}`;
  for (const [name, base] of units) {
    // Three decimals at most; what needs more is written in a smaller unit.
    if (
      value >= base &&
      (value % base) * 1000 < Number.MAX_SAFE_INTEGER &&
      ((value % base) * 1000) % base === 0
    ) {
      const thousandths = ((value % base) * 1000) / base;
      const part = thousandths === 0 ? "" : `.${String(thousandths).padStart(3, "0").replace(/0+$/, "")}`;
      return `${Math.floor(value / base)}${part}${name}`;
    }
  }
  return `${value}${last}`;
}

/** A size for reports, such as `1.5 GiB`; `bytes` may be negative. */
export function formatBytes(bytes: number): string {
  return format(bytes, byteSteps);
}

/** A number of 4 KiB pages as a size for reports, such as `512 MiB`. */
export function formatPages(pages: number): string {
  return format(pages * pageBytes, byteSteps);
}

/** A time for reports, such as `1.5 min`. */
export function formatNs(ns: number): string {
  return format(ns, timeSteps);
}

/** A frequency for reports, such as `2.6 GHz`. */
export function formatMhz(mhz: number): string {
  return format(mhz, mhzSteps);
}

/** A count with its thousands apart, such as `1 048 576`. */
export function formatCount(count: number): string {
  const [whole = "", part] = String(count).split(".");
  const grouped = whole.includes("e") ? whole : whole.replace(/\B(?=(\d{3})+$)/g, " ");
  return part === undefined ? grouped : `${grouped}.${part}`;
}

/** Parts per million as a percentage for reports, such as `32.9 %`. */
export function formatPpm(ppm: number): string {
  return `${decimal(ppm / 10_000, 1)} %`;
}

/** A fraction 0 … 1 as a percentage for reports; `nothing` for 0/0. */
export function formatFraction(fraction: number, nothing = "-"): string {
  return Number.isFinite(fraction) ? formatPpm(fraction * 1e6) : nothing;
}

/** Events per second for reports, such as `200/s`; undefined is `none`. */
export function formatRate(perSecond: number | undefined): string {
  return perSecond === undefined ? "none" : `${formatCount(Number(decimal(perSecond, 3)))}/s`;
}

/** Bytes exactly, as scenarios write them, such as `1.5GiB`. */
export function writeBytes(bytes: number): string {
  return write(bytes, byteSteps);
}

/** Pages of 4 KiB exactly, as scenarios write them, such as `512MiB`. */
export function writePages(pages: number): string {
  return write(pages * pageBytes, byteSteps);
}

/** Nanoseconds exactly, as scenarios write them, such as `10min`. */
export function writeNs(ns: number): string {
  return write(ns, timeSteps);
}

/** Parts per million exactly, as scenarios write them, such as `2.5%`. */
export function writePpm(ppm: number): string {
  return `${decimal(ppm / 10_000, 4)}%`;
}

/** Events per 1000 s exactly, as scenarios write them, such as `1000/s`. */
export function writePerKs(perKs: number): string {
  return `${decimal(perKs / 1000, 3)}/s`;
}
