// Goal: what cgroups do where the kernel's documentation leaves no doubt: weights, quotas, nesting, threads, sleepers.
// Method: closed forms (Documentation/admin-guide/cgroup-v2.rst, cpu.weight and cpu.max): a parent's time goes to its
// children by weight, no child uses more than its quota or its threads can, what one leaves goes to the others.
// Tasks are VMs of one vCPU, a group of threads a pool, quantum 3 ms with wake-up preemption, share = used / powered on.

import { expect, test } from "vitest";
import { runCpu, usageOf } from "../support/cpu.ts";

interface Group {
  readonly name: string;
  readonly weight: number;
  /** Parts of a CPU. */
  readonly max?: number;
  readonly in?: string;
}
interface Tasks {
  readonly in?: string;
  readonly count: number;
  readonly name: string;
  readonly run?: string;
  readonly sleep?: string;
}
interface Trial {
  readonly about: string;
  readonly cpus: number;
  readonly groups: readonly Group[];
  readonly tasks: readonly Tasks[];
  /** CPUs that a group, or all tasks of a name, get. */
  readonly due: Readonly<Record<string, number>>;
  /** Parts of a CPU. */
  readonly within?: number;
}

const hogs = (name: string, count: number, group?: string): Tasks => ({
  ...{ name, count },
  ...(group === undefined ? {} : { in: group }),
});
const group = (name: string, weight: number, more: { max?: number; in?: string } = {}): Group => ({
  ...{ name, weight },
  ...more,
});

const trials: readonly Trial[] = [
  {
    about: "one CPU, weights 1 to 10000",
    cpus: 1,
    groups: [1, 10, 100, 1000, 10_000].map((weight) => group(`w${weight}`, weight)),
    tasks: [1, 10, 100, 1000, 10_000].map((weight) => hogs(`t${weight}`, 1, `w${weight}`)),
    due: { w10000: 10_000 / 11_111, w1000: 1000 / 11_111, w100: 100 / 11_111, w10: 10 / 11_111 },
  },
  {
    about: "one CPU: groups by weight, not by threads",
    cpus: 1,
    groups: [group("one", 100), group("five", 100)],
    tasks: [hogs("a", 1, "one"), hogs("b", 5, "five")],
    due: { one: 0.5, five: 0.5 },
  },
  {
    about: "two CPUs: a group of one thread and one of three, equal weights: the one has a CPU to itself",
    cpus: 2,
    groups: [group("one", 100), group("three", 100)],
    tasks: [hogs("a", 1, "one"), hogs("b", 3, "three")],
    due: { one: 1, three: 1 },
  },
  {
    about: "two CPUs: one thread cannot use three quarters of two",
    cpus: 2,
    groups: [group("one", 300), group("three", 100)],
    tasks: [hogs("a", 1, "one"), hogs("b", 3, "three")],
    due: { one: 1, three: 1 },
  },
  {
    about: "two CPUs: three threads of weight 300 against two of 100",
    cpus: 2,
    groups: [group("three", 300), group("two", 100)],
    tasks: [hogs("a", 3, "three"), hogs("b", 2, "two")],
    due: { three: 1.5, two: 0.5 },
  },
  {
    about: "a quota below the weight's part; the rest goes to the others by weight",
    cpus: 1,
    groups: [group("a", 300, { max: 0.2 }), group("b", 100), group("c", 300)],
    tasks: [hogs("ta", 1, "a"), hogs("tb", 1, "b"), hogs("tc", 1, "c")],
    due: { a: 0.2, b: 0.2, c: 0.6 },
  },
  {
    about: "a quota above one CPU with one thread is no limit",
    cpus: 2,
    groups: [group("a", 100, { max: 1.5 })],
    tasks: [hogs("ta", 1, "a"), hogs("tb", 1)],
    due: { a: 1, tb: 1 },
  },
  {
    about: "a quota of one and a half CPUs with four threads on four CPUs",
    cpus: 4,
    groups: [group("a", 100, { max: 1.5 })],
    tasks: [hogs("ta", 4, "a")],
    due: { a: 1.5 },
  },
  {
    about: "a parent's quota below the sum of its children's: by weight within the parent's",
    cpus: 2,
    groups: [
      group("p", 100, { max: 0.6 }),
      group("x", 300, { in: "p", max: 0.5 }),
      group("y", 100, { in: "p", max: 0.5 }),
    ],
    tasks: [hogs("tx", 1, "x"), hogs("ty", 1, "y"), hogs("free", 1)],
    due: { p: 0.6, free: 1 },
  },
  {
    about: "a child's quota below its weight's part of the parent's: the sibling has the rest",
    cpus: 1,
    groups: [
      group("p", 100),
      group("x", 300, { in: "p", max: 0.1 }),
      group("y", 100, { in: "p" }),
      group("q", 100),
    ],
    tasks: [hogs("tx", 1, "x"), hogs("ty", 1, "y"), hogs("tq", 1, "q")],
    due: { x: 0.1, y: 0.4, q: 0.5 },
  },
  {
    about: "three levels of weights on one CPU",
    cpus: 1,
    groups: [
      group("a", 200),
      group("b", 100),
      group("aa", 300, { in: "a" }),
      group("ab", 100, { in: "a" }),
      group("aaa", 100, { in: "aa" }),
      group("aab", 400, { in: "aa" }),
    ],
    tasks: [hogs("t1", 1, "aaa"), hogs("t2", 2, "aab"), hogs("t3", 1, "ab"), hogs("t4", 3, "b")],
    due: { aaa: (2 / 3) * 0.75 * 0.2, aab: (2 / 3) * 0.75 * 0.8, ab: (2 / 3) * 0.25, b: 1 / 3 },
  },
  {
    about: "a group whose only task sleeps leaves its time to its sibling, then to others",
    cpus: 1,
    groups: [group("p", 100), group("x", 100, { in: "p" }), group("y", 100, { in: "p" }), group("q", 100)],
    tasks: [
      { name: "nap", count: 1, in: "x", run: "1ms", sleep: "9ms" },
      hogs("ty", 1, "y"),
      hogs("tq", 1, "q"),
    ],
    due: { p: 0.5, nap: 0.1, y: 0.4, q: 0.5 },
    // It waits for the end of slices, and sleeps from then on.
    within: 0.02,
  },
  {
    about: "a sleeper of little weight beside hogs gets at least its part, and no more than it asks for",
    cpus: 1,
    groups: [group("s", 200), group("h", 100)],
    tasks: [{ name: "nap", count: 1, in: "s", run: "2ms", sleep: "2ms" }, hogs("th", 4, "h")],
    due: { s: 0.5, h: 0.5 },
    within: 0.02,
  },
  {
    about: "twenty groups of weights 1 to 20 on one CPU",
    cpus: 1,
    groups: Array.from({ length: 20 }, (_, i) => group(`g${i + 1}`, i + 1)),
    tasks: Array.from({ length: 20 }, (_, i) => hogs(`t${i + 1}`, 1, `g${i + 1}`)),
    due: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`g${i + 1}`, (i + 1) / 210])),
  },
  {
    about: "four CPUs, eight groups of two threads, weights 1 : 1 : 2 : 2 : 3 : 3 : 4 : 4",
    cpus: 4,
    groups: Array.from({ length: 8 }, (_, i) => group(`g${i}`, 100 * (1 + Math.floor(i / 2)))),
    tasks: Array.from({ length: 8 }, (_, i) => hogs(`t${i}`, 2, `g${i}`)),
    due: Object.fromEntries(
      Array.from({ length: 8 }, (_, i) => [`g${i}`, (4 * (1 + Math.floor(i / 2))) / 20]),
    ),
  },
];

test.each(trials)("$about", async ({ cpus, groups, tasks, due, within = 0.005 }) => {
  const vms = tasks.flatMap(({ name, count, in: home, run, sleep }) =>
    Array.from({ length: count }, (_, i) => ({
      name: count === 1 ? name : `${name}-${i}`,
      ...(home === undefined ? {} : { pool: home }),
      cpu: { shares: 100 },
      workload: run === undefined ? { busy: true } : { run, sleep },
    })),
  );
  const result = await runCpu({
    duration: "20s",
    cpu: { cores: cpus },
    pools: groups.map(({ name, weight, max, in: parent }) => ({
      name,
      ...(parent === undefined ? {} : { pool: parent }),
      cpu: { shares: weight, ...(max === undefined ? {} : { limit: `${1000 * max}MHz` }) },
    })),
    vms,
    policy: { quantum: "3ms", wakeupPreemption: true },
  });
  for (const [name, expected] of Object.entries(due)) {
    const share = usageOf(result, name).usedNs / result.simulatedNs;
    expect(Math.abs(share - expected), `${name}: ${share} of ${expected}`).toBeLessThanOrEqual(within);
  }
});
