/** Rules of pools: names, the tree, one host for a tree with all its VMs. */
import { type Finding, printable, showValue } from "./fault.ts";
import { asList, asMap } from "./loose.ts";
import { referenceFindings } from "./names.ts";

/** A pool as far as it can be read. */
interface RawPool {
  readonly name: string | undefined;
  /** Row of its parent; undefined: none, or unknown. */
  parent: number | undefined;
}

/**
 * Checks pools and the VMs' references to them.
 *
 * @param hostNames  expanded names of the hosts
 */
export function poolFindings(pools: unknown, vms: unknown, hostNames: ReadonlySet<string>): Finding[] {
  const rows = new Map<string, number>();
  const found: Finding[] = [];
  for (const [i, raw] of asList(pools).entries()) {
    const { name } = asMap(raw);
    if (typeof name !== "string") continue;
    const earlier = rows.get(name);
    if (earlier === undefined) rows.set(name, i);
    else {
      const hint = `pools[${earlier}] has it`;
      found.push({ path: ["pools", i, "name"], expected: "a name of its own", got: printable(name), hint });
    }
  }
  const names = new Set(rows.keys());
  const list = asList(pools).map((raw): RawPool => {
    const { name, pool } = asMap(raw);
    return {
      name: typeof name === "string" ? name : undefined,
      parent: typeof pool === "string" ? rows.get(pool) : undefined,
    };
  });
  for (const [i, raw] of asList(pools).entries()) {
    const { pool, host } = asMap(raw);
    found.push(...referenceFindings(["pools", i, "pool"], pool, names, "pool"));
    found.push(...referenceFindings(["pools", i, "host"], host, hostNames, "host"));
  }
  for (const [i, raw] of asList(vms).entries()) found.push(...vmPoolFindings(asMap(raw).pool, i, names));
  found.push(...cycleFindings(list));
  found.push(...treeFindings(pools, vms, list, rows));
  return found;
}

function vmPoolFindings(pool: unknown, i: number, names: ReadonlySet<string>): Finding[] {
  const path = ["vms", i, "pool"];
  if (names.size > 0 || typeof pool !== "string") return referenceFindings(path, pool, names, "pool");
  return [{ path, expected: "the name of a pool", got: showValue(pool), hint: "there are no pools" }];
}

/** Each cycle is told once, at its first pool; its members lose their parents, so that the rest can be checked. */
function cycleFindings(pools: RawPool[]): Finding[] {
  const found: Finding[] = [];
  /** 0 not seen, else the walk that came by. */
  const seen = pools.map(() => 0);
  for (let start = 0; start < pools.length; ++start) {
    let at: number | undefined = start;
    while (at !== undefined && seen[at] === 0) {
      seen[at] = start + 1;
      at = pools[at]!.parent;
    }
    if (at === undefined || seen[at] !== start + 1) continue;
    const cycle: number[] = [];
    for (let row = at; !cycle.includes(row); row = pools[row]!.parent!) cycle.push(row);
    const first = Math.min(...cycle);
    const turned = [...cycle.slice(cycle.indexOf(first)), ...cycle.slice(0, cycle.indexOf(first)), first];
    const got = turned.map((row) => printable(pools[row]!.name ?? "")).join(" in ");
    found.push({ path: ["pools", first, "pool"], expected: "a pool that is not in itself", got });
    for (const row of cycle) pools[row]!.parent = undefined;
  }
  return found;
}

/** A tree of pools is on one host, with all its VMs. */
function treeFindings(
  pools: unknown,
  vms: unknown,
  list: readonly RawPool[],
  rows: ReadonlyMap<string, number>,
): Finding[] {
  const rootOf = (row: number): number => {
    let at = row;
    while (list[at]!.parent !== undefined) at = list[at]!.parent!;
    return at;
  };
  const roots = list.map((_, row) => rootOf(row));
  const homes = new Map<number, { readonly host: string; readonly who: string }>();
  const found: Finding[] = [];
  const settle = (root: number, host: unknown, who: string, path: (string | number)[]) => {
    if (typeof host !== "string") return;
    const home = homes.get(root);
    if (home === undefined) homes.set(root, { host, who });
    else if (home.host !== host) {
      const hint = "pools that are in each other and their VMs are on one host";
      found.push({ path, expected: `${printable(home.host)}, as ${home.who}`, got: printable(host), hint });
    }
  };
  for (const [i, raw] of asList(pools).entries()) {
    const { name, host } = asMap(raw);
    settle(roots[i]!, host, `pool ${showValue(name)}`, ["pools", i, "host"]);
  }
  for (const [i, raw] of asList(vms).entries()) {
    const { name, pool, host } = asMap(raw);
    const row = typeof pool === "string" ? rows.get(pool) : undefined;
    if (row !== undefined) settle(roots[row]!, host, `VM ${showValue(name)}`, ["vms", i, "host"]);
  }
  return found;
}
