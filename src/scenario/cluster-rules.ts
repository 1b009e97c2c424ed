/** What the shape of a cluster's scenario cannot say: names, references, sums, times. Reads the raw document. */
import { type Finding, printable } from "./fault.ts";
import { asList, asMap, groupCount, numberOf } from "./loose.ts";
import { expandedNames, referenceFindings } from "./names.ts";
import { poolFindings } from "./pool-rules.ts";
import { readNs } from "./units.ts";

const ROWS_MAX = 2_000_000;
const INTERVALS_MAX = 1_000_000;

/** @param root  the raw document, of any shape */
export function clusterFindings(root: unknown): Finding[] {
  const { hosts, vms, pools, events, demand } = asMap(root);
  const hostNames = new Set<string>();
  const vmNames = new Set<string>();
  const poolNames = new Set(asList(pools).flatMap((one) => nameOf(one)));
  const found = [...nameFindings("hosts", hosts, hostNames), ...nameFindings("vms", vms, vmNames)];
  for (const [i, vm] of asList(vms).entries()) {
    found.push(...referenceFindings(["vms", i, "host"], asMap(vm)["host"], hostNames, "host"));
    found.push(...vmFindings(asMap(vm), i, demand !== undefined));
  }
  if (demand === undefined && asList(vms).length === 0) {
    found.push({ path: ["vms"], expected: "at least one VM, or a demand: { file }", got: "none" });
  }
  // A cluster's pools span hosts: where their VMs are does not matter.
  const homeless = asList(vms).map((vm) => ({ ...asMap(vm), host: undefined }));
  found.push(...poolFindings(pools, homeless, new Set()));
  for (const [i, event] of asList(events).entries()) {
    found.push(
      ...eventFindings(asMap(event), i, { hostNames, poolNames, vmNames, isOpen: demand !== undefined }),
    );
  }
  return [...found, ...timeFindings(asMap(root))];
}

function nameOf(entry: unknown): string[] {
  const { name } = asMap(entry);
  return typeof name === "string" ? [name] : [];
}

/** Names are unique when `count` is expanded; fills `names` with them. */
function nameFindings(kind: "hosts" | "vms", entries: unknown, names: Set<string>): Finding[] {
  const total = asList(entries).reduce<number>((sum, entry) => sum + groupCount(asMap(entry)["count"]), 0);
  if (total > ROWS_MAX)
    return [{ path: [kind], expected: `at most ${ROWS_MAX} rows in all`, got: String(total) }];
  const found: Finding[] = [];
  for (const [i, entry] of asList(entries).entries()) {
    const { name, count } = asMap(entry);
    if (typeof name !== "string") continue;
    const all = expandedNames(name, count);
    const clash = all.find((one) => names.has(one));
    if (clash !== undefined)
      found.push({
        path: [kind, i, "name"],
        expected: "a name of its own",
        got: printable(clash),
        hint: "another has it",
      });
    for (const one of all) names.add(one);
  }
  return found;
}

function vmFindings(vm: Readonly<Record<string, unknown>>, i: number, hasTrace: boolean): Finding[] {
  const path = ["vms", i];
  const isOwn = vm["name"] !== undefined;
  if (isOwn === (vm["match"] !== undefined))
    return [
      {
        path,
        expected: "a name for a VM of its own, or match for VMs of the trace",
        got: isOwn ? "both" : "neither",
      },
    ];
  if (isOwn) {
    if (vm["memory"] === undefined)
      return [{ path: [...path, "memory"], expected: "a size such as 4GiB", got: "nothing" }];
    const [start, stop] = [numberOf(vm["start"], readNs) ?? 0, numberOf(vm["stop"], readNs)];
    if (stop !== undefined && stop <= start)
      return [{ path: [...path, "stop"], expected: "later than start" }];
    return [];
  }
  if (!hasTrace)
    return [{ path: [...path, "match"], expected: "a demand: { file } whose VMs it matches", got: "none" }];
  const wrong = ["count", "demand", "start", "stop"].filter((key) => vm[key] !== undefined);
  return wrong.map((key) => ({
    path: [...path, key],
    at: "key",
    expected: "no such key beside match, which is for VMs of the trace",
    got: key,
  }));
}

function eventFindings(
  event: Readonly<Record<string, unknown>>,
  i: number,
  known: {
    readonly hostNames: ReadonlySet<string>;
    readonly poolNames: ReadonlySet<string>;
    readonly vmNames: ReadonlySet<string>;
    readonly isOpen: boolean;
  },
): Finding[] {
  const kinds = ["fail", "add", "remove", "start", "stop", "set"];
  const given = kinds.filter((kind) => event[kind] !== undefined);
  const path = ["events", i];
  if (given.length !== 1)
    return [
      {
        path,
        expected: `one of ${kinds.join(", ")}`,
        got: given.length === 0 ? "none" : given.join(" and "),
      },
    ];
  const kind = given[0]!;
  const { host, vm, pool } = asMap(event[kind]);
  const found = referenceFindings([...path, kind, "host"], host, known.hostNames, "host");
  found.push(...referenceFindings([...path, kind, "pool"], pool, known.poolNames, "pool"));
  if (!known.isOpen) found.push(...referenceFindings([...path, kind, "vm"], vm, known.vmNames, "VM"));
  if (kind === "set" && (vm === undefined) === (pool === undefined))
    found.push({
      path: [...path, "set"],
      expected: "a vm or a pool",
      got: vm === undefined ? "neither" : "both",
    });
  return found;
}

function timeFindings({ every, duration, policies }: Readonly<Record<string, unknown>>): Finding[] {
  const [step, total] = [numberOf(every, readNs), numberOf(duration, readNs)];
  const found: Finding[] = [];
  if (step !== undefined && total !== undefined && step > 0 && total / step > INTERVALS_MAX)
    found.push({
      path: ["every"],
      expected: `at most ${INTERVALS_MAX} intervals`,
      got: String(Math.ceil(total / step)),
    });
  if (step !== undefined && total !== undefined && step > total)
    found.push({ path: ["every"], expected: "no more than the duration" });
  const policyEvery = numberOf(asMap(asMap(policies)["balance"])["every"], readNs);
  if (policyEvery !== undefined && step !== undefined && step > 0 && policyEvery % step !== 0)
    found.push({ path: ["policies", "balance", "every"], expected: "a multiple of the interval (every)" });
  return found;
}
