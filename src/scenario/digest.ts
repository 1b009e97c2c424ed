/** A scenario's digest: XXH64 over its canonical JSON, the same in Node and browsers. */
import xxhash from "xxhash-wasm";
import { baseName } from "./paths.ts";
import type { Scenario } from "./types.ts";

/**
 * Hashes a resolved scenario. Folders of image files do not count, so that a checkout may lie anywhere.
 *
 * @returns  16 hex digits
 */
export async function scenarioDigest(scenario: Scenario): Promise<string> {
  const { h64ToString } = await xxhash();
  return h64ToString(canonicalJson(scenario));
}

/** JSON with sorted keys, files by their base name, and the references of page traces by number and sum. */
export function canonicalJson(scenario: Scenario): string {
  return JSON.stringify(scenario, (_key, value: unknown) => {
    if (value instanceof Uint32Array) return { count: value.length, sum: sumOf(value) };
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const isFile = "kind" in value && value.kind === "file" && "path" in value;
    const map = isFile ? { ...value, path: baseName(String(value.path)) } : value;
    return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/**
 * A sum in which places count, of 16 hex digits:
 *
 *   a ← (a ⊕ x) · p mod 2^32      b ← b · q + a mod 2^32
 */
function sumOf(words: Uint32Array): string {
  let a = 0x811c9dc5;
  let b = 0;
  for (const word of words) {
    a = Math.imul(a ^ word, 0x01000193);
    b = (Math.imul(b, 0x9e3779b1) + a) | 0;
  }
  const hex = (part: number) => (part >>> 0).toString(16).padStart(8, "0");
  return hex(a) + hex(b);
}
