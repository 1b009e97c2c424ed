// Goal: threads share the vCPUs of their guest: who gets one, whose turn it is, what power and plugging do to them.
// Method: small programs by hand, on vCPUs that always run.

import { describe, expect, test } from "vitest";
import { GuestMachine } from "../support/guest-machine.ts";
import {
  begin,
  finish,
  forever,
  loop,
  programOf,
  run,
  type SmallProgram,
  sleep,
  stop,
  timer,
  until,
} from "../support/programs.ts";

const MS = 1_000_000;
const machineOf = (program: SmallProgram, vcpus = 1, sliceNs = 10 * MS): GuestMachine =>
  new GuestMachine({ programs: [programOf(program)], vcpus, sliceNs });

describe("programs", () => {
  test("4 ms of work, 1 ms of sleep, for ever: 200 rounds a second", () => {
    const machine = machineOf({ threads: [[forever(begin, run(4 * MS), finish, sleep(MS))]] }).start();
    machine.runTo(4 * MS - 1);
    expect(machine.thread(0)).toEqual(["on", 0, 3, 1]);
    machine.runTo(4 * MS);
    expect(machine.thread(0)).toEqual(["blocked", 0, 5, 0]);
    machine.runTo(1000 * MS);
    expect(machine.columns.vmOperations.get(0)).toBe(200);
    expect(machine.columns.vmLatencyNs.get(0)).toBe(800 * MS);
    expect(machine.columns.vmLatencyMaxNs.get(0)).toBe(4 * MS);
  });

  test("loops nest: 2 × (3 × 1 ms + 5 ms) = 16 ms, then the program is over", () => {
    const steps = [loop(2, loop(3, run(MS)), run(5 * MS))];
    const machine = machineOf({ threads: [steps] }).start();
    expect(machine.runTo(16 * MS - 1).states()).toEqual(["on"]);
    expect(machine.runTo(16 * MS).states()).toEqual(["ended"]);
  });

  test("four loops deep, two rounds each: 16 ms", () => {
    const machine = machineOf({ threads: [[loop(2, loop(2, loop(2, loop(2, run(MS)))))]] }).start();
    expect(machine.runTo(16 * MS - 1).states()).toEqual(["on"]);
    expect(machine.runTo(16 * MS).states()).toEqual(["ended"]);
  });

  test("a timer keeps its grid: a round that comes late is followed by one in time", () => {
    // Work of 3, 12 and 3 ms on a grid of 10 ms: rounds end at 13, 32 (due at 20, begun there), 35 (due at 30).
    const steps = [timer(10 * MS), begin, run(3 * MS), finish, timer(10 * MS), begin, run(12 * MS), finish];
    const machine = machineOf({
      threads: [[...steps, timer(10 * MS), begin, run(3 * MS), finish, timer(10 * MS)]],
    }).start();
    machine.runTo(32 * MS);
    expect(machine.columns.vmOperations.get(0)).toBe(2);
    expect(machine.thread(0).slice(0, 1)).toEqual(["on"]);
    machine.runTo(35 * MS);
    expect(machine.columns.vmOperations.get(0)).toBe(3);
    expect(machine.states()).toEqual(["blocked"]);
    expect(machine.runTo(40 * MS).states()).toEqual(["ended"]);
  });

  test("sleep until: since power-on; a time that is past is no wait", () => {
    const machine = machineOf({ threads: [[until(5 * MS), run(2 * MS), until(6 * MS), run(MS)]] });
    machine.runTo(100 * MS);
    machine.start();
    expect(machine.runTo(105 * MS - 1).states()).toEqual(["blocked"]);
    expect(machine.runTo(105 * MS).states()).toEqual(["on"]);
    expect(machine.runTo(108 * MS).states()).toEqual(["ended"]);
  });

  test("stop: rounds that begin after its time are none", () => {
    const machine = machineOf({ threads: [[forever(stop(10 * MS), run(4 * MS))]] }).start();
    expect(machine.runTo(12 * MS - 1).states()).toEqual(["on"]);
    expect(machine.runTo(12 * MS).states()).toEqual(["ended"]);
  });

  test.each([
    ["a loop with nothing in it", [forever()]],
    ["a loop of sleeps of no length", [forever(sleep(0))]],
    ["a loop of operations", [forever(begin, finish)]],
    ["a loop of 10^9 rounds of nothing", [loop(1e9), run(MS)]],
  ])("%s ends the thread and hangs nothing", (_, steps) => {
    const machine = machineOf({ threads: [steps, [run(MS)]] }).start();
    expect(machine.runTo(0).states()).toEqual(["ended", "on"]);
    expect(machine.runTo(MS).states()).toEqual(["ended", "ended"]);
  });

  test("99,000 steps at one time are no fault", () => {
    const machine = machineOf({ threads: [[loop(49_000, sleep(0)), run(MS)]] }).start();
    expect(machine.states()).toEqual(["on"]);
  });
});

describe("vCPUs", () => {
  test("three threads on one vCPU take turns of a slice, in order", () => {
    const machine = machineOf({ threads: [[run(20 * MS)], [run(20 * MS)], [run(20 * MS)]] }).start();
    expect(machine.states()).toEqual(["on", "queued", "queued"]);
    expect(machine.runTo(10 * MS).states()).toEqual(["queued", "on", "queued"]);
    expect(machine.runTo(20 * MS).states()).toEqual(["queued", "queued", "on"]);
    expect(machine.runTo(40 * MS).states()).toEqual(["ended", "on", "queued"]);
    expect(machine.runTo(60 * MS).states()).toEqual(["ended", "ended", "ended"]);
  });

  test("alone there are no slices; who comes then waits a whole one", () => {
    const machine = machineOf({ threads: [[run(100 * MS)], [run(MS)]], startNs: [0, 33 * MS] }).start();
    expect(machine.runTo(43 * MS - 1).states()).toEqual(["on", "queued"]);
    expect(machine.runTo(43 * MS).states()).toEqual(["queued", "on"]);
    expect(machine.runTo(44 * MS).states()).toEqual(["on", "ended"]);
    expect(machine.thread(0)).toEqual(["on", 0, 1, 57 * MS]);
  });

  test("who comes within a slice waits for the rest of it", () => {
    const machine = machineOf({ threads: [[run(100 * MS)], [run(MS)]], startNs: [0, 4 * MS] }).start();
    expect(machine.runTo(10 * MS - 1).states()).toEqual(["on", "queued"]);
    expect(machine.runTo(10 * MS).states()).toEqual(["queued", "on"]);
  });

  test("a thread goes back to the vCPU it was on, else to the lowest idle one", () => {
    const machine = machineOf(
      { threads: [[run(MS)], [forever(run(MS), sleep(MS))], [run(4 * MS), sleep(MS), run(MS)]] },
      3,
    ).start();
    expect([0, 1, 2].map((task) => machine.thread(task)[1])).toEqual([0, 1, 2]);
    machine.runTo(2 * MS);
    // vCPU 0 is idle by now, and yet:
    expect(machine.thread(1).slice(0, 2)).toEqual(["on", 1]);
    machine.preempt(2);
    machine.runTo(10 * MS);
    expect(machine.thread(2)).toEqual(["on", 2, 1, 2 * MS]);
    expect(machine.columns.vcpuTask.get(0)).toBe(0xffff_ffff);
  });

  test("a thread that wakes on a preempted vCPU takes its steps once it runs; its operation has begun", () => {
    const machine = machineOf({ threads: [[sleep(MS), begin, run(2 * MS), finish]] }).start();
    machine.preempt(0);
    machine.runTo(5 * MS);
    expect(machine.thread(0)).toEqual(["on", 0, 2, 0]);
    machine.dispatch(0);
    machine.runTo(7 * MS);
    expect(machine.columns.vmLatencyNs.get(0)).toBe(6 * MS);
  });

  test("a thread with a later start begins then", () => {
    const machine = machineOf({ threads: [[run(MS)]], startNs: [7 * MS] }).start();
    expect(machine.runTo(7 * MS - 1).states()).toEqual(["blocked"]);
    expect(machine.runTo(8 * MS - 1).states()).toEqual(["on"]);
    expect(machine.runTo(8 * MS).states()).toEqual(["ended"]);
  });
});

describe("plugging", () => {
  const eight = { threads: Array.from({ length: 8 }, () => [run(100 * MS)]) };

  test("threads of unplugged vCPUs wait in front, in order, and keep their work", () => {
    const machine = machineOf(eight, 4).start();
    machine.runTo(4 * MS);
    machine.plug(2);
    expect(machine.states()).toEqual([
      "on",
      "on",
      "queued",
      "queued",
      "queued",
      "queued",
      "queued",
      "queued",
    ]);
    expect(machine.thread(2)).toEqual(["queued", 2, 1, 96 * MS]);
    machine.runTo(10 * MS);
    expect(machine.states().slice(0, 4)).toEqual(["queued", "queued", "on", "on"]);
    expect(machine.thread(2)).toEqual(["on", 0, 1, 96 * MS]);
  });

  test("vCPUs plugged in take who waits", () => {
    const machine = machineOf(eight, 8);
    machine.columns.vmVcpuOnline.set(0, 1);
    machine.start().plug(7);
    expect(machine.states()).toEqual([...Array<string>(7).fill("on"), "queued"]);
  });

  test("an idle guest is none the wiser; a thread whose vCPU is gone wakes on another", () => {
    const machine = machineOf({ threads: [[run(MS)], [run(MS), sleep(MS), run(MS)]] }, 2).start();
    machine.runTo(1.5 * MS);
    machine.plug(1);
    machine.runTo(2 * MS);
    expect(machine.thread(1)).toEqual(["on", 0, 3, MS]);
  });

  test("rejects: more vCPUs than there are", () => {
    const machine = machineOf(eight, 4).start();
    expect(() => machine.plug(5)).toThrow(/threads\.ts:\d+/);
  });
});

test("power off leaves nothing; power on begins anew", () => {
  const steps = [run(MS), sleep(10 * MS), begin, run(MS), finish];
  const machine = machineOf({ threads: [steps, [forever(run(MS))]] }, 1).start();
  machine.runTo(5 * MS);
  machine.stop();
  expect(machine.states()).toEqual(["blocked", "blocked"]);
  machine.runTo(50 * MS);
  expect(machine.columns.vmOperations.get(0)).toBe(0);
  machine.start();
  expect(machine.states()).toEqual(["on", "queued"]);
  machine.runTo(100 * MS);
  expect(machine.columns.vmOperations.get(0)).toBe(1);
});

test("VMs are apart: what one does, another does not see", () => {
  const program = programOf({ threads: [[forever(run(MS), sleep(MS))]], syncs: ["mutex"] });
  const machine = new GuestMachine({ programs: [program, program, program], vcpus: 2 });
  machine
    .start(0)
    .start(2)
    .runTo(10.5 * MS);
  expect(machine.states()).toEqual(["on", "blocked", "on"]);
  expect(machine.columns.opKind.length).toBe(4);
  expect(machine.thread(2)).toEqual(["on", 4, 2, MS / 2]);
});
