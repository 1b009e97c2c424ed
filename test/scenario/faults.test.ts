// Goal: every bad input is told with its place, all at once, and in words.
// Method: one table: text, then the rows that the message must have below its header.
import { expect, test } from "vitest";
import {
  parseScenario,
  resolveScenario,
  type ScenarioError,
  type ScenarioInput,
} from "../../src/scenario/index.ts";
import { badCpuScenarios } from "./bad-cpu-scenarios.ts";
import { badEvents } from "./bad-events.ts";
import { badGuests } from "./bad-guests.ts";
import { badMemory } from "./bad-memory.ts";
import { badScenarios, head } from "./bad-scenarios.ts";
import { badWorkloads } from "./bad-workloads.ts";

function faultsOf(text: string, options = {}): string[] {
  try {
    parseScenario(text, { file: "s.yaml", ...options });
  } catch (error) {
    const { name, message, faults } = error as ScenarioError;
    expect(name).toBe("ScenarioError");
    expect(message).not.toMatch(/[\\^](?!u00)|undefined|NaN|\[object/);
    expect(faults.length).toBeGreaterThan(0);
    const [header, ...rows] = message.split("\n");
    expect(header).toMatch(/^scenario s\.(yaml|json) is not valid \(\d+ faults?\)$/);
    return rows.map((row) => row.trim().replace(/ {2,}/g, "  "));
  }
  return [];
}

test.each([...badScenarios, ...badCpuScenarios, ...badEvents, ...badMemory, ...badGuests, ...badWorkloads])(
  "%s",
  (_what, text, rows) => {
    expect(faultsOf(text)).toEqual(rows);
  },
);

test("all faults at once, by line, aligned as docs/STYLE.md shows", () => {
  const text =
    "ballast: 1\nhosts:\n  - name: h\n    memory: 8GiB\n    nodes: 0\nvms:\n  - { name: a, memory: 8 }\n  - { nam: b, memory: 1GiB }\n";
  expect(() => parseScenario(text, { file: "overcommit.yaml" })).toThrow(
    [
      "scenario overcommit.yaml is not valid (3 faults)",
      "  overcommit.yaml:5:12  hosts[0].nodes  expected at least 1, got 0",
      "  overcommit.yaml:7:24  vms[0].memory   expected a size with a unit, such as 512MiB, got 8",
      "  overcommit.yaml:8:7   vms[1].nam      expected a known key, got nam; did you mean name?",
    ].join("\n"),
  );
});

test("JSON has the same faults at its own places", () => {
  const text =
    '{\n\t"ballast": 1,\n\t"hosts": [{ "name": "h", "memory": "8GiB" }],\n\t"vms": [{ "name": "a", "memory": 3 }]\n}';
  expect(faultsOf(text, { file: "s.json" })).toEqual([
    "s.json:4:35  vms[0].memory  expected a size with a unit, such as 512MiB, got 3",
  ]);
  expect(
    faultsOf(text.replace('"memory": 3', '"memory": "4KiB", "memory": "8KiB"'), { file: "s.json" }),
  ).toEqual(["s.json:4:43  vms[0].memory  expected each key once, got memory again"]);
});

test("an alias is at fault where its anchor stands", () => {
  const text = `${head}vms:\n  - { name: a, memory: &m 7 }\n  - { name: b, memory: *m }\n`;
  expect(faultsOf(text)).toEqual([
    "s.yaml:4:27  vms[0].memory  expected a size with a unit, such as 512MiB, got 7",
    "s.yaml:5:24  vms[1].memory  expected a size with a unit, such as 512MiB, got 7",
  ]);
});

test("a thousand faults are counted and fifty printed", () => {
  const vms = Array.from({ length: 1000 }, (_, i) => ({ name: `v${i}`, memory: "x" }));
  const input = { ballast: 1, hosts: [{ name: "h", memory: "1GiB" }], vms } as ScenarioInput;
  try {
    resolveScenario(input);
    expect.unreachable();
  } catch (error) {
    const { message, faults } = error as ScenarioError;
    expect(faults.length).toBe(1000);
    expect(message.split("\n").length).toBe(52);
    expect(message).toContain("scenario is not valid (1000 faults)\n  vms[0].memory   expected a size");
    expect(message).toMatch(/and 950 more$/);
  }
});

test("programmatic scenarios have paths and no lines", () => {
  expect(() => resolveScenario({ ballast: 1, hosts: [], vms: [] } as never)).toThrow(
    "scenario is not valid (2 faults)\n  hosts  expected at least 1 entry, got an empty list\n  vms    expected at least 1 entry, got an empty list",
  );
});
