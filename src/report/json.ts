/** The result as the JSON document that `--json` prints and `result.json` holds. */
import type { Result } from "./result.ts";

/**
 * One document, without the timeline, which has its own file.
 *
 * @param indent  spaces a level; one line if absent
 */
export function resultJson(result: Result, indent?: number): string {
  const { timeline: _, ...rest } = result;
  return JSON.stringify(rest, undefined, indent);
}
