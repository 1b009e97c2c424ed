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

/** JSON with sorted keys, and files by their base name. */
export function canonicalJson(scenario: Scenario): string {
  return JSON.stringify(scenario, (_key, value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const isFile = "kind" in value && value.kind === "file" && "path" in value;
    const map = isFile ? { ...value, path: baseName(String(value.path)) } : value;
    return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
