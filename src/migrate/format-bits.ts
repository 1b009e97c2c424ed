/** A bandwidth for reports: `612.5 Mbit/s`. */
export function formatBits(bits: number): string {
  const units = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"];
  let [value, unit] = [bits, 0];
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${Number(value.toFixed(value < 99.95 ? 1 : 0))} ${units[unit]}`;
}
