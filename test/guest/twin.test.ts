// Goal: the core's guests do what the naive twin does, whatever the programs, with vCPUs preempted and plugged.
// Method: random programs and a random script; every thread, lock and latency compared after each of its actions; the
// core's own laws checked from scratch: a thread is in one place, a queue means that no vCPU is idle.

import fc from "fast-check";
import { expect, test } from "vitest";
import type { SyncSpec } from "../../src/scenario/types.ts";
import { GuestModel } from "../model/guest/guest.ts";
import { GuestMachine, NONE } from "../support/guest-machine.ts";
import {
  barrier,
  begin,
  finish,
  forever,
  lock,
  loop,
  online,
  programOf,
  resume,
  run,
  type SmallProgram,
  type Step,
  sleep,
  suspend,
  take,
  timer,
  unlock,
  until,
} from "../support/programs.ts";

const SYNCS: readonly (SyncSpec["kind"] | readonly [SyncSpec["kind"], number])[] = [
  "spin",
  "ticket",
  "mutex",
  ["spin-barrier", 2],
  ["barrier", 3],
  "queue",
];

const length = fc.integer({ min: 1, max: 40 }).map((n) => n * 100);
const held = (inner: fc.Arbitrary<Step[]>): fc.Arbitrary<Step[]> =>
  fc.tuple(fc.nat({ max: 2 }), inner).map(([sync, steps]) => [lock(sync), ...steps, unlock(sync)]);
const piece: fc.Arbitrary<Step[]> = fc.oneof(
  { weight: 6, arbitrary: length.map((ns) => [run(ns)]) },
  { weight: 3, arbitrary: length.map((ns) => [sleep(ns)]) },
  { weight: 1, arbitrary: length.map((ns) => [timer(ns)]) },
  { weight: 1, arbitrary: length.map((ns) => [until(ns * 4)]) },
  { weight: 2, arbitrary: fc.nat({ max: 2 }).map((first) => [online(first)]) },
  { weight: 5, arbitrary: held(length.map((ns) => [run(ns)])) },
  { weight: 1, arbitrary: held(held(length.map((ns) => [run(ns)]))) },
  { weight: 1, arbitrary: held(length.map((ns) => [run(ns), sleep(ns)])) },
  { weight: 1, arbitrary: fc.constant<Step[]>([unlock(0)]) },
  { weight: 2, arbitrary: fc.constantFrom(3, 4).map((sync) => [barrier(sync)]) },
  { weight: 1, arbitrary: fc.constantFrom<Step>(suspend(5), resume(5)).map((step) => [step]) },
  { weight: 2, arbitrary: length.map((ns) => [take(0), run(ns), finish]) },
  { weight: 2, arbitrary: length.map((ns) => [begin, run(ns), finish]) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.integer({ min: 1, max: 3 }), length).map(([n, ns]) => [loop(n, run(ns))]),
  },
);
/** For ever, with work in every round. */
const thread: fc.Arbitrary<Step[]> = fc
  .tuple(fc.array(piece, { maxLength: 5 }), length, fc.boolean())
  .map(([pieces, ns, ends]) => (ends ? pieces.flat() : [forever(...pieces.flat(), run(ns))]));
const program: fc.Arbitrary<SmallProgram> = fc
  .tuple(fc.array(fc.tuple(thread, fc.nat({ max: 3 })), { minLength: 1, maxLength: 6 }), length)
  .map(([threads, gap]) => ({
    threads: threads.map(([steps]) => steps),
    startNs: threads.map(([, start]) => start * 500),
    syncs: SYNCS,
    sources: [{ gapNs: gap * 2, draw: "constant" }],
  }));

type Action = readonly [kind: "wait" | "preempt" | "dispatch" | "plug", number: number];
const action: fc.Arbitrary<Action> = fc.tuple(
  fc.constantFrom("wait", "wait", "preempt", "dispatch", "plug"),
  fc.nat({ max: 5000 }),
);

function act(target: GuestMachine | GuestModel, [kind, number]: Action, vcpus: number): void {
  if (kind === "wait") target.runTo(target.now + number);
  else if (kind === "plug") target.plug((number % vcpus) + 1);
  else target[kind](number % vcpus);
}

function ofMachine(machine: GuestMachine) {
  const { columns } = machine;
  const { taskVm, vcpuTask, syncHolder, taskBeginNs } = columns;
  return {
    threads: Array.from(taskVm, (_, row) => [...machine.thread(row), taskBeginNs.get(row)]),
    vcpus: Array.from(vcpuTask, (task) => (task === NONE ? undefined : task)),
    holders: Array.from(syncHolder, (task) => (task === NONE ? undefined : task)),
    pending: columns.sourcePending.get(0),
    operations: columns.vmOperations.get(0),
    latencyNs: columns.vmLatencyNs.get(0),
    latencyMaxNs: columns.vmLatencyMaxNs.get(0),
  };
}

function ofModel({ threads, vcpus, meetings, sources, latencies }: GuestModel): ReturnType<typeof ofMachine> {
  return {
    threads: threads.map(({ state, vcpu, next, workNs, beginNs }) => [
      state,
      vcpu?.row ?? NONE,
      next,
      workNs,
      beginNs,
    ]),
    vcpus: vcpus.map((vcpu) => vcpu.thread?.row),
    holders: meetings.map(({ holder }) => holder?.row),
    pending: sources[0]!.arrivals.length,
    operations: latencies.length,
    latencyNs: latencies.reduce((sum, ns) => sum + ns, 0),
    latencyMaxNs: Math.max(0, ...latencies),
  };
}

/** The first law of the columns that does not hold. */
function broken({ columns }: GuestMachine): string | undefined {
  const { taskState, taskTurn, taskVcpu, vcpuTask, vmQueueHead, vmQueueTail, vmVcpuOnline } = columns;
  const { syncHead, syncHolder, syncKind } = columns;
  const queue: number[] = [];
  for (let task = vmQueueHead.get(0); task !== NONE; task = taskTurn.get(task)) queue.push(task);
  if (queue.some((task) => taskState.get(task) !== 1)) return "one that does not wait is queued";
  if ([...taskState].filter((state) => state === 1).length !== queue.length)
    return "one that waits is not queued";
  if (queue.length > 0 && queue.at(-1) !== vmQueueTail.get(0)) return "tail";
  const running = [...vcpuTask];
  if (queue.length > 0 && running.slice(0, vmVcpuOnline.get(0)).includes(NONE)) return "idle beside a queue";
  if (running.slice(vmVcpuOnline.get(0)).some((task) => task !== NONE))
    return "a thread on an unplugged vCPU";
  for (const [task, state] of taskState.entries()) {
    const isOn = state === 2 || state === 3;
    if (isOn !== (taskVcpu.get(task) !== NONE && vcpuTask.get(taskVcpu.get(task)) === task))
      return `thread ${task}`;
  }
  for (const [sync, kind] of syncKind.entries()) {
    const isHanded = kind === 1 || kind === 2;
    if (isHanded && syncHolder[sync] === NONE && syncHead[sync] !== NONE) return `lock ${sync} is free`;
  }
  return undefined;
}

test("property: threads, locks, requests and latencies are the twin's", () => {
  const script = fc.array(action, { minLength: 1, maxLength: 30 });
  const seen = new Set<string>();
  fc.assert(
    fc.property(program, fc.integer({ min: 1, max: 4 }), script, (small, vcpus, actions) => {
      const options = { vcpus, sliceNs: 1500 };
      const machine = new GuestMachine({ programs: [programOf(small)], ...options }).start();
      const model = new GuestModel(programOf(small), vcpus, options.sliceNs);
      expect(ofMachine(machine)).toEqual(ofModel(model));
      for (const one of [...actions, ["wait", 20_000] as const]) {
        act(machine, one, vcpus);
        act(model, one, vcpus);
        expect(ofMachine(machine)).toEqual(ofModel(model));
        expect(broken(machine)).toBeUndefined();
        for (const state of machine.states()) seen.add(state);
      }
    }),
    { seed: 1, numRuns: 400 },
  );
  expect([...seen].sort()).toEqual(["blocked", "ended", "on", "queued", "spins"]);
});

test("power off and on again is as at first, in any state", () => {
  fc.assert(
    fc.property(program, fc.integer({ min: 1, max: 3 }), fc.nat({ max: 20_000 }), (small, vcpus, off) => {
      const machine = new GuestMachine({ programs: [programOf(small)], vcpus, sliceNs: 1500 }).start();
      machine.runTo(off);
      machine.stop();
      expect(machine.states().every((state) => state === "blocked")).toBe(true);
      const before = machine.columns.vmOperations.get(0);
      machine.runTo(100_000);
      expect(machine.columns.vmOperations.get(0)).toBe(before);
      machine.start().runTo(130_000);
      const anew = new GuestMachine({ programs: [programOf(small)], vcpus, sliceNs: 1500 }).start();
      anew.runTo(30_000);
      expect(machine.columns.vmOperations.get(0) - before).toBe(anew.columns.vmOperations.get(0));
      expect(machine.states()).toEqual(anew.states());
    }),
    { seed: 2, numRuns: 200 },
  );
});
