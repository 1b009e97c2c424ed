/** Names that refer to a host, VM or pool, and what is told when there is none of that name. */
import { type Finding, type Path, printable, showValue } from "./fault.ts";
import { nearest } from "./nearest.ts";

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
