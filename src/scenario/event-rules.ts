/** Rules of events: one action each, on what there is. What admission or ownership refuses is an outcome, not a fault. */
import { type Finding, type Path, showValue } from "./fault.ts";
import { asMap } from "./loose.ts";
import { partFindings } from "./mem-rules.ts";
import { moveFindings } from "./move-rules.ts";
import { type Named, referenceFindings } from "./names.ts";

type RawMap = Readonly<Record<string, unknown>>;

const actions = [
  ...(["start", "stop", "reset", "add", "remove"] as const),
  ...(["migrate", "fail", "repair", "idleTax", "set"] as const),
];
const controls = ["shares", "reservation", "limit"] as const;

/** Checks one event. */
export function eventFindings(raw: unknown, i: number, names: Named): Finding[] {
  const event = asMap(raw);
  const path: Path = ["events", i];
  const given = actions.filter((action) => event[action] !== undefined);
  const found: Finding[] = [];
  if (given.length !== 1 && event === raw) {
    const got = given.length === 0 ? "none of them" : given.join(" and ");
    found.push({ path, expected: `one of ${actions.join(", ").replace(/, ([^,]+)$/, " and $1")}`, got });
  }
  for (const action of ["start", "stop", "reset"] as const) {
    found.push(...referenceFindings([...path, action, "vm"], asMap(event[action]).vm, names.vms, "VM"));
  }
  found.push(...moveFindings(event, path, names));
  if (asMap(event.set) === event.set) found.push(...setFindings(asMap(event.set), [...path, "set"], names));
  return found;
}

function setFindings(set: RawMap, path: Path, { vms, pools }: Named): Finding[] {
  const found: Finding[] = [];
  const isMove = set.vm !== undefined && set.pool !== undefined;
  if (set.vm === undefined && set.pool === undefined) {
    found.push({ path, expected: "vm or pool", got: "neither" });
  }
  found.push(...referenceFindings([...path, "vm"], set.vm, vms, "VM"));
  if (isMove && set.pool === "none") return [...found, ...beside(set, path)];
  if (pools.size > 0) found.push(...referenceFindings([...path, "pool"], set.pool, pools, "pool"));
  else if (typeof set.pool === "string") {
    const hint = "there are no pools";
    found.push({ path: [...path, "pool"], expected: "the name of a pool", got: showValue(set.pool), hint });
  }
  if (isMove) return [...found, ...beside(set, path)];
  if (set.vcpus !== undefined && set.vm === undefined && set.pool !== undefined) {
    found.push({ path: [...path, "vcpus"], at: "key", expected: "vcpus only for a VM", got: "vcpus" });
  }
  for (const resource of ["cpu", "mem"] as const) {
    const map = asMap(set[resource]);
    for (const key of controls) {
      if (set[`${resource}.${key}`] === undefined || map[key] === undefined) continue;
      const expected = `${resource}.${key} or ${resource}: { ${key} }`;
      found.push({ path: [...path, `${resource}.${key}`], at: "key", expected, got: "both" });
    }
  }
  if (set.pool !== undefined) {
    found.push(...partFindings(set, path, "mem."), ...partFindings(asMap(set.mem), [...path, "mem"]));
  }
  const keys = Object.keys(set).filter((key) => !["vm", "pool", "cpu", "mem"].includes(key));
  const inner = [...Object.keys(asMap(set.cpu)), ...Object.keys(asMap(set.mem))];
  if (keys.length === 0 && inner.length === 0) {
    found.push({ path, expected: "something to change, such as cpu.shares", got: "nothing" });
  }
  return found;
}

/** A VM goes to another pool with its controls as they are. */
function beside(set: RawMap, path: Path): Finding[] {
  const more = Object.keys(set).filter((key) => key !== "vm" && key !== "pool" && set[key] !== undefined);
  return more.map((key) => {
    const expected = "vm and pool alone, where a VM is to go to another pool";
    return {
      path: [...path, key],
      at: "key" as const,
      expected,
      got: key,
      hint: "or another event for the rest",
    };
  });
}
