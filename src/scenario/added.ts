/**
 * VMs and pools that events add, set beside those that are there from the start, so that everything checks and resolves
 * them alike; what is wrong with one is told where its event stands.
 *
 *   vms: [a, b]                                      vms: [a, b, d]   d starts at 5 s
 *   events: [{ at: 5s, add: { vm: { d … } } }]  ─▶   events: [{ at: 5s, add: {} }]
 */
import type { Finding, Path } from "./fault.ts";
import { asList, asMap } from "./loose.ts";

/** What an event adds: the number of a group of VMs, or of a pool, in the text as gathered. */
export interface Added {
  readonly kind: "vm" | "pool";
  readonly index: number;
}

export interface Gathered {
  readonly value: unknown;
  /** By the number of the event. */
  readonly added: ReadonlyMap<number, Added>;
  /** Where something stands in the text as it was written. */
  readonly back: (finding: Finding) => Finding;
}

/** Gathers what the events of a document add; of any shape. The document itself is left as it is. */
export function gatherAdded(root: unknown): Gathered {
  const map = asMap(root);
  const lists = { vm: [...asList(map.vms)], pool: [...asList(map.pools)] };
  const first = { vm: lists.vm.length, pool: lists.pool.length };
  const added = new Map<number, Added>();
  const events = asList(map.events).map((event, i) => {
    const { at, add } = asMap(event);
    const given = (["vm", "pool"] as const).filter((kind) => isMap(asMap(add)[kind]));
    if (given.length !== 1 || Object.keys(asMap(add)).length > 1) return event;
    const [kind] = given as ["vm" | "pool"];
    const words = asMap(asMap(add)[kind]);
    added.set(i, { kind, index: lists[kind].length });
    // Whoever is added is powered on then, unless it says when.
    lists[kind].push(kind === "vm" && words.start === undefined ? { ...words, start: at } : words);
    return { ...asMap(event), add: {} };
  });
  if (added.size === 0) return { value: root, added, back: (finding) => finding };
  const value = { ...map, vms: lists.vm, ...(lists.pool.length === 0 ? {} : { pools: lists.pool }), events };
  return { value, added, back: (finding) => wayBack(finding, first, [...added]) };
}

function isMap(value: unknown): boolean {
  return asMap(value) === value;
}

type First = Readonly<Record<Added["kind"], number>>;
type Rows = readonly (readonly [event: number, added: Added])[];

function wayBack(finding: Finding, first: First, rows: Rows): Finding {
  const { path, hint } = finding;
  const own = pathBack(path, first, rows);
  const told = hint?.replace(/^(vms|pools)\[(\d+)\]/, (_, list: string, row: string) => {
    const [, event, ...rest] = pathBack([list, Number(row)], first, rows);
    return rest.length === 0 ? `${list}[${event}]` : `events[${event}]`;
  });
  return { ...finding, path: own, ...(told === undefined ? {} : { hint: told }) };
}

function pathBack(path: Path, first: First, rows: Rows): Path {
  const [list, row, ...rest] = path;
  const kind = list === "vms" ? "vm" : list === "pools" ? "pool" : undefined;
  if (kind === undefined || typeof row !== "number" || row < first[kind]) return path;
  const [event] = rows.find(([, added]) => added.kind === kind && added.index === row)!;
  return ["events", event, "add", kind, ...rest];
}
