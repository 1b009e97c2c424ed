/**
 * Long lists made short: members of a count group (`web-1`, `web-2`, …) become one row that adds them up, and what is
 * still too long is cut with a row for the rest. The sums of the rows stay the sums of the list.
 */
import { formatCount } from "./format.ts";
import { sum } from "./summary.ts";

interface Row {
  readonly name: string;
  readonly host?: string;
  readonly memory: { readonly sizePages: number };
}

/** Rows shown of a group before the rest is folded. */
const SHOWN_OF_GROUP = 2;
/** A group this small is not worth folding. */
const GROUP_MIN = 5;

export interface Folded<Of> {
  readonly rows: readonly Of[];
  /** Members of the list that have no row of their own. */
  readonly hidden: number;
}

/**
 * Folds a list that is longer than `limit` rows.
 *
 * @param list   hosts or VMs in the scenario's order
 * @param limit  rows that may be shown, at least 4
 * @returns      the rows, some of them sums, and how many members have none
 */
export function fold<Of extends Row>(list: readonly Of[], limit: number): Folded<Of> {
  if (list.length <= limit) return { rows: list, hidden: 0 };
  const rows: Of[] = [];
  let hidden = 0;
  for (const group of groupsOf(list)) {
    if (rows.length >= limit - 1) break;
    const room = limit - 1 - rows.length;
    if (group.length < GROUP_MIN) {
      rows.push(...group.slice(0, room));
    } else {
      rows.push(...group.slice(0, Math.min(SHOWN_OF_GROUP, room)));
      const rest = group.slice(SHOWN_OF_GROUP);
      if (room > SHOWN_OF_GROUP) {
        rows.push(sumRow(`${rest[0]!.name} … ${rest.at(-1)!.name}`, rest));
        hidden += rest.length;
      }
    }
  }
  const shown = shownMembers(rows, list, hidden);
  const rest = list.slice(shown);
  if (rest.length > 0) rows.push(sumRow(`${formatCount(rest.length)} more`, rest));
  return { rows, hidden: hidden + rest.length };
}

/** Members that stand in the rows, alone or in a sum: they are the first of the list, for groups keep its order. */
function shownMembers(rows: readonly Row[], list: readonly Row[], folded: number): number {
  const own = new Set<Row>(list);
  return rows.filter((row) => own.has(row)).length + folded;
}

/** Consecutive members with the same stem and the same size. */
function groupsOf<Of extends Row>(list: readonly Of[]): Of[][] {
  const groups: Of[][] = [];
  let key: string | undefined;
  for (const row of list) {
    const stem = /^(.*)-\d+$/s.exec(row.name)?.[1];
    const next = stem === undefined ? undefined : `${row.memory.sizePages} ${stem}`;
    if (next !== undefined && next === key) groups.at(-1)!.push(row);
    else groups.push([row]);
    key = next;
  }
  return groups;
}

/** One row for several: memory added up, the host kept if it is one. */
export function sumRow<Of extends Row>(name: string, rows: readonly Of[]): Of {
  const hosts = new Set(rows.map((row) => row.host));
  const host = hosts.size === 1 ? rows[0]!.host : `${formatCount(hosts.size)} hosts`;
  const base = rows[0]!;
  const memory = sum(rows.map((row) => row.memory));
  return base.host === undefined ? { ...base, name, memory } : { ...base, name, host, memory };
}
