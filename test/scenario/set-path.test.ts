// Goal: --set, --seed and --until change exactly one value, and a path that leads nowhere says so.
// Method: by hand; one table of bad assignments.
import { expect, test } from "vitest";
import { parseScenario, type ScenarioError, setPath } from "../../src/scenario/index.ts";

const text = `ballast: 1
hosts: [{ name: h, memory: &m 8GiB }]
vms:
  - { name: db, memory: *m }
  - { name: web, count: 2, memory: 1GiB, workload: [{ preset: idle }] }
policies: { memory: scan-time }
`;

test("paths go by index and by name, and make maps on their way", () => {
  const set = (...assignments: string[]) => parseScenario(text, { set: assignments });
  expect(set("vms[0].memory=1GiB").vms[0]!.memoryPages).toBe(262_144);
  expect(set("vms.0.memory=1GiB").vms[0]!.memoryPages).toBe(262_144);
  expect(set("vms.web.memory=2GiB").vms.map(({ memoryPages }) => memoryPages)).toEqual([
    2_097_152, 524_288, 524_288,
  ]);
  expect(set("vms.web.workload[0].preset=toucher").vms[1]!.workload).toHaveLength(1);
  expect(set("vms[1].count=3", "vms.web.count=1").vms.map(({ name }) => name)).toEqual(["db", "web-1"]);
  expect(set("hosts.h.cpu.mhz=3GHz").hosts[0]!.cpu.mhz).toBe(3000);
  expect(set("seed=9", "name=x y").name).toBe("x y");
  expect(set("vms.db.image={ zero: 100% }").vms[0]!.image).toMatchObject({ zeroPpm: 1e6 });
  // The short form of a policy keeps its name.
  expect(set("policies.memory.sharing.rate=400/s").policies.memory).toMatchObject({
    name: "scan-time",
    sharing: { ratePerSecond: 400 },
  });
});

test("--seed and --until win over the text and over --set", () => {
  const scenario = parseScenario(text, { set: ["seed=1"], seed: 7, until: "90s" });
  expect([scenario.seed, scenario.durationNs]).toEqual([7, 90e9]);
});

test("setPath changes a copy", () => {
  const shared = { a: 1 };
  const document = { list: [shared, shared] };
  expect(setPath(document, "list[1].a=2")).toEqual({ list: [{ a: 1 }, { a: 2 }] });
  expect(document).toEqual({ list: [{ a: 1 }, { a: 1 }] });
  expect(setPath("ballast: 1", "seed=2")).toEqual({ ballast: 1, seed: 2 });
  expect(Object.getPrototypeOf(setPath({}, "__proto__.x=1"))).toBe(Object.prototype);
});

test.each([
  ["seed", "(document)  expected PATH=VALUE, such as vms.web.memory=4GiB, got seed"],
  ["=1", "(document)  expected PATH=VALUE, such as vms.web.memory=4GiB, got =1"],
  ["vms..memory=1", "(document)  expected a path such as vms[0].memory, got vms..memory"],
  ["vms[x]=1", "(document)  expected a path such as vms[0].memory, got vms[x]"],
  ["vms.=1", "(document)  expected a path such as vms[0].memory, got vms."],
  ["a.[0]=1", "(document)  expected a path such as vms[0].memory, got a.[0]"],
  ["seed={", "seed  expected a value in YAML, got {"],
  ["seed=!x 1", "seed  expected a value in YAML, got !x 1"],
  ["vms[9].memory=1GiB", "vms[9]  expected an entry of the list, which has 2, got 9"],
  ["vms.wbe.memory=1GiB", "vms  expected an index, or the name of an entry, got wbe; did you mean web?"],
  [
    "vms.web-2.memory=1GiB",
    "vms  expected an index, or the name of an entry, got web-2; did you mean web, with count?",
  ],
  ["seed[0]=1", "seed  expected a list, got nothing"],
  ["ballast.x=1", "ballast  expected a map to set x in, got 1"],
  ["vms.web.memory=3", "vms[1].memory  expected a size with a unit, such as 512MiB, got 3"],
  ["vms.web.memroy=3GiB", "vms[1].memroy  expected a known key, got memroy; did you mean memory?"],
])("--set %s is refused", (assignment, row) => {
  expect.assertions(1);
  try {
    parseScenario(text, { file: "s.yaml", set: [assignment] });
  } catch (error) {
    const expected = `scenario s.yaml is not valid (1 fault)\n  --set ${assignment}  ${row}`;
    expect((error as ScenarioError).message).toBe(expected);
  }
});

test("faults of options stand beside those of the text", () => {
  expect(() =>
    parseScenario(text.replace("1GiB", "1"), { file: "s.yaml", seed: "x", until: "soon" }),
  ).toThrow(
    [
      "scenario s.yaml is not valid (3 faults)",
      '  --seed x      seed           expected a whole number, got "x"',
      "  --until soon  duration       expected a time with a unit, such as 90s, got soon",
      "  s.yaml:5:36   vms[1].memory  expected a size with a unit, such as 512MiB, got 1",
    ].join("\n"),
  );
});
