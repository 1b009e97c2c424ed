/** Rules of what comes and goes: nothing is spoken of before it is there, and nothing is in a pool that comes later. */
import type { Gathered } from "./added.ts";
import { type Finding, type Path, showValue } from "./fault.ts";
import { formatNs } from "./format.ts";
import { asList, asMap, numberOf } from "./loose.ts";
import { expandedNames, type Named, referenceFindings } from "./names.ts";
import { readNs } from "./units.ts";

/** When the VMs and pools come that are not there from the start. */
interface Coming {
  readonly atNs: number;
  readonly event: number;
}
type Comings = Readonly<Record<"vm" | "pool", ReadonlyMap<string, Coming>>>;

/**
 * Checks `add`, `remove` and who speaks of what they are about.
 *
 * @param root  the document as it was written
 * @param names  of all VMs and pools, those to come included
 */
export function lifeFindings(root: unknown, { value, added }: Gathered, names: Named): Finding[] {
  const { events, vms, pools, hosts } = asMap(root);
  const coming = comingsOf(asMap(value), asList(events), added);
  const found = asList(events).flatMap((event, i) => [
    ...addFindings(asMap(event), ["events", i]),
    ...removeFindings(asMap(event).remove, ["events", i, "remove"], names),
    ...earlyFindings(asMap(event), i, coming),
  ]);
  for (const [list, entries] of Object.entries({ vms, pools })) {
    for (const [i, entry] of asList(entries).entries()) {
      const { pool } = asMap(entry);
      found.push(...fromStart([list, i, "pool"], "pool", pool, coming));
    }
  }
  for (const [i, host] of asList(hosts).entries()) {
    for (const [k, source] of asList(asMap(host).interrupts).entries()) {
      found.push(...fromStart(["hosts", i, "interrupts", k, "vm"], "vm", asMap(source).vm, coming));
    }
  }
  return found;
}

function comingsOf(
  { vms, pools }: Readonly<Record<string, unknown>>,
  events: readonly unknown[],
  added: Gathered["added"],
): Comings {
  const coming = { vm: new Map<string, Coming>(), pool: new Map<string, Coming>() };
  for (const [event, { kind, index }] of added) {
    const { name, count } = asMap(asList(kind === "vm" ? vms : pools)[index]);
    const atNs = numberOf(asMap(events[event]).at, readNs);
    if (typeof name !== "string" || atNs === undefined) continue;
    const all = kind === "vm" ? expandedNames(name, count) : [name];
    for (const one of all) coming[kind].set(one, { atNs, event });
  }
  return coming;
}

function eitherFinding(words: unknown, path: Path): Finding[] {
  const map = asMap(words);
  if (map !== words || (map.vm === undefined) !== (map.pool === undefined)) return [];
  const isNeither = map.vm === undefined;
  // What stands there instead has been told as an unknown key.
  if (isNeither && Object.keys(map).length > 0) return [];
  return [{ path, expected: "vm or pool", got: isNeither ? "neither" : "both" }];
}

function addFindings({ at, add }: Readonly<Record<string, unknown>>, path: Path): Finding[] {
  const found = eitherFinding(add, [...path, "add"]);
  const { start, mmu } = asMap(asMap(add).vm);
  if (mmu !== undefined) {
    const expected = "no mmu for a VM that is added: page tables stand in its memory from the start";
    found.push({ path: [...path, "add", "vm", "mmu"], at: "key", expected, got: "mmu" });
  }
  const [startNs, atNs] = [numberOf(start, readNs), numberOf(at, readNs)];
  if (startNs === undefined || atNs === undefined || startNs >= atNs) return found;
  const expected = `${formatNs(atNs)}, when it is added, or later`;
  return [...found, { path: [...path, "add", "vm", "start"], expected, got: showValue(start) }];
}

function removeFindings(remove: unknown, path: Path, { vms, pools }: Named): Finding[] {
  const { vm, pool } = asMap(remove);
  return [
    ...eitherFinding(remove, path),
    ...referenceFindings([...path, "vm"], vm, vms, "VM"),
    ...referenceFindings([...path, "pool"], pool, pools, "pool"),
  ];
}

/** Names of VMs and pools that an event speaks of, by where they stand in it. */
const speaks: readonly (readonly ["vm" | "pool", ...string[]])[] = [
  ...["start", "stop", "reset", "set", "migrate", "remove"].map((action) => ["vm", action, "vm"] as const),
  ...["set", "migrate", "remove"].map((action) => ["pool", action, "pool"] as const),
  ["pool", "add", "vm", "pool"],
  ["pool", "add", "pool", "pool"],
];

function earlyFindings(event: Readonly<Record<string, unknown>>, i: number, coming: Comings): Finding[] {
  const atNs = numberOf(event.at, readNs);
  if (atNs === undefined) return [];
  return speaks.flatMap(([kind, ...steps]) => {
    const name = steps.reduce<unknown>((value, step) => asMap(value)[step], event);
    const comes = typeof name === "string" ? coming[kind].get(name) : undefined;
    if (comes === undefined || comes.atNs < atNs || (comes.atNs === atNs && comes.event < i)) return [];
    return [notThere(["events", i, ...steps], kind, name, formatNs(atNs), comes)];
  });
}

/** What is there from the start is in nothing that comes later. */
function fromStart(path: Path, kind: "vm" | "pool", name: unknown, coming: Comings): Finding[] {
  const comes = typeof name === "string" ? coming[kind].get(name) : undefined;
  return comes === undefined ? [] : [notThere(path, kind, name, "the start", comes)];
}

function notThere(path: Path, kind: "vm" | "pool", name: unknown, when: string, comes: Coming): Finding {
  const noun = kind === "vm" ? "VM" : "pool";
  const hint = `events[${comes.event}] adds it at ${formatNs(comes.atNs)}`;
  return { path, expected: `a ${noun} that is there at ${when}`, got: showValue(name), hint };
}
