/** Numbers and names as people read them: three significant digits, units a space away, no locale. */

const BINARY_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** Bytes of a page of simulated memory. */
export const PAGE_BYTES = 4096;

/** Index into the binary units that keeps `bytes` under 1000 or so: 0 is bytes, 5 is PiB. */
export function binaryUnit(bytes: number): { readonly name: string; readonly bytes: number } {
  let size = 1;
  let index = 0;
  while (Math.abs(bytes) / size >= 1000 && index < BINARY_UNITS.length - 1) {
    size *= 1024;
    index += 1;
  }
  return { name: BINARY_UNITS[index]!, bytes: size };
}

/** `1536` becomes `1.5 KiB`; zero is `0`, which needs no unit. */
export function formatBytes(bytes: number): string {
  if (bytes === 0) return "0";
  const unit = binaryUnit(bytes);
  return `${threeDigits(bytes / unit.bytes)} ${unit.name}`;
}

/** A number of 4 KiB pages as bytes. */
export function formatPages(pages: number): string {
  return formatBytes(pages * PAGE_BYTES);
}

/** Three significant digits, more before the point if it has them; whole numbers stay whole. */
export function threeDigits(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

/** Groups of three, a space between them: `1 024`. */
export function formatCount(value: number): string {
  const digits = String(Math.round(value));
  return digits.replace(/\B(?=(\d{3})+$)/g, " ");
}

/** `part` of `whole` in percent: whole numbers from 10 % on, one decimal below; `–` if there is no whole. */
export function formatPercent(part: number, whole: number): string {
  if (!(whole > 0) || Number.isNaN(part)) return "–";
  const percent = (100 * part) / whole;
  if (part !== 0 && Math.abs(percent) < 0.05) return "< 0.1 %";
  return `${percent.toFixed(percent !== 0 && Math.abs(percent) < 9.95 ? 1 : 0)} %`;
}

/** One digit below the point, two where one would be all zero; groups of three above: `62.5`, `0.03`, `1 204.0`. */
export function formatTenths(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && size < 0.05) return size < 0.005 ? "< 0.01" : value.toFixed(2);
  const [whole, rest] = value.toFixed(1).split(".") as [string, string];
  return `${whole.replace(/\B(?=(\d{3})+$)/g, " ")}.${rest}`;
}

/** Watts or kilowatts. */
export function formatPower(watts: number): string {
  return watts >= 999.5 ? `${threeDigits(watts / 1e3)} kW` : `${threeDigits(watts)} W`;
}

/** Energy from millijoules: `840 J`, `7.02 kJ`, and kilowatt-hours from a tenth of one on. */
export function formatEnergy(milliJ: number): string {
  if (milliJ >= 360e6) return `${threeDigits(milliJ / 3.6e9)} kWh`;
  return milliJ >= 999.5e3 ? `${threeDigits(milliJ / 1e6)} kJ` : `${threeDigits(milliJ / 1e3)} J`;
}

/** A rate with its unit, `1.9 M pages/s`. */
export function formatRate(value: number, what: string): string {
  if (value >= 999.5e6) return `${threeDigits(value / 1e9)} G ${what}/s`;
  if (value >= 999.5e3) return `${threeDigits(value / 1e6)} M ${what}/s`;
  if (value >= 9999.5) return `${threeDigits(value / 1e3)} k ${what}/s`;
  return `${formatCount(value)} ${what}/s`;
}

/** `250 ms`, `4.2 s`, `4 min 10 s`, `2 h 5 min`, `3 d 4 h`: two units at most. */
export function formatDuration(ns: number): string {
  if (ns < 60e9) {
    if (ns === 0) return "0 s";
    if (ns < 1e3) return `${ns} ns`;
    if (ns < 1e6) return `${threeDigits(ns / 1e3)} us`;
    if (ns < 999.5e6) return `${threeDigits(ns / 1e6)} ms`;
    if (ns < 59.95e9) return `${threeDigits(ns / 1e9)} s`;
  }
  const seconds = Math.round(ns / 1e9);
  if (seconds < 3600) return twoUnits(seconds, 60, "min", "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return twoUnits(minutes, 60, "h", "min");
  return twoUnits(Math.round(minutes / 60), 24, "d", "h");
}

function twoUnits(value: number, base: number, large: string, small: string): string {
  const rest = value % base;
  const whole = `${(value - rest) / base} ${large}`;
  return rest === 0 ? whole : `${whole} ${rest} ${small}`;
}

/** Simulated time as in a transcript: `12.040 s`, milliseconds kept. */
export function formatAt(ns: number): string {
  return `${(ns / 1e9).toFixed(3)} s`;
}

/** A policy's input or target, whose unit its name ends with: `scanTimeNs` is a time, `idlePpm` a part; `none` stays. */
export function formatQuantity(name: string, value: number | "none"): string {
  if (value === "none") return value;
  if (name.endsWith("Ns")) return formatDuration(value);
  if (name.endsWith("Bytes")) return formatBytes(value);
  if (name.endsWith("Ppm")) return formatPercent(value, 1e6);
  if (name.endsWith("Pages") && value !== 0) return `${formatCount(value)} (${formatPages(value)})`;
  if (Number.isInteger(value)) return formatCount(value);
  return Math.abs(value) >= 1 ? threeDigits(value) : String(Number(value.toPrecision(3)));
}

/** `1 page`, `2 pages`. */
export function plural(count: number, one: string, many: string = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
