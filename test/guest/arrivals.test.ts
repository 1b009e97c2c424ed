// Goal: requests come by their law whatever the guest does; each one's latency counts from its arrival.
// Method: constant gaps by hand; a random backlog against the gaps drawn anew; a queue with a known mean wait.

import { describe, expect, test } from "vitest";
import { nextState } from "../model/prng.ts";
import { GuestMachine } from "../support/guest-machine.ts";
import { finish, forever, loop, programOf, run, take, until } from "../support/programs.ts";

const MS = 1_000_000;
const server = forever(take(), run(3 * MS), finish);
const constant = { gapNs: 10 * MS, draw: "constant" } as const;

describe("constant gaps", () => {
  test("one server that keeps up: each request takes its 3 ms", () => {
    const program = programOf({ threads: [[server]], sources: [constant] });
    const machine = new GuestMachine({ programs: [program], vcpus: 1 }).start();
    machine.runTo(10 * MS - 1);
    expect(machine.states()).toEqual(["blocked"]);
    machine.runTo(1003 * MS);
    expect(machine.columns.vmOperations.get(0)).toBe(100);
    expect(machine.columns.vmLatencyMaxNs.get(0)).toBe(3 * MS);
  });

  test("a backlog: requests of 10, 20 … ms taken from 45 ms on, oldest first", () => {
    const steps = [until(45 * MS), loop(5, take(), run(3 * MS), finish)];
    const program = programOf({ threads: [steps], sources: [constant] });
    const machine = new GuestMachine({ programs: [program], vcpus: 1 }).start();
    machine.runTo(45 * MS);
    expect(machine.columns.sourcePending.get(0)).toBe(3);
    expect(machine.columns.sourceTakenNs.get(0)).toBe(20 * MS);
    const latencies: number[] = [];
    for (const at of [48, 51, 54, 57, 60]) {
      const before = machine.columns.vmLatencyNs.get(0);
      machine.runTo(at * MS);
      latencies.push((machine.columns.vmLatencyNs.get(0) - before) / MS);
    }
    expect(latencies).toEqual([38, 31, 24, 17, 10]);
  });

  test("who has waited longest takes the next one", () => {
    const program = programOf({ threads: [[server], [server], [server]], sources: [constant] });
    const machine = new GuestMachine({ programs: [program], vcpus: 3 }).start();
    expect(machine.runTo(10 * MS).states()).toEqual(["on", "blocked", "blocked"]);
    expect(machine.runTo(20 * MS).states()).toEqual(["blocked", "on", "blocked"]);
    expect(machine.runTo(30 * MS).states()).toEqual(["blocked", "blocked", "on"]);
    expect(machine.runTo(40 * MS).states()).toEqual(["on", "blocked", "blocked"]);
  });

  test("none after the stop", () => {
    const program = programOf({ threads: [[server]], sources: [{ ...constant, stopNs: 30 * MS }] });
    const machine = new GuestMachine({ programs: [program], vcpus: 1 }).start().runTo(500 * MS);
    expect(machine.columns.vmOperations.get(0)).toBe(3);
  });

  test("power off loses the backlog; power on starts a gap later", () => {
    const steps = [until(45 * MS), forever(take(), run(3 * MS), finish)];
    const program = programOf({ threads: [steps], sources: [constant] });
    const machine = new GuestMachine({ programs: [program], vcpus: 1 }).start().runTo(47 * MS);
    machine.stop();
    machine.runTo(102 * MS);
    machine.start();
    expect(machine.columns.sourcePending.get(0)).toBe(0);
    machine.runTo(150 * MS);
    // Requests of 112, 122, 132, 142 ms; 147 ms: the first is taken, and done at 150.
    expect(machine.columns.vmOperations.get(0)).toBe(1);
    expect(machine.columns.vmLatencyNs.get(0)).toBe(38 * MS);
  });
});

describe("exponential gaps", () => {
  const exponential = { gapNs: 4 * MS, draw: "exponential" } as const;

  test("what is drawn ahead and behind is one stream: latencies are those of the arrivals drawn anew", () => {
    const steps = [until(400 * MS), loop(60, take(), run(MS), finish)];
    const program = programOf({ threads: [steps], sources: [exponential] });
    const machine = new GuestMachine({ programs: [program], vcpus: 1 });
    let state = machine.columns.sourceRandom.big(0);
    let arrival = 0;
    const arrivals = Array.from({ length: 60 }, () => {
      state = nextState(state);
      const drawn = machine.wasm.draw_length(2, BigInt(4 * MS), 0n, BigInt.asIntN(64, state));
      arrival += Math.max(1, Number(drawn));
      return arrival;
    });
    machine.start();
    let ready = 400 * MS;
    for (const [index, arrived] of arrivals.entries()) {
      const done = Math.max(ready, arrived) + MS;
      const before = machine.columns.vmLatencyNs.get(0);
      machine.runTo(done);
      expect(machine.columns.vmOperations.get(0)).toBe(index + 1);
      expect(machine.columns.vmLatencyNs.get(0) - before).toBe(done - arrived);
      ready = done;
    }
  });

  test("one server, exponential work at half load: the mean time in the system is 1 / (µ − λ)", () => {
    const steps = [forever(take(), run(2 * MS, "exponential"), finish)];
    const program = programOf({ threads: [steps], sources: [exponential] });
    const machine = new GuestMachine({ programs: [program], vcpus: 1, build: "release" }).start();
    machine.runTo(400_000 * MS);
    const operations = machine.columns.vmOperations.get(0);
    expect(Math.abs(operations / 100_000 - 1)).toBeLessThan(5 / Math.sqrt(100_000));
    // 4 ms. Waits of neighbours go together: the error of the mean of 100,000 is about 1 %; five of these.
    expect(Math.abs(machine.columns.vmLatencyNs.get(0) / operations / (4 * MS) - 1)).toBeLessThan(0.05);
  });
});
