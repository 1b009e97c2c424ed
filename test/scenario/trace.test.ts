// Goal: traces become the load that they tell of, and what is wrong with one is told with its line.
// Method: worked examples by hand; random traces against the time that they ask for; rt-app's own examples where they are.
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { parseScenario, ScenarioError, type StepSpec } from "../../src/scenario/index.ts";
import { loadScenario } from "../../src/sim/load-scenario.ts";

const scenarioOf = (name: string, more = "", vcpus = 1) =>
  `ballast: 1\nhosts: [{ name: h, memory: 8GiB }]\nvms:\n  - { name: a, memory: 1GiB, vcpus: ${vcpus}, workload: { trace: ${name}${more} } }\n`;
const programOf = (text: string, { name = "cpu.csv", more = "", vcpus = 1 } = {}) => {
  const notes: string[] = [];
  const options = {
    file: "s/s.yaml",
    traces: { [name]: text },
    onWarning: (note: string) => notes.push(note),
  };
  const program = parseScenario(scenarioOf(name, more, vcpus), options).vms[0]!.program;
  return { program, notes };
};
const faultsOf = (text: string, options = {}) => {
  try {
    programOf(text, options);
  } catch (error) {
    expect(error).toBeInstanceOf(ScenarioError);
    return (error as ScenarioError).message
      .split("\n")
      .slice(1)
      .map((row) => row.trim().replace(/ {2,}/g, "  "));
  }
  return [];
};
const at = "vms[0].workload.trace  expected";
const wordOf = (step: StepSpec) =>
  "ns" in step
    ? `${step.kind} ${step.ns / 1e6}`
    : "rounds" in step
      ? `${step.kind} ${step.rounds}`
      : "sync" in step
        ? `${step.kind} ${step.sync}`
        : step.kind;
const wordsOf = (text: string, options = {}, thread = 0) =>
  programOf(text, options).program!.threads[thread]!.steps.map(wordOf).join(", ");

test("rows hold until the next, the last for ever", () => {
  expect(wordsOf("time,utilization\n0,25%\n5,0%\n10,1\n")).toBe(
    "loop 500, begin, run 2.5, finish, timer 10, next 500, timer 5000, " +
      "loop 0, begin, run 10, finish, timer 10, next 0, end",
  );
  // Equal rows are one; what is left of a period is a shorter one; rest at the end is nothing.
  expect(wordsOf("time,utilization\n0,50%\n1s,0.5\n1.004,0\n")).toBe(
    "loop 100, begin, run 5, finish, timer 10, next 100, begin, run 2, finish, end",
  );
});

test("utilization is of all vCPUs, or a number of them", () => {
  const { program } = programOf("host,time,vcpus\nx,0,1.5\n", { vcpus: 2 });
  expect(program!.threads.length).toBe(2);
  expect(program!.threads[1]!.steps.map(wordOf)).toContain("run 7.5");
});

test("a trace starts and stops with its workload", () => {
  const options = { more: ", start: 2s, stop: 7s" };
  expect(wordsOf("time,utilization\n0,25%\n3,0%\n4,50%\n99,1\n", options)).toBe(
    "loop 300, begin, run 2.5, finish, timer 10, next 300, timer 1000, loop 100, begin, run 5, finish, timer 10, next 100, end",
  );
  expect(programOf("time,utilization\n0,25%\n", options).program!.threads[0]!.startNs).toBe(2e9);
});

test("comments, blank lines around the rows, quotes and Windows line ends are no faults; idle is no program", () => {
  expect(programOf('# of a VM\r\n"time","utilisation"\r\n\r\n"0","0%"\r\n').program).toBeUndefined();
});

test.each([
  ["empty", "", ["s/cpu.csv:1:1  " + at + " a header such as time,utilization, got an empty file"]],
  [
    "no time",
    "tme,utilization\n0,1\n",
    ["s/cpu.csv:1:1  " + at + " a column time, got tme,utilization; is tme meant?"],
  ],
  ["no load", "time,load\n0,1\n", ["s/cpu.csv:1:1  " + at + " a column utilization or vcpus, got time,load"]],
  [
    "two loads",
    "time,utilization,vcpus\n0,1,1\n",
    ["s/cpu.csv:1:1  " + at + " one column time and one utilization or vcpus, got time,utilization,vcpus"],
  ],
  [
    "two times",
    "time,time,vcpus\n0,0,1\n",
    ["s/cpu.csv:1:1  " + at + " one column time and one utilization or vcpus, got time,time,vcpus"],
  ],
  ["no rows", "time,utilization\n", ["s/cpu.csv:1:1  " + at + " rows below the header, got none"]],
  [
    "late start",
    "time,utilization\n5,1\n",
    ["s/cpu.csv:2:1  " + at + " 0, so that there is no hole at the start, got 5"],
  ],
  [
    "backwards",
    "time,utilization\n0,1\n9,1\n9,0\n",
    ["s/cpu.csv:4:1  " + at + " more than the row before (9 s), got 9"],
  ],
  [
    "blank values",
    "time,utilization\n0,\n,1\n2\n",
    [
      "s/cpu.csv:2:3  " + at + " a percentage, or a fraction 0 to 1, got nothing",
      "s/cpu.csv:3:1  " + at + " a time in seconds, or with a unit, got nothing",
      "s/cpu.csv:4:2  " + at + " a percentage, or a fraction 0 to 1, got nothing",
    ],
  ],
  [
    "bad values",
    "time,utilization\n0,NaN\n1,25\n2,110%\n3,-1\n",
    [
      "s/cpu.csv:2:3  " + at + " a percentage, or a fraction 0 to 1, got NaN",
      "s/cpu.csv:3:3  " + at + " a fraction 0 to 1, or a percentage with its sign, got 25",
      "s/cpu.csv:4:3  " + at + " at most 100%, got 110%",
      "s/cpu.csv:5:3  " + at + " a percentage, or a fraction 0 to 1, got -1",
    ],
  ],
  [
    "cells too many and too few",
    "time,utilization,note\n0,1,x\n1,1\n2,1,,\n3,1,\n",
    [
      "s/cpu.csv:3:4  " + at + " 3 cells, as the header has, got 2 cells",
      "s/cpu.csv:4:6  " + at + " 3 cells, as the header has, got 4 cells",
    ],
  ],
  [
    "a decimal comma",
    "time,utilization\n0,0,5\n",
    ["s/cpu.csv:2:5  " + at + " 2 cells, as the header has, got 3 cells"],
  ],
  [
    "other separators",
    "time;utilization\n0;1\n",
    ["s/cpu.csv:1:1  " + at + " a column time, got time;utilization; cells are separated by commas"],
  ],
  [
    "blank lines between rows",
    "time,utilization\n\n0,1\n\n# later\n5,1\n\n",
    ["s/cpu.csv:4:1  " + at + " a row, got a blank line; with gaps: hold the row before holds"],
  ],
  ["vCPUs", "time,vcpus\n0,1.5\n", ["s/cpu.csv:2:3  " + at + " a number of vCPUs, 0 to 1, got 1.5"]],
  [
    "missing rows",
    "time,utilization\n0,1\n5,1\n10,1\n25,1\n30,1\n",
    [
      "s/cpu.csv:5:1  " +
        at +
        " a row at 15 s, as rows are 5 s apart, got 2 rows missing before; with gaps: hold the row before holds",
    ],
  ],
])("%s", (_what, text, rows) => {
  expect(faultsOf(text)).toEqual(rows);
});

test("rows that are not regular, and gaps that are meant, are no holes", () => {
  expect(faultsOf("time,utilization\n0,1\n10,0\n20,1\n60,0.5\n")).toEqual([]);
  expect(faultsOf("time,utilization\n0,1\n5,1\n10,1\n25,1\n30,1\n", { more: ", gaps: hold" })).toEqual([]);
  expect(faultsOf("time,utilization\n0,1\n\n5,1\n", { more: ", gaps: hold" })).toEqual([]);
});

/** Time and work of a list of steps, endless loops taken once. */
function totals(steps: readonly StepSpec[]): { work: number; time: number } {
  let work = 0;
  let time = 0;
  let rounds = 1;
  for (const step of steps) {
    if (step.kind === "loop") rounds = Math.max(1, step.rounds);
    else if (step.kind === "next") rounds = 1;
    else if (step.kind === "run") work += step.ns * rounds;
    else if (step.kind === "timer") time += step.ns * rounds;
  }
  return { work, time };
}

test("property: a trace asks for as much time as its rows do", () => {
  const row = fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.nat(100));
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 12 }), (list) => {
      let ms = 0;
      let wanted = 0;
      let text = "time,utilization\n";
      for (const [length, percent] of list) {
        text += `${ms}ms,${percent}%\n`;
        ms += length;
        wanted += (length * 1e6 * percent) / 100;
      }
      const more = `, gaps: hold, stop: ${ms}ms`;
      const { program } = programOf(text, { more });
      const { work, time } = totals(program === undefined ? [] : program.threads[0]!.steps);
      // Whole ns: each row rounds at most twice.
      expect(Math.abs(work - wanted)).toBeLessThanOrEqual(2 * list.length);
      expect(time).toBeLessThanOrEqual(ms * 1e6);
    }),
  );
});

test("rt-app: order, keys that come twice, bare words, phases, instances, delays", () => {
  const text = readFileSync(new URL("fixtures/pair.rt-app", import.meta.url), "utf8");
  const { program, notes } = programOf(text, { name: "pair.json" });
  expect(program!.threads.map(({ startNs }) => startNs)).toEqual([0, 3e6, 3e6]);
  expect(program!.syncs.map(({ kind }) => kind)).toEqual(["queue", "queue", "mutex"]);
  const list = (thread: number) => program!.threads[thread]!.steps.map(wordOf).join(", ");
  expect(list(0)).toBe("loop 0, stop 6000, begin, run 1, resume 0, run 0.5, finish, suspend 1, next 0, end");
  expect(list(1)).toBe(
    "loop 0, stop 6000, loop 5, stop 6000, suspend 0, begin, lock 2, run 0.2, unlock 2, resume 1, finish, next 5, " +
      "begin, run 0.1, finish, timer 10, next 0, end",
  );
  expect(notes).toEqual(["pair.json: not simulated and left out: cpus (1), mem (1), priority (1)"]);
});

test.each([
  [
    "fork",
    '{ "tasks": { "a": { "run": 1, "fork": "b" } } }',
    "1:31  " + at + " threads that are there from the start, got fork",
  ],
  [
    "no threads",
    '{ "tasks": { "a": { "run": 1, "instance": 0 } } }',
    "1:43  " + at + " a whole number, 1 to 1024, got 0",
  ],
  ["no tasks", '{ "global": {} }', "1:1  " + at + " a map with tasks, as rt-app reads, got a map without"],
  [
    "unknown event",
    '{ "tasks": { "a": {\n "rnu": 1, "run": 2 } } }',
    "2:2  " + at + " an event of rt-app, such as run, sleep or timer, got rnu",
  ],
  [
    "no time",
    '{ "tasks": { "a": { "resume": "b" } } }',
    "1:14  " + at + " a run, sleep or timer, so that time passes, got a without any",
  ],
  [
    "longer than any run",
    '{ "tasks": { "a": { "run": 1e300 } } }',
    "1:28  " + at + " at most 9007199254740 us (104 d), got 1e+300",
  ],
  ["negative", '{ "tasks": { "a": { "run": -1 } } }', "1:28  " + at + " a time in us, got -1"],
  [
    "locks",
    '{ "tasks": { "a": { "lock": "m", "run": 1 } } }',
    "1:14  " + at + " locks taken and released in turn, got a: a lock is kept from one round to the next",
  ],
  [
    "loop",
    '{ "tasks": { "a": { "loop": 0, "run": 1 } } }',
    "1:29  " + at + " a whole number, 1 to 1000000000, or -1, got 0",
  ],
])("rt-app: %s", (_what, text, row) => {
  expect(faultsOf(text, { name: "w.json" })).toContain(`s/w.json:${row}`);
});

const TASK = '{ "tasks": { "a": { "run": 1000';
test.each([
  ["cut off", `${TASK} } }`, "1:36", "a comma, or }, got the end of the file"],
  ["one brace too many", `${TASK} } } } }`, "1:39", "nothing behind the last }, got }"],
  ["no comma", `${TASK} "sleep": 5 } } }`, "1:33", 'a comma, or }, got "sleep"'],
  ["no colon", '{ "tasks": { "a": { "run" 1000 } } }', "1:27", "a colon behind the key, got 1000"],
  ["no value", '{ "tasks": { "a": { "run": } } }', "1:28", "a value behind the colon, got }"],
  ["a list that stays open", '{ "tasks": { "a": { "cpus": [0, 1 } } }', "1:35", "a comma, or ], got }"],
  [
    "a text that stays open",
    '{ "tasks": {\n "a: { } } }',
    "2:2",
    'a " at the end of the text, got "a: { } } }',
  ],
  ["no key", '{ "tasks": { { } } }', "1:14", "a key, or }, got {"],
  ["YAML", "tasks:\n  a: { run: 1000 }\n", "1:6", "nothing behind the last }, got :"],
])("rt-app, broken: %s, in words of JSON", (_what, text, place, words) => {
  expect(faultsOf(text, { name: "w.json" })).toEqual([`s/w.json:${place}  ${at} well-formed JSON: ${words}`]);
});

test("rt-app: what could not be read is told once, not what is missing without it", () => {
  const text = '{ "tasks": { "a": { "run": -5 } } }';
  expect(faultsOf(text, { name: "w.json" })).toEqual([`s/w.json:1:28  ${at} a time in us, got -5`]);
});

test("property: rt-app text of any kind is read or told", () => {
  const whole = readFileSync(new URL("fixtures/pair.rt-app", import.meta.url), "utf8");
  fc.assert(
    fc.property(fc.nat(whole.length), fc.nat(30), fc.string(), (from, cut, put) => {
      faultsOf(whole.slice(0, from) + put + whole.slice(from + cut), { name: "w.json" });
    }),
    { numRuns: 300 },
  );
});

const folder = mkdtempSync(join(tmpdir(), "ballast-trace-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("traces are read beside the scenario, and one that is not there is told", async () => {
  writeFileSync(join(folder, "cpu.csv"), "time,utilization\n0,25%\n");
  writeFileSync(join(folder, "good.yaml"), scenarioOf("./cpu.csv"));
  expect((await loadScenario(join(folder, "good.yaml"))).vms[0]!.program!.threads.length).toBe(1);
  mkdirSync(join(folder, "dir.csv"));
  for (const [name, got] of [
    ["none.csv", "no such file"],
    ["dir.csv", "a directory"],
  ] as const) {
    const file = join(folder, "bad.yaml");
    writeFileSync(file, scenarioOf(name));
    await expect(loadScenario(file)).rejects.toThrow(`${file}:4:59  ${at} a trace, got ${got}`);
  }
});

const archive = new URL("../../../shared/data/rt_app/rt_app_examples.tar.gz", import.meta.url).pathname;
const isThere = existsSync(archive);
if (!isThere) console.warn(`skipped: rt-app's examples, as there is no ${archive}`);

test.skipIf(!isThere)("rt-app's own examples: all but those that fork or are no workloads", () => {
  execFileSync("tar", ["xzf", archive, "-C", folder]);
  const root = join(folder, "rt-app");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".json"),
  );
  expect(files.length).toBe(28);
  const refused = files.filter((file) => {
    const faults = faultsOf(readFileSync(join(root, file), "utf8"), { name: "w.json" });
    return faults.length > 0;
  });
  expect(refused.sort()).toEqual([
    ...["global", "resources", "thread0", "thread1", "thread2", "thread3"].map(
      (name) => `merge/${name}.json`,
    ),
    "tutorial/example9.json",
  ]);
  const { program } = programOf(readFileSync(join(root, "tutorial/example3.json"), "utf8"), {
    name: "w.json",
  });
  expect(program!.threads.length).toBe(12);
  expect(program!.threads[0]!.steps.map(wordOf).join(", ")).toBe(
    "loop 10, begin, run 3, finish, timer 30, next 10, loop 10, begin, run 27, finish, timer 30, next 10, end",
  );
});
