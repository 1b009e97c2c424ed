/**
 * What the shape alone cannot say: names, hosts, sums and ranges.
 *
 * The rules read the raw document and skip what they cannot read, so that their faults stand beside those of the shape.
 */
import { type Gathered, gatherAdded } from "./added.ts";
import { cpuPolicyFindings, habitFindings, hostCpuFindings } from "./cpu-rules.ts";
import { epochsMax, rowsMax, samplesMax, scenarioDefaults } from "./defaults.ts";
import { eventFindings } from "./event-rules.ts";
import { type Finding, type Path, printable } from "./fault.ts";
import { formatCount, formatNs, writePages } from "./format.ts";
import { lifeFindings } from "./life-rules.ts";
import { asList, asMap, groupCount, numberOf } from "./loose.ts";
import { memoryRuleFindings } from "./mem-rules.ts";
import { homeFindings, linkFindings } from "./move-rules.ts";
import { expandedNames, referenceFindings } from "./names.ts";
import { poolFindings } from "./pool-rules.ts";
import { readNs, readPages } from "./units.ts";
import { imageFindings, workloadFindings } from "./vm-rules.ts";

/**
 * Checks a document beyond its shape.
 *
 * @param written   the raw document, of any shape
 * @param gathered  the same with what its events add among the rest: paths are of that
 * @returns         what is wrong, in no particular order
 */
export function ruleFindings(written: unknown, gathered: Gathered = gatherAdded(written)): Finding[] {
  const root = gathered.value;
  const { hosts, vms, pools, events, duration, series, policies } = asMap(root);
  const hostNames = new Set<string>();
  const vmNames = new Set<string>();
  const poolNames = new Set(
    asList(pools).flatMap((pool) => {
      const { name } = asMap(pool);
      return typeof name === "string" ? [name] : [];
    }),
  );
  const names = { vms: vmNames, pools: poolNames, hosts: hostNames };
  return [
    ...nameFindings("hosts", hosts, hostNames),
    ...nameFindings("vms", vms, vmNames),
    ...asList(hosts).flatMap(nodeFindings),
    ...asList(hosts).flatMap((host, i) => hostCpuFindings(host, i, vmNames)),
    ...poolFindings(pools, vms, hostNames),
    ...asList(hosts).flatMap((host, i) => sizeFindings(["hosts", i, "memory"], host)),
    ...asList(vms).flatMap((vm, i) => sizeFindings(["vms", i, "memory"], vm)),
    ...asList(vms).flatMap((vm, i) =>
      referenceFindings(["vms", i, "host"], asMap(vm).host, hostNames, "host"),
    ),
    ...asList(vms).flatMap((vm, i) => [...imageFindings(asMap(vm), i), ...workloadFindings(asMap(vm), i)]),
    ...asList(vms).flatMap((vm, i) => habitFindings(asMap(vm), i)),
    ...asList(events).flatMap((event, i) => eventFindings(event, i, names)),
    ...lifeFindings(written, gathered, names),
    ...linkFindings(asMap(root).links, hostNames),
    ...homeFindings(vms, events),
    ...cpuPolicyFindings(policies),
    ...memoryRuleFindings(asMap(root)),
    ...seriesFindings(duration, series),
    ...epochFindings(duration, policies, "memory"),
    ...epochFindings(duration, policies, "cpu"),
  ];
}

/** Names are unique, before and after `count` is expanded; fills `names` with the expanded ones. */
function nameFindings(kind: "hosts" | "vms", entries: unknown, names: Set<string>): Finding[] {
  const noun = kind === "hosts" ? "hosts" : "VMs";
  const total = asList(entries).reduce<number>((sum, entry) => sum + groupCount(asMap(entry).count), 0);
  if (total > rowsMax) return [tooMany(kind, noun, asList(entries), total)];

  const found: Finding[] = [];
  const groups = new Map<string, number>();
  const owners = new Map<string, number>();
  for (const [i, entry] of asList(entries).entries()) {
    const { name, count } = asMap(entry);
    if (typeof name !== "string") continue;
    const path = [kind, i, "name"];
    const earlier = groups.get(name);
    if (earlier !== undefined) {
      found.push({
        path,
        expected: "a name of its own",
        got: printable(name),
        hint: `${kind}[${earlier}] has it`,
      });
      continue;
    }
    groups.set(name, i);
    const clash = expandedNames(name, count).find((expanded) => owners.has(expanded));
    if (clash !== undefined) {
      const hint = `${kind}[${owners.get(clash)}] has it`;
      found.push({ path, expected: "names of its own", got: printable(clash), hint });
    }
    for (const expanded of expandedNames(name, count)) {
      owners.set(expanded, i);
      names.add(expanded);
    }
  }
  return found;
}

/** The largest group is the one to reduce. */
function tooMany(kind: string, noun: string, entries: readonly unknown[], total: number): Finding {
  let largest = 0;
  for (const [i, entry] of entries.entries()) {
    const count = groupCount(asMap(entry).count);
    if (count > groupCount(asMap(entries[largest]).count)) largest = i;
  }
  const hasCount = groupCount(asMap(entries[largest]).count) > 1;
  return {
    path: hasCount ? [kind, largest, "count"] : [kind],
    expected: `at most ${formatCount(rowsMax)} ${noun} in all`,
    got: formatCount(total),
    hint: hasCount ? "reduce count" : `reduce the number of ${noun}`,
  };
}

function nodeFindings(host: unknown, i: number): Finding[] {
  const { nodes, memory } = asMap(host);
  const pages = numberOf(memory, readPages);
  if (typeof nodes !== "number" || pages === undefined || pages === 0 || nodes <= pages || nodes > 64)
    return [];
  return [{ path: ["hosts", i, "nodes"], expected: `at most ${pages}, one page a node`, got: String(nodes) }];
}

/** Page numbers have 32 bits, and the last one means none. */
function sizeFindings(path: Path, entry: unknown): Finding[] {
  const pages = numberOf(asMap(entry).memory, readPages);
  if (pages === undefined || pages < 2 ** 32 - 1) return [];
  return [{ path, expected: "less than 16 TiB", got: writePages(pages) }];
}

/** Policies look at every VM each time. */
function epochFindings(duration: unknown, policies: unknown, kind: "memory" | "cpu"): Finding[] {
  const every = numberOf(asMap(asMap(policies)[kind]).every, readNs);
  const total = duration === undefined ? scenarioDefaults.durationNs.value : numberOf(duration, readNs);
  if (every === undefined || total === undefined || every === 0) return [];
  if (total / every <= epochsMax) return [];
  return [
    {
      path: ["policies", kind, "every"],
      expected: `at most ${formatCount(epochsMax)} decisions in ${formatNs(total)}`,
      got: `${formatCount(Math.floor(total / every))} decisions`,
    },
  ];
}

/** Events behind the end, which would never come. */
export function lateFindings(root: unknown): Finding[] {
  const { duration, events } = asMap(root);
  const total = duration === undefined ? scenarioDefaults.durationNs.value : numberOf(duration, readNs);
  if (total === undefined) return [];
  return asList(events).flatMap((event, i) => {
    const { at } = asMap(event);
    const atNs = numberOf(at, readNs);
    if (atNs === undefined || atNs <= total) return [];
    const expected = `a time within the duration (${formatNs(total)})`;
    return [{ path: ["events", i, "at"], expected, got: printable(String(at)) }];
  });
}

function seriesFindings(duration: unknown, series: unknown): Finding[] {
  const every = numberOf(asMap(series).every, readNs);
  const total = duration === undefined ? scenarioDefaults.durationNs.value : numberOf(duration, readNs);
  if (every === undefined || total === undefined || every === 0) return [];
  if (total / every <= samplesMax) return [];
  return [
    {
      path: ["series", "every"],
      expected: `at most ${formatCount(samplesMax)} samples in ${formatNs(total)}`,
      got: `${formatCount(Math.floor(total / every))} samples`,
    },
  ];
}
