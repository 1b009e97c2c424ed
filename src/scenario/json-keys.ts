/** Finds a key that a JSON text has twice within one object, which JSON.parse passes over. */

/** A string, or one of the brackets and commas that tell keys from values. */
const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]/g;

/**
 * Looks for repeated keys.
 *
 * @param text  valid JSON
 * @returns     the first such key as written, quotes and escapes included; undefined if there is none
 */
export function repeatedKey(text: string): string | undefined {
  /** Keys of the objects around; undefined for a list. */
  const around: (Set<string> | undefined)[] = [];
  let isKeyNext = false;
  for (const [found] of text.matchAll(token)) {
    const keys = around[around.length - 1];
    if (found === "{") around.push(new Set());
    else if (found === "[") around.push(undefined);
    else if (found === "}" || found === "]") around.pop();
    else if (found !== "," && isKeyNext) {
      if (keys?.has(found)) return found;
      keys?.add(found);
    }
    isKeyNext = found === "{" || (found === "," && keys !== undefined);
  }
  return undefined;
}
