// Goal: what a workload says becomes the steps that guest threads take.
// Method: worked examples, a step a word; loops checked on any nesting by walking them.
import fc from "fast-check";
import { expect, test } from "vitest";
import { resolveScenario, type ScenarioInput, type StepSpec } from "../../src/scenario/index.ts";
import { depthOf, flatten, lockProblem, type Node, takesTime } from "../../src/scenario/program.ts";

type VmInput = ScenarioInput["vms"][number];

const vmWith = (workload: VmInput["workload"], vm: Partial<VmInput> = {}) =>
  resolveScenario({
    ballast: 1,
    hosts: [{ name: "h", memory: "8GiB" }],
    vms: [{ name: "a", memory: "1GiB", ...vm, ...(workload === undefined ? {} : { workload }) }],
  }).vms[0]!;
const programWith = (workload: VmInput["workload"], vm: Partial<VmInput> = {}) =>
  vmWith(workload, vm).program!;

/** A step in a word or two, times in ms. */
function word(step: StepSpec): string {
  switch (step.kind) {
    case "run":
    case "sleep": {
      const draw = step.draw === "constant" ? "" : ` ${step.draw}`;
      return `${step.kind} ${step.ns / 1e6}${step.spreadNs > 0 ? `±${step.spreadNs / 1e6}` : ""}${draw}`;
    }
    case "loop":
    case "next":
      return `${step.kind} ${step.rounds} ${step.depth}>${step.partner}`;
    case "take":
      return `take ${step.source}`;
    case "timer":
    case "until":
    case "stop":
      return `${step.kind} ${step.ns / 1e6}`;
    default:
      return "sync" in step ? `${step.kind} ${step.sync}` : step.kind;
  }
}
const words = (workload: VmInput["workload"], thread = 0) =>
  programWith(workload).threads[thread]!.steps.map(word).join(", ");

test("nothing to compute is no program", () => {
  expect(vmWith(undefined)).not.toHaveProperty("program");
  expect(vmWith({ preset: "idle" })).not.toHaveProperty("program");
});

test("busy: a thread a vCPU, for ever, no operation", () => {
  expect(words({ busy: true })).toBe("loop 0 0>2, run 3600000, next 0 0>0, end");
  expect(programWith({ busy: true }, { vcpus: 3 }).threads.length).toBe(3);
  expect(programWith({ busy: true, threads: 2 }, { vcpus: 3 }).threads.length).toBe(2);
  // To be stopped it goes round each slice.
  expect(words({ busy: true, stop: "5s" })).toBe("loop 0 0>3, stop 5000, run 10, next 0 0>0, end");
});

test("run and sleep: a round is an operation, sleep left out", () => {
  expect(words({ run: "4ms", sleep: "1ms" })).toBe(
    "loop 0 0>5, begin, run 4, finish, sleep 1, next 0 0>0, end",
  );
  expect(words({ run: { mean: "4ms" } })).toBe(
    "loop 0 0>4, begin, run 4 exponential, finish, next 0 0>0, end",
  );
  expect(
    words({ run: { mean: "4ms", spread: "1ms" }, sleep: { mean: "9ms", spread: "2ms", draw: "normal" } }),
  ).toBe("loop 0 0>5, begin, run 4±1 uniform, finish, sleep 9±2 normal, next 0 0>0, end");
  expect(programWith({ run: "4ms", start: "2s" }).threads[0]!.startNs).toBe(2e9);
});

test("phases of run and sleep are the same as run and sleep", () => {
  expect(words({ phases: [{ run: "4ms", sleep: "1ms" }] })).toBe(words({ run: "4ms", sleep: "1ms" }));
  expect(words({ phases: [{ run: "4ms" }, { sleep: "1ms" }] })).toBe(words({ run: "4ms", sleep: "1ms" }));
  expect(words({ phases: [{ sleep: "5s" }, { busy: true }] })).toBe(
    "sleep 5000, loop 0 0>3, run 3600000, next 0 0>1, end",
  );
});

test("repeats nest, and operations are what stands between waits", () => {
  const phases = [
    { run: "4ms", sleep: "1ms", times: 10 },
    { repeat: { times: 3, phases: [{ run: "1ms" }, { timer: "5ms" }] } },
    { busy: "2ms" },
  ] as const;
  expect(words({ phases: [...phases], times: 1 } as never)).toBe(
    "loop 10 0>5, begin, run 4, finish, sleep 1, next 10 0>0, " +
      "loop 3 0>11, begin, run 1, finish, timer 5, next 3 0>6, begin, run 2, finish, end",
  );
  expect(words({ phases: [{ repeat: { phases: [{ run: "1ms" }] } }] })).toBe(
    "loop 0 0>4, begin, run 1, finish, next 0 0>0, end",
  );
});

test("requests: an open loop, each begins when it arrives", () => {
  const program = programWith({ requests: "100/s", service: "4ms", stop: "5s" }, { vcpus: 2, start: "3s" });
  expect(program.sources).toEqual([{ gapNs: 10e6, draw: "exponential", stopNs: 8e9 }]);
  expect(program.threads.length).toBe(2);
  expect(program.threads[0]!.steps.map(word).join(", ")).toBe(
    "loop 0 0>4, take 0, run 4, finish, next 0 0>0, end",
  );
});

test("a barrier guest: all meet, one counts the rounds", () => {
  const program = programWith({ barrier: { threads: 8, work: "5ms", rounds: 7 } });
  expect(program.syncs).toEqual([{ kind: "spin-barrier", parties: 8 }]);
  expect(program.threads.length).toBe(8);
  expect(program.threads[0]!.steps.map(word).join(", ")).toBe(
    "loop 7 0>5, begin, run 5, barrier 0, finish, next 7 0>0, end",
  );
  expect(program.threads[7]!.steps.map(word).join(", ")).toBe(
    "loop 7 0>3, run 5, barrier 0, next 7 0>0, end",
  );
  expect(programWith({ barrier: { work: "5ms", spin: false } }, { vcpus: 4 }).syncs).toEqual([
    { kind: "barrier", parties: 4 },
  ]);
});

test("a lock guest: an operation is the wait for the lock and what is done with it", () => {
  const lock = { threads: 4, hold: "50us", between: "1ms", kind: "ticket" } as const;
  expect(programWith({ lock }).syncs).toEqual([{ kind: "ticket", parties: 0 }]);
  expect(words({ lock })).toBe(
    "loop 0 0>7, run 1, begin, lock 0, run 0.05, unlock 0, finish, next 0 0>0, end",
  );
});

test("entries of a workload meet by name; streams stand beside", () => {
  const { program, workload } = vmWith([
    {
      phases: [{ run: "1ms" }, { barrier: "b" }, { lock: "m" }, { run: "1ms" }, { unlock: "m" }],
      threads: 2,
    },
    { pattern: "uniform", rate: "10/s" },
    { phases: [{ run: "2ms" }, { barrier: "b" }, { resume: "q" }], syncs: [{ name: "m", kind: "spin" }] },
    { phases: [{ suspend: "q" }, { run: "3ms" }] },
  ]);
  expect(workload.length).toBe(1);
  expect(program!.threads.length).toBe(4);
  expect(program!.syncs).toEqual([
    { kind: "barrier", parties: 3 },
    { kind: "spin", parties: 0 },
    { kind: "queue", parties: 0 },
  ]);
});

test("threads of one kind share their steps, and so do the VMs of a group", () => {
  const { vms } = resolveScenario({
    ballast: 1,
    hosts: [{ name: "h", memory: "8GiB" }],
    vms: [{ name: "a", count: 2, vcpus: 2, memory: "1GiB", workload: { busy: true } }],
  });
  const steps = vms.flatMap(({ program }) => program!.threads.map((thread) => thread.steps));
  expect(new Set(steps).size).toBe(1);
});

const leaf = fc.constantFrom<Node>(
  { kind: "run", ns: 5, draw: "constant", spreadNs: 0 },
  { kind: "sleep", ns: 5, draw: "constant", spreadNs: 0 },
  { kind: "resume", sync: 0 },
);
const { nodes } = fc.letrec<{ nodes: Node[]; node: Node }>((tie) => ({
  nodes: fc.array(tie("node"), { maxLength: 4 }),
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.record({
      kind: fc.constant("repeat" as const),
      rounds: fc.integer({ min: 1, max: 3 }),
      body: tie("nodes"),
    }),
  ),
}));

/** The plain steps in the order that nested nodes have them. */
function unrolled(list: readonly Node[]): string[] {
  return list.flatMap((node) =>
    node.kind === "repeat"
      ? Array.from({ length: node.rounds }, () => unrolled(node.body)).flat()
      : [node.kind],
  );
}

test("property: walking the flat list does what the nested steps say", () => {
  fc.assert(
    fc.property(nodes, (list) => {
      const steps = flatten(list);
      const walked: string[] = [];
      const left: number[] = [];
      let isOpen = false;
      for (let at = 0; steps[at]!.kind !== "end"; ++at) {
        const step = steps[at]!;
        if (step.kind === "loop") left[step.depth] = step.rounds;
        else if (step.kind === "next") {
          left[step.depth]! -= 1;
          if (left[step.depth]! > 0) at = step.partner;
        } else if (step.kind === "begin" || step.kind === "finish") {
          expect(isOpen).toBe(step.kind === "finish");
          isOpen = step.kind === "begin";
        } else {
          // Work is counted, waits are not.
          expect(step.kind === "run" ? isOpen : step.kind !== "sleep" || !isOpen).toBe(true);
          walked.push(step.kind);
        }
      }
      expect(walked).toEqual(unrolled(list));
      expect(isOpen).toBe(false);
      const depths = steps.flatMap((step) => (step.kind === "loop" ? [step.depth + 1] : []));
      expect(depthOf(list)).toBe(Math.max(0, ...depths));
      expect(takesTime(list)).toBe(walked.some((kind) => kind !== "resume"));
    }),
  );
});

test("rejects: locks that are not taken and released in turn", () => {
  const lock: Node = { kind: "lock", sync: 0 };
  const unlock: Node = { kind: "unlock", sync: 0 };
  const around = (...body: Node[]): Node[] => [{ kind: "repeat", rounds: 2, body }];
  expect(lockProblem([lock, unlock, ...around(lock, unlock)])).toBeUndefined();
  expect(lockProblem([lock, ...around(unlock, lock), unlock])).toBeUndefined();
  expect(lockProblem([lock, lock])).toBe("a lock is taken twice");
  expect(lockProblem([unlock])).toBe("a lock is released that is not held");
  expect(lockProblem(around(lock))).toBe("a lock is kept from one round to the next");
});
