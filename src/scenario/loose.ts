/** Reading a raw document that may have any shape: what does not fit is empty or undefined, never a throw. */
import type { Reading } from "./units.ts";

const noMap: Readonly<Record<string, unknown>> = {};

/** The value as a map; an empty one if it is none. */
export function asMap(value: unknown): Readonly<Record<string, unknown>> {
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
  return isMap ? (value as Readonly<Record<string, unknown>>) : noMap;
}

/** The value as a list; an empty one if it is none. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** How many rows a group makes; 1 where `count` is absent or wrong. */
export function groupCount(count: unknown): number {
  return typeof count === "number" && Number.isSafeInteger(count) && count > 0 ? count : 1;
}

/** Text with a unit, or 0; undefined where the shape has a fault to report. */
export function numberOf(value: unknown, read: (text: string) => Reading): number | undefined {
  if (value === 0) return 0;
  if (typeof value !== "string") return undefined;
  const reading = read(value);
  return typeof reading === "number" ? reading : undefined;
}
