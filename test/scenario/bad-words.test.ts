// Goal: what people write by mistake for numbers, names and maps is told in the words that mend it, one fault a mistake.
// Method: each mistake alone in a small scenario; the whole message.
import { expect, test } from "vitest";
import { ScenarioError } from "../../src/scenario/fault.ts";
import { parseScenario, setPath } from "../../src/scenario/index.ts";

/** Lines of the error below its header. */
function faultsOf(text: string): string[] {
  try {
    parseScenario(text, { file: "s.yaml" });
  } catch (error) {
    if (error instanceof ScenarioError)
      return error.message
        .split("\n")
        .slice(1)
        .map((line) => line.trim().replace(/ +/g, " "));
    throw error;
  }
  return [];
}

const withVm = (own: string, rest = ""): string => `ballast: 1
hosts: [{ name: h, memory: 1MiB }]
vms: [{ name: a, memory: 4KiB, ${own} }]
${rest}`;
const withPolicy = (policies: string): string => withVm("workload: { busy: true }", `policies: ${policies}`);

test.each([
  [
    "a number in quotes",
    withVm("cpu: { shares: '3' }"),
    's.yaml:3:47 vms[0].cpu.shares expected a whole number, or low, normal or high, got "3"; without quotes it is a number: 3',
  ],
  [
    "the same for memory",
    withVm("mem: { shares: ' 3' }"),
    's.yaml:3:47 vms[0].mem.shares expected a whole number, or low, normal or high, got " 3"; without quotes it is a number: 3',
  ],
  [
    "more than there can be, and no safe integer either: the bound that counts",
    withVm("cpu: { shares: 1e21 }"),
    "s.yaml:3:47 vms[0].cpu.shares expected at most 1 000 000, got 1e+21",
  ],
  [
    "a mistyped kind of work: not what a stream lacks",
    withVm("workload: { bussy: true }"),
    "s.yaml:3:44 vms[0].workload.bussy expected a known key, got bussy; did you mean busy?",
  ],
  [
    "beside threads: not that they are alone",
    withVm("workload: [{ bussy: true, threads: 2 }]"),
    "s.yaml:3:45 vms[0].workload[0].bussy expected a known key, got bussy; did you mean busy?",
  ],
  [
    "a mistyped key that has to be there: not that it is absent",
    `ballast: 1\nhosts: [{ name: h, memroy: 1MiB }]\nvms: [{ name: a, memory: 4KiB }]\n`,
    "s.yaml:2:20 hosts[0].memroy expected a known key, got memroy; did you mean memory?",
  ],
  [
    "a word for a map of work",
    withVm("workload: busy"),
    "s.yaml:3:42 vms[0].workload expected a workload (a map), or a list of them, got busy; write { busy: true }",
  ],
  [
    "a word for a map of controls",
    withVm("cpu: high"),
    's.yaml:3:37 vms[0].cpu expected a map, got "high"; write { shares: high }',
  ],
  [
    "a scheduler as the policy's name",
    withPolicy("{ cpu: { name: stride } }"),
    "s.yaml:4:26 policies.cpu.name expected fixed, strict-priority, latency-bound or p99-target, got stride; did you mean scheduler: stride?",
  ],
  [
    "a scheduler as a key",
    withPolicy("{ cpu: { stride: true } }"),
    "s.yaml:4:20 policies.cpu.stride expected a known key, got stride; did you mean scheduler: stride?",
  ],
  [
    "a policy as a key",
    withPolicy("{ cpu: { fixed: {} } }"),
    "s.yaml:4:20 policies.cpu.fixed expected a known key, got fixed; did you mean name: fixed?",
  ],
  [
    "controls of an event without their resource",
    withVm("workload: { busy: true }", "events: [{ at: 1s, set: { vm: a, shares: 3 } }]"),
    "s.yaml:4:34 events[0].set.shares expected a known key, got shares; did you mean cpu.shares or mem.shares?",
  ],
  [
    "a name for what happens to a VM",
    withVm("workload: { busy: true }", "events: [{ at: 1s, stop: a }]"),
    's.yaml:4:26 events[0].stop expected a map, got "a"; write { vm: a }',
  ],
  [
    "the beginning of a word",
    withPolicy("{ cpu: { coscheduling: relax } }"),
    "s.yaml:4:34 policies.cpu.coscheduling expected none, strict, relaxed or per-vcpu, got relax; did you mean relaxed?",
  ],
  [
    "two documents",
    `${withVm("workload: { busy: true }")}---\nballast: 1\n`,
    "s.yaml:4:1 (document) expected one document, got another one, which begins here; a scenario is one document, a file has one scenario",
  ],
])("%s", (_, text, fault) => {
  expect(faultsOf(text)).toEqual([fault]);
});

test("other faults are told beside a mistyped key", () => {
  const faults = faultsOf(withVm("vcpus: 0, workload: { bussy: true, threads: 0 }"));
  expect(faults.map((line) => line.split(" ")[1])).toEqual([
    "vms[0].vcpus",
    "vms[0].workload.bussy",
    "vms[0].workload.threads",
  ]);
});

test("a scheduler's name stands for its map, and takes more settings", () => {
  const { cpu } = parseScenario(withPolicy("{ cpu: stride }")).policies;
  expect([cpu.name, cpu.scheduler]).toEqual(["fixed", "stride"]);
  const document = { policies: { cpu: "stride" } };
  expect(setPath(document, "policies.cpu.quantum=5ms")).toEqual({
    policies: { cpu: { scheduler: "stride", quantum: "5ms" } },
  });
  expect(setPath({ policies: { cpu: "fixed" } }, "policies.cpu.quantum=5ms")).toEqual({
    policies: { cpu: { name: "fixed", quantum: "5ms" } },
  });
});
