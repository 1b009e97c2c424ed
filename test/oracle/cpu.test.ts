// Goal: ballast's processors share as Linux's did: weights, quotas, nested groups.
// Method: every measured experiment as a scenario (groups are pools, tasks are VMs), shares of the time powered on held
// against the measured ones within the tolerances that come with them. A few measurements are kept here, all of them are
// beside the repository; where those are missing that part says so.
// Source of the numbers: Linux 6.18 (EEVDF), cgroups, 12 s a run; see ../shared/oracles/README.md.

import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type CpuWords, runCpu, usageOf } from "../support/cpu.ts";

const folder = new URL("../../../shared/oracles/cpu/", import.meta.url);
const isThere = existsSync(new URL("experiments.json", folder));
if (!isThere) console.warn("skipped: ../shared/oracles/cpu is not here");
/** More than any run lasts: the task is busy. */
const FOR_EVER_MS = 1e8;

interface Group {
  readonly path: string;
  readonly shares: number;
  readonly quota_us: number;
  readonly period_us: number;
}
interface Task {
  readonly name: string;
  readonly group: string;
  readonly run_ms: number;
  readonly sleep_ms: number;
  readonly start_s: number;
  readonly dur_s: number | null;
}
interface Trial {
  readonly name: string;
  readonly duration_s: number;
  readonly cpus: readonly number[];
  readonly groups: readonly Group[];
  readonly tasks: readonly Task[];
}

/** A group may be called as a task is; names of pools and VMs are kept apart. */
const poolName = (path: string): string => `group ${path}`;

function poolOf({ path, shares, quota_us, period_us }: Group): object {
  const parent = path.includes("/") ? { pool: poolName(path.slice(0, path.lastIndexOf("/"))) } : {};
  const limit = quota_us > 0 ? { limit: `${(100 * quota_us) / period_us}%` } : {};
  return { name: poolName(path), ...parent, cpu: { shares, ...limit } };
}

function wordsOf({ duration_s, cpus, groups, tasks }: Trial): CpuWords {
  const limited = groups.filter(({ quota_us }) => quota_us > 0);
  const periodUs = Math.min(100_000, ...limited.map(({ period_us }) => period_us));
  return {
    duration: `${duration_s}s`,
    cpu: { cores: cpus.length },
    pools: groups.map(poolOf),
    vms: tasks.map(({ name, group, run_ms, sleep_ms, start_s }) => ({
      name,
      // A task without a group weighs as much as a group at cgroup's default.
      ...(group === "" ? { cpu: { shares: 1024 } } : { pool: poolName(group) }),
      start: `${start_s}s`,
      workload: run_ms > FOR_EVER_MS ? { busy: true } : { run: `${run_ms}ms`, sleep: `${sleep_ms}ms` },
    })),
    events: tasks.flatMap(({ name, start_s, dur_s }) =>
      dur_s === null ? [] : [{ at: `${start_s + dur_s}s`, stop: { vm: name } }],
    ),
    policy: { quantum: "3ms", wakeupPreemption: true, limitPeriod: `${periodUs}us` },
  };
}

/** Parts of the time powered on, by task. */
async function sharesOf(trial: Trial): Promise<Map<string, number>> {
  const result = await runCpu(wordsOf(trial));
  return new Map(
    trial.tasks.map(({ name }) => {
      const { usedNs, elapsedNs } = usageOf(result, name);
      return [name, usedNs / elapsedNs];
    }),
  );
}

/** How far the share of a task may be off: stated beside the measurements. */
function toleranceOf({ cpus, tasks, groups }: Trial, task: Task, measured: number): number {
  if (cpus.length > 1) return 0.08 * measured;
  if (tasks.some(({ run_ms }) => run_ms < FOR_EVER_MS)) return 0.12 * measured;
  const above = groups.filter(({ path }) => `${task.group}/`.startsWith(`${path}/`));
  return above.some(({ quota_us }) => quota_us > 0) ? 0.005 : 0.007;
}

async function hold(trial: Trial, measured: ReadonlyMap<string, number>): Promise<void> {
  const simulated = await sharesOf(trial);
  for (const task of trial.tasks) {
    const [ours, theirs] = [simulated.get(task.name)!, measured.get(task.name)!];
    const off = Math.abs(ours - theirs);
    const text = `${trial.name} ${task.name}: ${ours} against ${theirs}`;
    expect(off, text).toBeLessThanOrEqual(toleranceOf(trial, task, theirs));
  }
}

const busy = (name: string, group: string): Task => ({
  ...{ name, group, run_ms: 1e9, sleep_ms: 0 },
  ...{ start_s: 0, dur_s: null },
});
const group = (path: string, shares: number, quota_us = -1): Group => ({
  ...{ path, shares, quota_us, period_us: 100_000 },
});
const excerpt: readonly (readonly [Trial, Readonly<Record<string, number>>])[] = [
  [
    {
      ...{ name: "nested weights", duration_s: 12, cpus: [1] },
      groups: [
        group("alice", 1024),
        group("bob", 2048),
        group("alice/x", 1024),
        group("alice/y", 3072),
        group("bob/x", 1024),
      ],
      tasks: [busy("ax", "alice/x"), busy("ay", "alice/y"), busy("bx", "bob/x")],
    },
    { ax: 0.08411, ay: 0.24934, bx: 0.66401 },
  ],
  [
    {
      ...{ name: "nested limit", duration_s: 12, cpus: [1] },
      groups: [group("p", 1024, 50_000), group("p/x", 3072), group("p/y", 1024), group("q", 1024)],
      tasks: [busy("x", "p/x"), busy("y", "p/y"), busy("q", "q")],
    },
    { x: 0.37356, y: 0.12517, q: 0.49874 },
  ],
];

test.each(excerpt)("excerpt, weights and limits of nested groups: %#", async (trial, measured) => {
  await hold(trial, new Map(Object.entries(measured)));
});

test.skipIf(!isThere)("every experiment beside the repository", async () => {
  const trials = JSON.parse(readFileSync(new URL("experiments.json", folder), "utf8")) as Trial[];
  const rows = readFileSync(new URL("results.csv", folder), "utf8").trim().split("\n");
  const column = rows[0]!.split(",").indexOf("share_of_wall");
  const measured = new Map<string, Map<string, number>>();
  for (const row of rows.slice(1).map((line) => line.split(","))) {
    const trial = measured.get(row[0]!) ?? new Map<string, number>();
    measured.set(row[0]!, trial.set(row[1]!, Number(row[column])));
  }
  expect(trials.length).toBeGreaterThan(5);
  for (const trial of trials) await hold(trial, measured.get(trial.name)!);
});

// What no file here measures, but weights, work conservation and demands leave no doubt about.
test("short sleepers beside hogs get what they ask for; two CPUs are shared by weight", async () => {
  const sleeper = { ...busy("s", ""), run_ms: 2, sleep_ms: 8 };
  const hogs = (count: number) => Array.from({ length: count }, (_, i) => busy(`hog${i}`, ""));
  const base = { duration_s: 12, groups: [] };
  const beside = { ...base, name: "sleeper beside two", cpus: [1], tasks: [sleeper, ...hogs(2)] };
  await hold(
    beside,
    new Map([
      ["s", 0.2],
      ["hog0", 0.4],
      ["hog1", 0.4],
    ]),
  );
  await hold(
    { ...base, name: "three on two", cpus: [0, 1], tasks: hogs(3) },
    new Map([0, 1, 2].map((i) => [`hog${i}`, 2 / 3])),
  );
  const late = {
    ...base,
    name: "comes late",
    cpus: [1],
    tasks: [busy("a", ""), { ...busy("b", ""), start_s: 6 }],
  };
  await hold(
    late,
    new Map([
      ["a", 0.75],
      ["b", 0.5],
    ]),
  );
});
