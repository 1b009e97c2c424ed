/**
 * Workloads of rt-app: JSON with comments, commas at the end, bare words and keys that come twice, in the order that they
 * stand. Comments are blanked out, and YAML's flow maps take the rest.
 *
 * Source: rt-app's tutorial. Times are µs. A timer that is late catches up (rt-app's absolute mode); `signal` wakes all who
 * wait, as `broad` does; `runtime` is run; one timer a thread. Left out with a note: priorities, policies, CPU and memory
 * sets, groups, memory and I/O load. Refused: fork and the events of rt-app before 1.0.
 */
import { isMap, isScalar, LineCounter, type Pair, parseDocument, type YAMLMap } from "yaml";
import { type Path, printable } from "./fault.ts";
import { jsonShapeFault } from "./json-shape.ts";
import { addThreads, type Draft, lockProblem, type Node, syncRow, takesTime } from "./program.ts";
import type { TraceContext } from "./trace.ts";

/** Keys of a task or phase that say how and where it runs, which is for the hypervisor to decide here. */
const leftOut: ReadonlySet<string> = new Set([
  ...["priority", "policy", "cpus", "nodes_membind", "taskgroup", "util_min", "util_max", "gnuplot"],
  ...["dl-runtime", "dl-period", "dl-deadline", "latency_nice", "numa_balancing"],
]);
const eventKey =
  /^(runtime|run|sleep|timer|lock|unlock|wait|signal|broad|sync|suspend|resume|barrier|mem|iorun|yield|fork)\d*$/;

/** Threads of one rt-app file more than this are a mistake. */
const threadsMax = 1024;

interface Reading {
  readonly context: TraceContext;
  readonly draft: Draft;
  readonly fail: (node: unknown, expected: string, got: string, hint?: string) => void;
  /** Faults so far. */
  readonly faults: () => number;
  /** What is left out, and how often. */
  readonly skipped: Map<string, number>;
  readonly suspended: Set<string>;
  readonly resumed: Set<string>;
  readonly stop: readonly Node[];
}

/** Adds the threads of an rt-app file. */
export function addRtApp(text: string, file: string, path: Path, context: TraceContext): void {
  const lines = new LineCounter();
  const plain = blankComments(text);
  const document = parseDocument(plain, { lineCounter: lines, uniqueKeys: false, prettyErrors: false });
  let faults = 0;
  const failAt = (offset: number, expected: string, got: string, hint?: string) => {
    faults += 1;
    const { line, col } = lines.linePos(offset);
    const fault = { file, path, line: Math.max(1, line), column: Math.max(1, col), expected, got };
    context.sink.fault(hint === undefined ? fault : { ...fault, hint });
  };
  const shape = plain.trim() === "" ? undefined : jsonShapeFault(plain);
  if (shape !== undefined) {
    failAt(shape.offset, `well-formed JSON: ${shape.expected}`, printable(shape.got));
    return;
  }
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) {
    const [from] = problem.pos;
    failAt(from, "well-formed JSON", printable(plain.slice(from).split("\n")[0]!.trim()) || "nothing");
    return;
  }
  const root = document.contents;
  const fail: Reading["fail"] = (node, expected, got, hint) => failAt(offsetOf(node), expected, got, hint);
  const tasks = isMap(root) ? entryOf(root, "tasks") : undefined;
  if (!isMap(tasks)) {
    fail(root, "a map with tasks, as rt-app reads", isMap(root) ? "a map without" : "none");
    return;
  }
  const seconds = numberOf(entryOf(entryOf(root as YAMLMap, "global"), "duration")) ?? -1;
  const stops = [context.stopNs, seconds < 0 ? undefined : context.startNs + Math.round(seconds * 1e9)];
  const stopNs = stops.reduce((a, b) => (a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)));
  const reading: Reading = {
    context,
    draft: context.draft,
    fail,
    faults: () => faults,
    skipped: new Map(),
    suspended: new Set(),
    resumed: new Set(),
    stop: stopNs === undefined ? [] : [{ kind: "stop", ns: stopNs }],
  };
  for (const pair of tasks.items) addTask(pair, reading);
  warnings(reading, file);
}

/** Comments become blanks, so that lines and columns stay; tabs too, which YAML minds. */
function blankComments(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"|\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\n]*|\t/g, (part) =>
    part.startsWith('"') ? part : part.replace(/[^\n]/g, " "),
  );
}

function warnings({ skipped, suspended, resumed, context }: Reading, file: string): void {
  const list = [...skipped].map(([key, count]) => `${key} (${count})`);
  const name = printable(file);
  if (list.length > 0) context.sink.warn(`${name}: not simulated and left out: ${list.join(", ")}`);
  const lonely = [...suspended].filter((queue) => !resumed.has(queue)).map((queue) => printable(queue));
  if (lonely.length > 0) context.sink.warn(`${name}: nothing ever resumes ${lonely.join(", ")}`);
}

function addTask(pair: Pair, reading: Reading): void {
  const name = keyOf(pair);
  const { fail, draft, context, stop } = reading;
  const task = pair.value;
  if (!isMap(task)) {
    fail(pair.key, "a map of events", printable(name));
    return;
  }
  const count = wholeOf(task, "instance", 1, 1, reading);
  const rounds = loopOf(task, 0, reading);
  const delayNs = Math.round((numberOf(entryOf(task, "delay")) ?? 0) * 1000);
  const phases = entryOf(task, "phases");
  const before = reading.faults();
  const body = isMap(phases)
    ? phases.items.flatMap((phase) => phaseNodes(phase, name, reading))
    : eventNodes(task, name, reading);
  if (isMap(phases)) noteLeftOut(task, reading);
  // What is missing because it could not be read has been told.
  if (reading.faults() > before) return;
  if (rounds === 0 && !takesTime(body)) {
    fail(pair.key, "a run, sleep or timer, so that time passes", `${printable(name)} without any`);
    return;
  }
  // A round starts as the one before ended.
  const problem = lockProblem([{ kind: "repeat", rounds, body }]);
  if (problem !== undefined) {
    fail(pair.key, "locks taken and released in turn", `${printable(name)}: ${problem}`);
    return;
  }
  addThreads(draft, count, context.startNs + delayNs, [{ kind: "repeat", rounds, body: [...stop, ...body] }]);
}

function phaseNodes(pair: Pair, task: string, reading: Reading): Node[] {
  if (!isMap(pair.value)) {
    reading.fail(pair.key, "a map of events", printable(keyOf(pair)));
    return [];
  }
  const rounds = loopOf(pair.value, 1, reading);
  const body = eventNodes(pair.value, task, reading);
  return [{ kind: "repeat", rounds, body: rounds === 1 ? body : [...reading.stop, ...body] }];
}

function noteLeftOut(map: YAMLMap, { skipped }: Reading): void {
  for (const pair of map.items) {
    const key = keyOf(pair);
    if (leftOut.has(key)) skipped.set(key, (skipped.get(key) ?? 0) + 1);
  }
}

function eventNodes(map: YAMLMap, task: string, reading: Reading): Node[] {
  noteLeftOut(map, reading);
  return map.items.flatMap((pair) => {
    const key = keyOf(pair);
    if (leftOut.has(key) || ["loop", "instance", "delay"].includes(key)) return [];
    const event = eventKey.exec(key)?.[1];
    if (event !== undefined) return eventOf(event, pair, task, reading);
    reading.fail(pair.key, "an event of rt-app, such as run, sleep or timer", printable(key));
    return [];
  });
}

/** As long as a simulation can be. */
const usMax = 9_007_199_254_740;

function eventOf(event: string, pair: Pair, task: string, reading: Reading): Node[] {
  const { draft, fail, skipped } = reading;
  const value = pair.value;
  const queue = (name: string) => syncRow(draft, "queue", name, "queue");
  const text = (fallback?: string) => {
    const found = isScalar(value) && typeof value.value === "string" ? value.value : fallback;
    if (found === undefined) fail(pair.key, `a name for ${event}`, "none");
    return found ?? "";
  };
  switch (event) {
    case "run":
    case "runtime":
    case "sleep": {
      const us = numberOf(value);
      if (us === undefined || us < 0) fail(value ?? pair.key, "a time in us", shown(value));
      else if (us > usMax) fail(value ?? pair.key, `at most ${usMax} us (104 d)`, shown(value));
      const kind = event === "sleep" ? "sleep" : "run";
      return [{ kind, ns: Math.round((us ?? 0) * 1000), draw: "constant", spreadNs: 0 }];
    }
    case "timer": {
      const us = numberOf(entryOf(value, "period"));
      if (us === undefined || us < 0) fail(value ?? pair.key, "a map with ref and period (us)", shown(value));
      else if (us > usMax) fail(value ?? pair.key, `a period of at most ${usMax} us (104 d)`, String(us));
      // Period 0 stands where another tool of rt-app puts one in.
      return us === undefined || us <= 0 ? [] : [{ kind: "timer", ns: Math.round(us * 1000) }];
    }
    case "lock":
    case "unlock":
      return [{ kind: event, sync: syncRow(draft, "lock", text(), "mutex") }];
    case "barrier":
      return [{ kind: "barrier", sync: syncRow(draft, "barrier", text(), "barrier") }];
    case "suspend":
      reading.suspended.add(text(task));
      return [{ kind: "suspend", sync: queue(text(task)) }];
    case "resume":
    case "signal":
    case "broad":
      reading.resumed.add(text(task));
      return [{ kind: "resume", sync: queue(text(task)) }];
    case "wait":
    case "sync":
      return waitNodes(event, pair, reading);
    case "fork":
      fail(pair.key, "threads that are there from the start", "fork");
      return [];
    default:
      if (event !== "yield") skipped.set(event, (skipped.get(event) ?? 0) + 1);
      return [];
  }
}

/** Waits on a condition with its mutex released meanwhile; sync wakes the others first. */
function waitNodes(event: "wait" | "sync", pair: Pair, { draft, fail, suspended, resumed }: Reading): Node[] {
  const name = scalarOf(entryOf(pair.value, "ref"));
  const mutex = scalarOf(entryOf(pair.value, "mutex"));
  if (name === undefined || mutex === undefined) {
    fail(pair.value ?? pair.key, "a map with ref and mutex", shown(pair.value));
    return [];
  }
  suspended.add(name);
  if (event === "sync") resumed.add(name);
  const queue = syncRow(draft, "queue", name, "queue");
  const lock = syncRow(draft, "lock", mutex, "mutex");
  const wait: Node[] = [
    { kind: "unlock", sync: lock },
    { kind: "suspend", sync: queue },
    { kind: "lock", sync: lock },
  ];
  return event === "sync" ? [{ kind: "resume", sync: queue }, ...wait] : wait;
}

/** Rounds of a loop: 0 for ever. */
function loopOf(map: YAMLMap, absent: number, reading: Reading): number {
  const node = entryOf(map, "loop");
  if (node === undefined) return absent;
  return numberOf(node) === -1 ? 0 : wholeOf(map, "loop", absent, 1, reading);
}

function wholeOf(map: YAMLMap, key: string, absent: number, min: number, { fail }: Reading): number {
  const node = entryOf(map, key);
  if (node === undefined) return absent;
  const value = numberOf(node);
  const max = key === "instance" ? threadsMax : 1_000_000_000;
  if (value !== undefined && Number.isInteger(value) && value >= min && value <= max) return value;
  fail(node, `a whole number, ${min} to ${max}${key === "loop" ? ", or -1" : ""}`, shown(node));
  return absent;
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value ?? "") : "";
}

function entryOf(map: unknown, key: string): unknown {
  if (!isMap(map)) return undefined;
  return map.items.findLast((pair) => keyOf(pair) === key)?.value ?? undefined;
}

function numberOf(node: unknown): number | undefined {
  return isScalar(node) && typeof node.value === "number" && Number.isFinite(node.value)
    ? node.value
    : undefined;
}

function scalarOf(node: unknown): string | undefined {
  return isScalar(node) && typeof node.value === "string" ? node.value : undefined;
}

function shown(node: unknown): string {
  return isScalar(node) ? printable(String(node.value ?? "nothing")) : isMap(node) ? "a map" : "nothing";
}

function offsetOf(node: unknown): number {
  const range = (node as { range?: readonly [number, ...number[]] } | null | undefined)?.range;
  return range?.[0] ?? 0;
}
