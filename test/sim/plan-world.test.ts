// Goal: a world takes the bytes that were promised, is refused by name when it takes too many, and plans rows exactly.
// Method: plans only, nothing is allocated.

import { describe, expect, test } from "vitest";
import { CORE_BYTES_MAX, planCore } from "../../src/core/boot.ts";
import { COLUMNS, ELEMENT_BYTES } from "../../src/core/layout.ts";
import type { ImageSource } from "../../src/sim/image-source.ts";
import { planWorld } from "../../src/sim/plan-world.ts";
import { coreOf, mixOf, type SmallScenario, scenarioOf, streamOf } from "../support/world.ts";

const GIB = 262_144;

function planOf(small: SmallScenario, sources?: readonly ImageSource[]) {
  const scenario = scenarioOf(small);
  const none = scenario.vms.map(
    (vm): ImageSource =>
      vm.image?.kind === "mix"
        ? { kind: "mix", pages: vm.image.pages, spec: vm.image }
        : { kind: "none", pages: 0 },
  );
  return planWorld(scenario, sources ?? none);
}

const vmsOf = (count: number, pages: number) =>
  Array.from({ length: count }, () => ({ pages, image: mixOf(pages, 300_000, 400_000) }));

describe("bytes budget", () => {
  test("512 GiB of content ids with sharing fit one world, at 28 bytes a page or less", () => {
    const { core, content } = planOf({ vms: vmsOf(64, 8 * GIB) });
    expect(content).toBe("ids");
    expect(core.rows.ppn).toBe(512 * GIB);
    expect(core.bytes).toBeLessThan(CORE_BYTES_MAX);
    expect(core.bytes / core.rows.ppn).toBeLessThanOrEqual(28);
  });

  test("so do 8 GiB: what does not grow with the pages is small", () => {
    const { core } = planOf({ vms: vmsOf(8, GIB) });
    expect(core.bytes / core.rows.ppn).toBeLessThanOrEqual(28);
  });

  test("3.5 GiB of real bytes fit one world with sharing", () => {
    const source: ImageSource = { kind: "bytes", pages: 1.75 * GIB, chunks: () => [] };
    const { core, content } = planOf({ vms: [{ pages: 1.75 * GIB }, { pages: 1.75 * GIB }] }, [
      source,
      source,
    ]);
    expect(content).toBe("bytes");
    expect(core.bytes).toBeLessThan(CORE_BYTES_MAX);
  });

  test("5 GiB of real bytes become ids by themselves", () => {
    const source: ImageSource = { kind: "bytes", pages: 5 * GIB, chunks: () => [] };
    expect(planOf({ vms: [{ pages: 5 * GIB }] }, [source]).content).toBe("ids");
  });

  test("a world without sharing, zipf, salts or bytes has none of their columns", () => {
    const { core } = planOf({ vms: vmsOf(1, GIB), sharing: { algorithm: "none" } });
    expect([...core.groups]).toEqual(["ids"]);
    expect(core.bytes / core.rows.ppn).toBeLessThanOrEqual(17);
  });

  test("a terabyte is refused before anything is allocated, naming what to reduce", () => {
    expect(() => planOf({ vms: vmsOf(2, 512 * GIB) })).toThrow(
      /vms .*expected VMs that fit 4\.00 GiB of core memory.*reduce their number or their memory/s,
    );
  });
});

describe("rows", () => {
  test("frames only as far as VMs can come to use them: an idle VM's image, a busy one's memory", () => {
    const idle = { pages: 5000, image: mixOf(700, 0, 0), workload: [] };
    const busy = { pages: 600, workload: [streamOf()] };
    expect(planOf({ hosts: [10_000], vms: [idle] }).zones).toEqual([
      { host: 0, node: 0, first: 0, pages: 700 },
    ]);
    expect(planOf({ hosts: [10_000], vms: [idle, busy] }).zones[0]!.pages).toBe(1300);
    expect(planOf({ hosts: [1000], vms: [idle, busy] }).zones[0]!.pages).toBe(1000);
  });

  test("nodes get even parts, the last the rest; every zone begins at a block", () => {
    const { zones } = planOf({
      hosts: [{ memoryPages: 1001, nodes: 3 }, 600],
      vms: [{ pages: 1001 }, { pages: 9, host: 1 }],
    });
    expect(zones.map(({ first, pages }) => [first, pages])).toEqual([
      [0, 333],
      [512, 333],
      [1024, 335],
      [1536, 9],
    ]);
  });

  test.each([
    [0, 2],
    [1, 4],
    [4, 4],
    [5, 8],
    [1020, 512],
    [1021, 1024],
  ])("%i streams beside epoch, script and two events of a host: a tree of %i nodes", (streams, nodes) => {
    const workload = Array.from({ length: streams }, () => streamOf());
    expect(planOf({ vms: [{ pages: 1, workload }] }).core.rows.tree).toBe(nodes);
  });

  test("streams of one law share their table", () => {
    const zipf = streamOf({ pattern: "zipf", pages: 100 });
    const { core, aliases } = planOf({
      vms: [{ pages: 100, workload: [zipf, zipf, { ...zipf, exponent: 1 }] }],
    });
    expect([core.rows.alias, aliases[0] === aliases[1], aliases[0] === aliases[2]]).toEqual([
      200,
      true,
      false,
    ]);
  });
});

test("hosts find their VMs and zones: 4000 of 20,000 with two VMs each, two nodes everywhere", () => {
  const vms = Array.from({ length: 8000 }, (_, row) => ({ pages: 1, host: row % 4000, workload: [] }));
  const hosts = Array.from({ length: 20_000 }, () => ({ memoryPages: 10, nodes: 2 }));
  const { columns } = coreOf({ hosts, vms }, "release");
  expect([columns.hostVmFirst[3999], columns.hostVmCount[3999], columns.hostZoneFirst[3999]]).toEqual([
    7998, 2, 7998,
  ]);
  expect([columns.hostVmCount[4000], columns.hostZoneFirst[4000]]).toEqual([0, 8000]);
});

test("columns and records stand one after another without overlap, at multiples of 64; those of less than a line of 8", () => {
  const { rows, groups, bases, bytes } = planOf({ vms: vmsOf(3, 100) }).core;
  const again = planCore(rows, groups);
  expect(again.bases).toEqual(bases);
  let end = 0;
  let small = 0;
  for (const [index, { record, fixed, element, space, group }] of COLUMNS.entries()) {
    if (record !== undefined || fixed !== undefined) continue;
    const isThere = group === undefined || groups.has(group);
    const size = (isThere ? rows[space] : 0) * ELEMENT_BYTES[element];
    expect(bases[index]! % (size < 64 ? 8 : 64)).toBe(0);
    expect(bases[index]).toBeGreaterThanOrEqual(end);
    end = bases[index]! + size;
    if (size > 0 && size < 64) small += 1;
  }
  expect(small).toBeGreaterThan(5);
  // Where records begin.
  const starts = COLUMNS.flatMap(({ record }, index) =>
    record === undefined ? [] : [bases[index]! - record.offset],
  );
  for (const start of starts) expect(start % 64).toBe(0);
  expect(bytes % 65_536).toBe(0);
});

test("fields of a record do not overlap", () => {
  const fields = COLUMNS.flatMap(({ space, element, record }) =>
    record === undefined ? [] : [{ space, ...record, end: record.offset + ELEMENT_BYTES[element] }],
  ).sort((a, b) => (a.space === b.space ? a.offset - b.offset : a.space < b.space ? -1 : 1));
  expect(fields.length).toBeGreaterThan(5);
  for (const [index, { space, offset, step, end }] of fields.entries()) {
    expect(end).toBeLessThanOrEqual(step);
    const before = fields[index - 1];
    if (before?.space === space) expect(offset).toBeGreaterThanOrEqual(before.end);
  }
});
