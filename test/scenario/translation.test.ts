// Goal: large pages, translation and harvests as scenarios say them: short forms, defaults by generation, faults with their places.
// Method: texts and what becomes of them.
import { describe, expect, test } from "vitest";
import { TLB_SHAPES } from "../../src/core/mmu/tlb-shapes.ts";
import { ScenarioError } from "../../src/scenario/fault.ts";
import { parseScenario } from "../../src/scenario/index.ts";
import { TLBS, tablePages } from "../../src/scenario/mmu.ts";

const text = (vm: string, policy = "{}", profile = "esx6"): string =>
  `ballast: 1\nprofile: ${profile}\nhosts: [{ name: h, memory: 1GiB }]\nvms:\n  - { name: a, memory: 100MiB, ${vm} }\npolicies: { memory: ${policy} }\n`;

function faultsOf(source: string): string {
  try {
    parseScenario(source);
  } catch (fault) {
    if (fault instanceof ScenarioError) return fault.message;
    throw fault;
  }
  return "";
}

test("large pages: absent unless asked for; a word is the backing; the rest by generation", () => {
  const of = (vm: string, policy: string, profile?: string) =>
    parseScenario(text(vm, policy, profile)).policies.memory.largePages;
  expect(of("vcpus: 1", "{}")).toBeUndefined();
  expect(of("vcpus: 1", "{ largePages: never }")).toBeUndefined();
  expect(of("vcpus: 1", "{ largePages: auto }")).toEqual({
    backing: "auto",
    breakAt: "high",
    defragPagesPerSecond: 1000,
  });
  expect(of("vcpus: 1", "{ largePages: { defragment: none } }", "esx4")).toEqual({
    backing: "auto",
    breakAt: "soft",
    defragPagesPerSecond: 0,
  });
  // A VM may ask for itself.
  expect(of("largePages: always", "{}")).toMatchObject({ backing: "never", defragPagesPerSecond: 1000 });
});

test("translation: streams end where the guest's page tables begin, at 0.2 % of its memory", () => {
  const scenario = parseScenario(text("mmu: nested, workload: { pattern: uniform, rate: 1/s, size: 100% }"));
  const { mmu, workload, memoryPages } = scenario.vms[0]!;
  expect(mmu).toMatchObject({ mode: "nested", tlb: "skylake-sp", guestPages: "4KiB" });
  expect(workload[0]!.pages).toBe(memoryPages - mmu!.tablePages);
  expect(tablePages(25_600, "4KiB")).toBe(50 + 1 + 1 + 1 + 2);
  expect(tablePages(25_600, "2MiB")).toBe(1 + 1 + 1 + 2);
});

test("every TLB that a scenario can name has a shape, and the other way round", () => {
  expect([...TLBS].sort()).toEqual(Object.keys(TLB_SHAPES).sort());
});

describe("faults", () => {
  test.each([
    ["mmu: nestd", "vms[0].mmu "],
    ["mmu: nested, os: linux", "expected a VM without os, got os: linux"],
    [
      "mmu: nested, workload: { pattern: uniform, rate: 1/s, size: 100MiB }",
      "where its guest's page tables are",
    ],
    ["mmu: { tlb: zen4 }", "vms[0].mmu.mode"],
    ["largePages: 2MiB", "expected never, auto or always, got 2MiB"],
    ["harvest: { ring: 3 }", "expected at least 512, got 3"],
    ["harvest: sometimes", "write-protection"],
  ])("%s", (vm, message) => {
    expect(faultsOf(text(vm))).toContain(message);
  });

  test("TLBs that differ, no room for tables", () => {
    const other =
      "  - { name: b, memory: 100MiB, mmu: { mode: shadow, tlb: zen4 } }\n  - { name: c, memory: 8KiB, mmu: shadow }\n";
    const source = text("mmu: nested").replace("policies", `${other}policies`);
    expect(faultsOf(source)).toContain("vms[1].mmu.tlb  expected skylake-sp, as of the VMs above, got zen4");
    expect(faultsOf(source)).toMatch(/vms\[2\]\.memory +expected more than 24 KiB/);
  });
});
