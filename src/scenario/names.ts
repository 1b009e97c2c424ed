/** Names that refer to a host, VM or pool, and what is told when there is none of that name. */
import { type Finding, type Path, printable, showValue } from "./fault.ts";
import { groupCount } from "./loose.ts";
import { nearest } from "./nearest.ts";

/** Names that may be referred to, groups expanded. */
export interface Named {
  readonly vms: ReadonlySet<string>;
  readonly pools: ReadonlySet<string>;
  readonly hosts: ReadonlySet<string>;
}

/** NAME alone, or NAME-1 … NAME-N. */
export function expandedNames(name: string, count: unknown): string[] {
  if (count === undefined || count === null) return [name];
  return Array.from({ length: groupCount(count) }, (_, i) => `${name}-${i + 1}`);
}

/**
 * What is wrong with a reference.
 *
 * @param name   as written; what is no text has been told by the shape
 * @param names  of all there are, groups expanded; without a single one they are what is wrong
 * @param noun   such as `host`
 */
export function referenceFindings(
  path: Path,
  name: unknown,
  names: ReadonlySet<string>,
  noun: string,
): Finding[] {
  if (typeof name !== "string" || names.size === 0 || names.has(name)) return [];
  const group = names.has(`${name}-1`) ? `${name}-1` : nearest(name, names);
  const some = [...names]
    .slice(0, 5)
    .map((known) => printable(known))
    .join(" ");
  const list = `${noun}s are ${some}${names.size > 5 ? " …" : ""}`;
  const hint = group === undefined ? list : `did you mean ${group}?`;
  return [{ path, expected: `the name of a ${noun}`, got: showValue(name), hint }];
}
