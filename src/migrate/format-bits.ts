/** Bandwidths as reports and advice print them. */

const UNITS = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"];

/** A bandwidth for reports: `612.5 Mbit/s`. */
export function formatBits(bits: number): string {
  const [value, unit] = scaled(bits);
  return `${Number(value.toFixed(value < 99.95 ? 1 : 0))} ${unit}`;
}

/**
 * A bandwidth that suffices, for advice: rounded up, by at most 2 %, and never to what `tooLittle` prints as.
 *
 * @param bits       per second
 * @param tooLittle  bits per second that do not suffice; less than `bits`
 */
export function formatBitsUp(bits: number, tooLittle = 0): string {
  const [value, unit, base] = scaled(bits);
  for (let grain = value < 99.95 ? 10 : 1; grain <= 1e9; grain *= 10) {
    // A hair less, lest the tenths of 1.1 round up to 1.2.
    const up = Math.ceil(value * grain * (1 - 1e-12)) / grain;
    const shown = formatBits(up * base);
    const text = up >= 1000 ? shown : `${up} ${unit}`;
    if (up <= value * 1.02 && text !== formatBits(tooLittle)) return text;
  }
  return formatBits(bits);
}

function scaled(bits: number): [value: number, unit: string, base: number] {
  let [base, unit] = [1, 0];
  while (bits / base >= 999.95 && unit < UNITS.length - 1) {
    base *= 1000;
    unit += 1;
  }
  return [bits / base, UNITS[unit]!, base];
}
