/**
 * Small pictures of a series for a terminal: one line of blocks, or a few lines of braille dots.
 *
 *   ▁▁▂▃▅▆▇███        ⠀⠀⢀⡠⠔⠒⠉⠉     two by four dots in a character
 *
 * Values are shown from zero up, so that twice as high means twice as much.
 * Cost: O(samples).
 */

const BLOCKS = "▁▂▃▄▅▆▇█";
/** Bit of the dot at (column, row from the top) in a braille character. */
const DOTS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;

/**
 * The value that holds at each of `count` evenly spaced moments between the first and the last sample.
 *
 * @param atNs    rising moments
 * @param values  as many values
 * @param count   at least 1
 * @returns       `count` values; none if there are no samples
 */
export function resample(atNs: readonly number[], values: readonly number[], count: number): number[] {
  const length = Math.min(atNs.length, values.length);
  if (length === 0) return [];
  const first = atNs[0]!;
  const step = (atNs[length - 1]! - first) / Math.max(1, count - 1);
  const out: number[] = [];
  let index = 0;
  for (let i = 0; i < count; ++i) {
    const at = first + step * i;
    // Half a step of slack: a sample rounded the other way still counts for its own moment.
    while (index + 1 < length && atNs[index + 1]! <= at + step * 1e-6) index += 1;
    out.push(values[i === count - 1 ? length - 1 : index]!);
  }
  return out;
}

/**
 * One line of `width` block characters, zero at the bottom; empty if there are no samples.
 *
 * @param options  `highest`: what a full block stands for, the highest value if absent; `blank`: zero is a space
 */
export function sparkline(
  atNs: readonly number[],
  values: readonly number[],
  width: number,
  options: { readonly highest?: number | undefined; readonly blank?: boolean } = {},
): string {
  const points = resample(atNs, values, width);
  const top = options.highest ?? Math.max(0, ...points);
  const block = (value: number): string => BLOCKS[level(value, top, BLOCKS.length)]!;
  return points.map((value) => (options.blank && !(value > 0) ? " " : block(value))).join("");
}

/**
 * One character for each of `width` stretches between the first and the last sample: that of the largest value in it, so
 * that nothing short is lost.
 *
 * @param letters  one for each value
 */
export function letterLine(
  atNs: readonly number[],
  values: readonly number[],
  width: number,
  letters: string,
): string {
  const points = resample(atNs, values, width);
  if (points.length === 0) return "";
  const first = atNs[0]!;
  const step = (atNs.at(-1)! - first) / Math.max(1, width - 1);
  const worst = [...points];
  for (let i = 0; i < values.length && step > 0; ++i) {
    const place = Math.min(width - 1, Math.round((atNs[i]! - first) / step));
    worst[place] = Math.max(worst[place]!, values[i]!);
  }
  return worst.map((value) => letters[value] ?? "?").join("");
}

/**
 * A line in braille dots.
 *
 * @param width   characters across; two points each
 * @param height  lines; four steps each
 * @returns       `height` lines from the top; none if there are no samples
 */
export function brailleLine(
  atNs: readonly number[],
  values: readonly number[],
  width: number,
  height: number,
): string[] {
  const points = resample(atNs, values, width * 2);
  if (points.length === 0) return [];
  const top = Math.max(0, ...points);
  const steps = height * 4;
  const cells = Array.from({ length: height }, () => new Uint8Array(width));
  let before = level(points[0]!, top, steps);
  for (let x = 0; x < points.length; ++x) {
    const now = level(points[x]!, top, steps);
    const low = Math.min(now, before < now ? before + 1 : now);
    const high = Math.max(now, before > now ? before - 1 : now);
    for (let y = low; y <= high; ++y) {
      const fromTop = steps - 1 - y;
      cells[fromTop >> 2]![x >> 1]! |= DOTS[x & 1 ? 1 : 0][fromTop & 3]!;
    }
    before = now;
  }
  return cells.map((row) => String.fromCharCode(...[...row].map((bits) => 0x2800 + bits)));
}

/** Step of `value` in 0 … steps − 1, where `top` is the last. */
function level(value: number, top: number, steps: number): number {
  if (!(top > 0) || !(value > 0)) return 0;
  return Math.min(steps - 1, Math.round((value / top) * (steps - 1)));
}
