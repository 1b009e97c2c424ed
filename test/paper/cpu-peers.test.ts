// Goal: tasks inside and beside VMs share processors as other simulators expect it.
// Method: SimGrid's cloud-sharing scenarios (a task beside VMs is a VM of one vCPU here: as there, a VM counts as one task,
// however many it has) and CloudSim's four cases of space and time sharing; shares to a quantum, ends to a few.
// What has no counterpart: a task beside VMs that is not in one (ballast's hosts run nothing else but interrupts), and
// CloudSim's space sharing of VMs, which is a queue: here the second one is powered on when the first has ended.
// Source: teshsuite/s4u/cloud-sharing of SimGrid [K]; Calheiros, Ranjan et al., "CloudSim", SPE 2011, Figure 4 [K].

import { describe, expect, test } from "vitest";
import { runCpu, usageOf, vmOf } from "../support/cpu.ts";

const QUANTUM_NS = 1e6;
const policy = { quantum: "1ms", guestSlice: "1ms", coscheduling: "none" };
/** A task on the machine itself. */
const task = (name: string) => ({ name });
/** A VM of so many cores with so many tasks. */
const vm = (name: string, vcpus: number, tasks: number, more: object = {}) => ({
  ...{ name, vcpus, workload: tasks === 0 ? [] : { busy: true, threads: tasks } },
  ...{ cpu: { shares: 1000, ...more } },
});

type Machine = readonly [
  about: string,
  cores: number,
  vms: readonly { readonly name: string }[],
  due: object,
];
const sharing: readonly Machine[] = [
  ["a task alone", 1, [task("t")], { t: 1 }],
  ["two tasks", 1, [task("t"), task("u")], { t: 1 / 2, u: 1 / 2 }],
  ["a task in a VM alone", 1, [vm("v", 1, 1)], { v: 1 }],
  ["two tasks in one VM have its core together", 1, [vm("v", 1, 2)], { v: 1 }],
  ["two VMs of one task each", 1, [vm("v", 1, 1), vm("w", 1, 1)], { v: 1 / 2, w: 1 / 2 }],
  ["a task and a VM of one are equals", 1, [task("t"), vm("v", 1, 1)], { t: 1 / 2, v: 1 / 2 }],
  ["a VM of two tasks is no more than one of one", 1, [task("t"), vm("v", 1, 2)], { t: 1 / 2, v: 1 / 2 }],
  ["a VM without tasks takes nothing", 1, [task("t"), vm("v", 1, 0)], { t: 1, v: 0 }],
  ["a VM bound at a quarter, alone", 1, [vm("v", 1, 1, { limit: "250MHz" })], { v: 1 / 4 }],
  [
    "a VM bound at a quarter leaves the rest to a task",
    1,
    [task("t"), vm("v", 1, 1, { limit: "250MHz" })],
    { t: 3 / 4, v: 1 / 4 },
  ],
  [
    "a bound above what it is due is no bound",
    1,
    [task("t"), vm("v", 1, 1, { limit: "750MHz" })],
    { t: 1 / 2, v: 1 / 2 },
  ],
  ["two cores, one task: one core", 2, [task("t")], { t: 1 }],
  ["two cores, two tasks", 2, [task("t"), task("u")], { t: 1, u: 1 }],
  ["two cores, three tasks", 2, [task("t"), task("u"), task("x")], { t: 2 / 3, u: 2 / 3, x: 2 / 3 }],
  ["two cores, a VM of one core with two tasks: one core", 2, [vm("v", 1, 2)], { v: 1 }],
  ["two cores, a task and a VM of one core with two", 2, [task("t"), vm("v", 1, 2)], { t: 1, v: 1 }],
  ["two cores, a VM of two cores with one task: one core", 2, [vm("v", 2, 1)], { v: 1 }],
  ["two cores, a VM of two cores with two tasks", 2, [vm("v", 2, 2)], { v: 2 }],
  ["two cores, a VM of two cores with three tasks", 2, [vm("v", 2, 3)], { v: 2 }],
  ["two cores, a VM of two cores and two tasks, and a task", 2, [task("t"), vm("v", 2, 2)], { t: 1, v: 1 }],
  ["two cores, two VMs of two cores: one each", 2, [vm("v", 2, 2), vm("w", 2, 3)], { v: 1, w: 1 }],
  [
    "four cores, VMs of two cores with one and two tasks, and a task",
    4,
    [vm("v", 2, 1), vm("w", 2, 2), task("t")],
    { v: 1, w: 2, t: 1 },
  ],
];

describe("SimGrid: tasks in VMs and beside them, 10 s", () => {
  test.each(sharing)("%s", async (_, cores, vms, due) => {
    const result = await runCpu({ duration: "10s", cpu: { cores }, vms, policy });
    for (const [name, share] of Object.entries(due)) {
      const { usedNs } = usageOf(result, name);
      expect(Math.abs(usedNs - 1e10 * share), `${name}: ${usedNs / 1e10}`).toBeLessThanOrEqual(
        4 * QUANTUM_NS,
      );
    }
  });

  test("a task in a VM of 1 s beside one of 2 s: ends at 2 s and 3 s", async () => {
    const once = (name: string, run: string) => ({ name, workload: { phases: [{ run }], times: 1 } });
    const result = await runCpu({ duration: "5s", vms: [once("a", "1s"), once("b", "2s")], policy });
    for (const [name, end] of [
      ["a", 2e9],
      ["b", 3e9],
    ] as const) {
      expect(Math.abs(vmOf(result, name).work!.latencyNs!.max - end)).toBeLessThanOrEqual(QUANTUM_NS);
    }
  });
});

describe("CloudSim: two VMs of two cores and four tasks of 1 s each on a host of two cores", () => {
  /** Four tasks at once, or two after the other on each core; the second VM with the first, or after it. */
  const run = async (tasks: "space" | "time", vms: "space" | "time") => {
    const workload = {
      phases: [{ run: "1s" }],
      ...(tasks === "time" ? { threads: 4, times: 1 } : { threads: 2, times: 2 }),
    };
    const own = { vcpus: 2, workload };
    const late = vms === "space" ? { start: "2s" } : {};
    const both = [
      { name: "vm1", ...own },
      { name: "vm2", ...own, ...late },
    ];
    const result = await runCpu({ duration: "6s", cpu: { cores: 2 }, vms: both, policy });
    return ["vm1", "vm2"].map((name) => {
      const { operations, latencyNs } = vmOf(result, name).work!;
      expect(operations).toBe(4);
      return latencyNs!;
    });
  };
  const near = (ns: number, seconds: number) =>
    expect(Math.abs(ns - 1e9 * seconds)).toBeLessThanOrEqual(8 * QUANTUM_NS);

  test("space, space: each task has a core to itself", async () => {
    for (const { mean, max } of await run("space", "space")) for (const ns of [mean, max]) near(ns, 1);
  });

  test("VMs by space, tasks by time: all four of a VM end together, 2 s after it began", async () => {
    for (const { mean, max } of await run("time", "space")) for (const ns of [mean, max]) near(ns, 2);
  });

  test("VMs by time, tasks by space: two of each end at 2 s, two at 4 s: each takes 2 s", async () => {
    for (const { mean, max } of await run("space", "time")) for (const ns of [mean, max]) near(ns, 2);
  });

  test("time, time: all eight end at 4 s", async () => {
    for (const { mean, max } of await run("time", "time")) for (const ns of [mean, max]) near(ns, 4);
  });
});
