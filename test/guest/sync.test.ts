// Goal: locks, barriers and wait queues of guests do what their kind says, whether vCPUs run or not.
// Method: small programs by hand; vCPUs preempted and dispatched at known times.

import { describe, expect, test } from "vitest";
import { GuestMachine, NEVER } from "../support/guest-machine.ts";
import {
  barrier,
  begin,
  finish,
  forever,
  lock,
  programOf,
  resume,
  run,
  type SmallProgram,
  sleep,
  suspend,
  unlock,
} from "../support/programs.ts";

const MS = 1_000_000;
const machineOf = (program: SmallProgram, vcpus: number, options = {}): GuestMachine =>
  new GuestMachine({ programs: [programOf(program)], vcpus, sliceNs: 10 * MS, ...options });

/** Threads that each come a bit later than the one before and hold lock 0 for 10 ms. */
const holders = (count: number) => ({
  threads: Array.from({ length: count }, () => [lock(), run(10 * MS), unlock(), run(MS)]),
  startNs: Array.from({ length: count }, (_, index) => index * MS),
});

describe("spin lock", () => {
  const three = { ...holders(3), syncs: ["spin" as const] };

  test("the first to arrive has it, the others spin and follow in order", () => {
    const machine = machineOf(three, 3).start();
    machine.runTo(5 * MS);
    expect(machine.states()).toEqual(["on", "spins", "spins"]);
    machine.runTo(10 * MS);
    expect(machine.states()).toEqual(["on", "on", "spins"]);
    expect(machine.columns.syncHolder[0]).toBe(1);
    machine.runTo(20 * MS);
    expect(machine.states()).toEqual(["ended", "on", "on"]);
    machine.runTo(31 * MS);
    expect(machine.states()).toEqual(["ended", "ended", "ended"]);
    expect(machine.columns.syncHolder[0]).toBe(0xffff_ffff);
  });

  test("who spins on a vCPU that does not run is passed over", () => {
    const machine = machineOf(three, 3).start();
    machine.runTo(5 * MS).preempt(1);
    machine.runTo(10 * MS);
    expect(machine.states()).toEqual(["on", "spins", "on"]);
    machine.dispatch(1);
    expect(machine.states()).toEqual(["on", "spins", "on"]);
    machine.runTo(20 * MS);
    expect(machine.states()).toEqual(["ended", "on", "on"]);
  });

  test("nobody who spins runs: the lock is free, the first dispatched takes it", () => {
    const machine = machineOf(three, 3).start();
    machine.runTo(5 * MS).preempt(1);
    machine.preempt(2);
    machine.runTo(12 * MS);
    expect(machine.states()).toEqual(["ended", "spins", "spins"]);
    expect(machine.columns.syncHolder[0]).toBe(0xffff_ffff);
    machine.dispatch(2);
    expect(machine.columns.syncHolder[0]).toBe(2);
    expect(machine.thread(2)).toEqual(["on", 2, 2, 10 * MS]);
    machine.dispatch(1);
    expect(machine.states()).toEqual(["ended", "spins", "on"]);
    machine.runTo(22 * MS);
    expect(machine.columns.syncHolder[0]).toBe(1);
  });

  test("free, with waiters that do not run: who comes by takes it", () => {
    const threads = [...three.threads, [lock(), run(MS)]];
    const machine = machineOf({ ...three, threads, startNs: [0, MS, 2 * MS, 11 * MS] }, 4).start();
    machine.runTo(5 * MS).preempt(1);
    machine.preempt(2);
    machine.runTo(11 * MS);
    expect(machine.columns.syncHolder[0]).toBe(3);
  });

  test("a lock holder that is preempted stops all who spin; they have done nothing meanwhile", () => {
    const machine = machineOf(three, 3).start();
    machine.runTo(5 * MS).preempt(0);
    machine.runTo(500 * MS);
    expect(machine.states()).toEqual(["on", "spins", "spins"]);
    machine.dispatch(0);
    machine.runTo(505 * MS);
    expect(machine.columns.syncHolder[0]).toBe(1);
  });

  test("a spin has an end where the guest panics of it, and none once the lock is there", () => {
    const machine = machineOf(three, 3, { panicNs: 50 * MS }).start();
    const ends = () => [0, 1, 2].map((vcpu) => machine.columns.vcpuSpinUntilNs.big(vcpu));
    machine.runTo(5 * MS);
    expect(ends()).toEqual([NEVER, BigInt(51 * MS), BigInt(52 * MS)]);
    machine.runTo(10 * MS);
    expect(ends()).toEqual([NEVER, NEVER, BigInt(52 * MS)]);
  });

  test("two threads on one vCPU: the one that spins does so to the end of its slice", () => {
    const machine = machineOf({ ...holders(2), syncs: ["spin"], startNs: [0, 0] }, 1, { sliceNs: 4 * MS });
    machine.start().runTo(4 * MS);
    expect(machine.states()).toEqual(["queued", "spins"]);
    expect(machine.runTo(8 * MS).states()).toEqual(["on", "queued"]);
    expect(machine.runTo(12 * MS).states()).toEqual(["queued", "spins"]);
    // 2 ms left of 10, then 1 ms without the lock; the other finds it free when its turn comes.
    expect(machine.runTo(19 * MS).states()).toEqual(["ended", "on"]);
    expect(machine.columns.syncHolder[0]).toBe(1);
  });
});

describe("ticket lock", () => {
  const three = { ...holders(3), syncs: ["ticket" as const] };

  test("is handed to the first in line, although it does not run: the others go on spinning", () => {
    const machine = machineOf(three, 3).start();
    machine.runTo(5 * MS).preempt(1);
    machine.runTo(300 * MS);
    expect(machine.columns.syncHolder[0]).toBe(1);
    expect(machine.states()).toEqual(["ended", "on", "spins"]);
    expect(machine.thread(1)).toEqual(["on", 1, 1, 0]);
    machine.dispatch(1);
    machine.runTo(310 * MS);
    expect(machine.states()).toEqual(["ended", "on", "on"]);
    expect(machine.columns.syncHolder[0]).toBe(2);
  });

  test("is handed to a thread that its guest has taken off the vCPU", () => {
    const threads = [...holders(2).threads, [run(100 * MS)]];
    const machine = machineOf({ threads, startNs: [0, MS, 2 * MS], syncs: ["ticket"] }, 2, {
      sliceNs: 5 * MS,
    });
    machine.start().runTo(5 * MS);
    // The third has come at 2 ms, had to wait, and taken the place of the first at 5 ms; of the second at 6 ms.
    expect(machine.states()).toEqual(["queued", "spins", "on"]);
    machine.runTo(20 * MS);
    expect(machine.columns.taskSync[1]).toBe(0xffff_ffff);
    machine.runTo(130 * MS);
    expect(machine.states()).toEqual(["ended", "ended", "ended"]);
  });
});

describe("mutex", () => {
  test("waiters sleep and leave their vCPU to others; handed over in order", () => {
    const program = { ...holders(3), syncs: ["mutex" as const] };
    const machine = machineOf(program, 1).start();
    machine.runTo(9 * MS);
    expect(machine.states()).toEqual(["on", "queued", "queued"]);
    // Freed by the first, which has had its slice by then, and taken by the second.
    machine.runTo(10 * MS);
    expect(machine.states()).toEqual(["queued", "on", "queued"]);
    expect(machine.columns.syncHolder[0]).toBe(1);
    // The third runs into the lock at the end of the second's slice, and so leaves the vCPU to the others.
    machine.runTo(33 * MS);
    expect(machine.states()).toEqual(["ended", "ended", "ended"]);
    const two = machineOf(program, 2).start();
    two.runTo(9 * MS);
    expect(two.states()).toEqual(["on", "blocked", "blocked"]);
    two.runTo(10 * MS);
    expect(two.states()).toEqual(["on", "on", "blocked"]);
    expect(two.columns.syncHolder[0]).toBe(1);
    two.runTo(31 * MS);
    expect(two.states()).toEqual(["ended", "ended", "ended"]);
  });

  test("a lock that the thread does not hold stays as it is", () => {
    const threads = [
      [lock(), run(10 * MS)],
      [run(MS), unlock(), lock(), run(MS)],
    ];
    const machine = machineOf({ threads, syncs: ["mutex"] }, 2).start();
    machine.runTo(50 * MS);
    expect(machine.states()).toEqual(["ended", "blocked"]);
    expect(machine.columns.syncHolder[0]).toBe(0);
  });
});

describe("barrier", () => {
  const round = [forever(begin, run(4 * MS), barrier(), finish)];
  const slow = [forever(begin, run(6 * MS), barrier(), finish)];

  test.each(["spin-barrier", "barrier"] as const)("%s: rounds last as long as the slowest", (kind) => {
    const machine = machineOf({ threads: [round, slow, round], syncs: [[kind, 3]] }, 3).start();
    machine.runTo(5 * MS);
    const waiting = kind === "barrier" ? "blocked" : "spins";
    expect(machine.states()).toEqual([waiting, "on", waiting]);
    machine.runTo(60 * MS);
    expect(machine.columns.vmOperations.get(0)).toBe(30);
    expect(machine.columns.vmLatencyMaxNs.get(0)).toBe(6 * MS);
  });

  test("a spin barrier that is over while a vCPU does not run is seen when it runs", () => {
    const machine = machineOf({ threads: [round, slow], syncs: [["spin-barrier", 2]] }, 2).start();
    machine.runTo(5 * MS).preempt(0);
    machine.runTo(7 * MS);
    expect(machine.states()).toEqual(["on", "on"]);
    expect(machine.thread(0)).toEqual(["on", 0, 4, 0]);
    machine.dispatch(0);
    expect(machine.thread(0)).toEqual(["on", 0, 3, 4 * MS]);
  });

  test("a barrier of one is none", () => {
    const machine = machineOf({ threads: [[barrier(), run(MS)]], syncs: [["barrier", 1]] }, 1).start();
    expect(machine.states()).toEqual(["on"]);
  });
});

describe("wait queue", () => {
  test("resume wakes all who wait", () => {
    const waiter = [suspend(), run(MS)];
    const machine = machineOf({ threads: [waiter, waiter, [run(3 * MS), resume()]], syncs: ["queue"] }, 3);
    expect(
      machine
        .start()
        .runTo(2 * MS)
        .states(),
    ).toEqual(["blocked", "blocked", "on"]);
    expect(machine.runTo(3 * MS).states()).toEqual(["on", "on", "ended"]);
  });

  test("a resume that nobody waits for is lost, as in rt-app", () => {
    const machine = machineOf(
      { threads: [[run(2 * MS), suspend(), run(MS)], [resume()]], syncs: ["queue"] },
      2,
    );
    expect(
      machine
        .start()
        .runTo(100 * MS)
        .states(),
    ).toEqual(["blocked", "ended"]);
  });

  test("two threads that wake each other without time passing are ended, and hang nothing", () => {
    const pong = [forever(resume(0), suspend(1))];
    const ping = [forever(suspend(0), resume(1))];
    for (const vcpus of [1, 2]) {
      const machine = machineOf({ threads: [ping, pong], syncs: ["queue", "queue"] }, vcpus).start();
      expect(machine.states()).toContain("ended");
    }
  });
});

test("power off frees locks, empties barriers and queues", () => {
  const threads = [
    [lock(0), run(100 * MS)],
    [lock(0)],
    [lock(1), run(MS)],
    [barrier(2)],
    [suspend(3)],
    [sleep(5 * MS), run(MS)],
  ];
  const syncs = ["spin", "mutex", ["barrier", 2], "queue"] as const;
  const machine = machineOf({ threads, syncs }, 6).start();
  machine.runTo(2 * MS);
  machine.stop();
  const { syncHolder, syncHead, syncArrived } = machine.columns;
  expect([...syncHolder, ...syncHead, ...syncArrived]).toEqual([
    ...Array<number>(8).fill(0xffff_ffff),
    ...Array<number>(4).fill(0),
  ]);
  machine.start().runTo(4 * MS);
  expect(machine.states()).toEqual(["on", "spins", "ended", "blocked", "blocked", "blocked"]);
});
