/** Rules of CPU work: one kind in each entry, the keys that go with it, lengths that can be drawn, one step a phase. */
import { type Finding, type Path, showValue } from "./fault.ts";
import { formatNs } from "./format.ts";
import { asList, asMap, numberOf } from "./loose.ts";
import { readNs } from "./units.ts";
import { streamKeys } from "./work-schema.ts";

type RawMap = Readonly<Record<string, unknown>>;

/** Kinds of CPU work, by the key that names them, and the keys that go with each. */
const kinds: Readonly<Record<string, readonly string[]>> = {
  busy: ["threads", "start", "stop"],
  run: ["sleep", "threads", "start", "stop"],
  phases: ["times", "syncs", "threads", "start", "stop"],
  // Requests come from power-on: the VM's own start says when that is.
  requests: ["arrivals", "service", "threads", "stop"],
  // Threads that stop while others wait for them would make those wait for ever.
  barrier: ["start"],
  lock: ["start", "stop"],
  trace: ["gaps", "start", "stop"],
};
const kindNames = Object.keys(kinds);
const actions = ["run", "sleep", "busy", "timer", "lock", "unlock", "barrier", "suspend", "resume", "repeat"];

function has(map: RawMap, key: string): boolean {
  return map[key] !== undefined;
}

/** Whether an entry of a workload is CPU work, or means to be. Operations on memory have threads and sleep too. */
export function isCpuWork(work: RawMap): boolean {
  if (isOperation(work)) return false;
  const own = [...kindNames, ...Object.values(kinds).flat()].filter(
    (key) => key !== "start" && key !== "stop",
  );
  return own.some((key) => has(work, key));
}

/** Whether an entry is a stream whose accesses are operations of threads. */
export function isOperation(work: RawMap): boolean {
  return (has(work, "accesses") || has(work, "work")) && !kindNames.some((kind) => has(work, kind));
}

/** Checks one entry that is CPU work. */
export function workFindings(work: RawMap, path: Path): Finding[] {
  const given = kindNames.filter((kind) => has(work, kind));
  const streams = streamKeys.filter((key) => has(work, key));
  if (given.length + Math.min(1, streams.length) !== 1 || streams.length > 0) {
    return [kindFinding(work, [...given, ...streams.slice(0, 1)], path)];
  }
  const kind = given[0]!;
  const found: Finding[] = [];
  for (const key of Object.keys(work)) {
    if (key === kind || kinds[kind]!.includes(key) || !has(work, key)) continue;
    const owners = kindNames.filter((other) => kinds[other]!.includes(key));
    if (owners.length === 0) continue;
    const expected = `${key} only beside ${owners.join(", ").replace(/, ([^,]+)$/, " or $1")}`;
    found.push({ path: [...path, key], at: "key", expected, got: key });
  }
  if (kind === "requests" && !has(work, "service")) {
    found.push({
      path: [...path, "service"],
      expected: "the CPU time of a request, such as 4ms",
      got: "nothing",
    });
  }
  return [...found, ...lengthsOf(work, kind, path), ...phasesFindings(work.phases, [...path, "phases"])];
}

function kindFinding(work: RawMap, given: readonly string[], path: Path): Finding {
  const expected = `one of ${kindNames.join(", ").replace(/, ([^,]+)$/, " and $1")}, or a stream`;
  if (given.length > 1) return { path, expected, got: given.join(" and ") };
  const lonely = Object.keys(work).find((key) => kindNames.some((kind) => kinds[kind]!.includes(key)));
  const owner = kindNames.find((kind) => kinds[kind]!.includes(lonely ?? ""));
  const isShared = lonely === "threads" || given.length === 1;
  return {
    path,
    expected: isShared ? expected : `${owner} beside ${lonely}`,
    got: given[0] ?? `${lonely} alone`,
  };
}

/** Every length of the entry, and that a round takes time. */
function lengthsOf(work: RawMap, kind: string, path: Path): Finding[] {
  const inner = kind === "barrier" || kind === "lock" ? asMap(work[kind]) : work;
  const base = inner === work ? path : [...path, kind];
  const keys = ["run", "sleep", "service", "work", "hold", "between"].filter((key) => has(inner, key));
  const found = keys.flatMap((key) => lengthFindings(inner[key], [...base, key]));
  const isFree = keys.length > 0 && keys.every((key) => numberOf(inner[key], readNs) === 0);
  // A request takes the time until it comes.
  if (isFree && kind !== "requests" && kind !== "phases") {
    found.push({
      path: [...base, keys[0]!],
      expected: "more than 0, so that time passes",
      got: showValue(inner[keys[0]!]),
    });
  }
  return found;
}

/** Lengths of an operation on memory. */
export function operationLengths(work: RawMap, path: Path): Finding[] {
  const found = ["work", "sleep"].flatMap((key) => lengthFindings(work[key], [...path, key]));
  if (numberOf(work.work, readNs) !== 0) return found;
  return [...found, { path: [...path, "work"], expected: "more than 0, so that time passes", got: "0" }];
}

/** A drawn length has the spread that its distribution needs, and is not drawn below 0. */
function lengthFindings(raw: unknown, path: Path): Finding[] {
  const length = asMap(raw);
  if (length !== raw) return [];
  const hasSpread = has(length, "spread");
  if (length.draw === "exponential" && hasSpread) {
    const expected = "spread only beside uniform or normal";
    return [{ path: [...path, "spread"], at: "key", expected, got: "spread" }];
  }
  if ((length.draw === "uniform" || length.draw === "normal") && !hasSpread) {
    return [
      { path: [...path, "spread"], expected: `the spread of ${length.draw}, such as 1ms`, got: "nothing" },
    ];
  }
  const mean = numberOf(length.mean, readNs);
  const spread = numberOf(length.spread, readNs);
  if (mean === undefined || spread === undefined || spread <= mean || mean === 0) return [];
  return [
    {
      path: [...path, "spread"],
      expected: `at most the mean (${formatNs(mean)})`,
      got: showValue(length.spread),
    },
  ];
}

function phasesFindings(phases: unknown, path: Path): Finding[] {
  return asList(phases).flatMap((raw, k) => {
    const phase = asMap(raw);
    if (phase !== raw) return [];
    const at = [...path, k];
    const given = actions.filter((action) => has(phase, action));
    const found = ["run", "sleep"].flatMap((key) => lengthFindings(phase[key], [...at, key]));
    found.push(...phasesFindings(asMap(phase.repeat).phases, [...at, "repeat", "phases"]));
    if (given.length === 1 || given.join() === "run,sleep") return found;
    const expected = "one step (run and sleep may stand together)";
    return [...found, { path: at, expected, got: given.length === 0 ? "none" : given.join(" and ") }];
  });
}
