// Goal: walks read exactly as many entries as published; modes see the same accesses; edits, forks and switches cost what they should.
// Method: counts that can be told beforehand, in small address spaces.

import { describe, expect, test } from "vitest";
import { planTlb, TLB_SHAPES } from "../../src/core/mmu/tlb-shapes.ts";
import { pageTraceOf } from "../../src/trace/index.ts";
import { type TranslateCounts, type TranslateOptions, translate } from "../../src/translate/index.ts";
import { coreModule } from "../support/world.ts";

async function countsOf(options: TranslateOptions): Promise<Record<string, TranslateCounts>> {
  const { modes } = await translate({ core: coreModule("release"), ...options });
  return Object.fromEntries(modes.map((counts) => [counts.mode, counts]));
}

describe("references of a walk without caches: (n + 1)(m + 1) − 1", () => {
  test.each([
    [4, 4, 24],
    [3, 4, 19],
    [4, 3, 19],
    [3, 3, 15],
    [2, 2, 8],
    [5, 5, 35],
    [5, 4, 29],
    [4, 2, 14],
    [2, 4, 14],
  ])("guest %i, host %i: %i", async (guest, host, expected) => {
    const options = { pages: 4096, accesses: 2000, tlb: "none", guest: [guest], host };
    const { native, nested } = await countsOf({ ...options, modes: ["native", "nested"] });
    expect(native!.walks).toBe(2000);
    expect(native!.references).toBe(guest * 2000);
    expect(nested!.walks).toBe(2000);
    expect(nested!.references).toBe(expected * 2000);
    expect(nested!.exits).toBe(0);
  });

  test("caches of paging structures make a sequential walk read one entry, its nested walk two", async () => {
    const options = { pattern: "sequential", pages: 8192, accesses: 8192, tlb: "skylake-sp" } as const;
    const { native, nested } = await countsOf({ ...options, modes: ["native", "nested"] });
    expect(native!.references / native!.walks).toBeLessThan(1.01);
    expect(nested!.references / nested!.walks).toBeLessThan(2.02);
  });
});

describe("TLBs", () => {
  test("what fits is missed once; what is one set too many, sequentially, is missed again", async () => {
    const fits = await countsOf({
      pattern: "sequential",
      pages: 1536,
      accesses: 4 * 1536,
      modes: ["native"],
    });
    expect(fits["native"]!.tlbMisses).toBe(1536);
    const many = await countsOf({
      pattern: "sequential",
      pages: 65_536,
      accesses: 131_072,
      modes: ["native"],
    });
    expect(many["native"]!.tlbMisses).toBe(131_072);
  });

  test("pages of 2 MiB reach 512 times as far", async () => {
    const options = { pages: 1 << 17, accesses: 20_000, guest: [3], host: 3 } as const;
    const { native, nested } = await countsOf({ ...options, modes: ["native", "nested"] });
    expect(native!.tlbMisses).toBe(256);
    expect(nested!.tlbMisses).toBe(256);
    // The smaller of both sizes counts.
    const small = await countsOf({ ...options, host: 4, modes: ["nested"] });
    expect(small["nested"]!.tlbMisses).toBeGreaterThan(15_000);
  });

  test.each(Object.values(TLB_SHAPES))("$name can be laid out", (shape) => {
    const { rows, slots, sets } = planTlb(shape);
    expect(rows.length).toBe(15);
    expect(slots).toBeGreaterThanOrEqual(sets);
  });
});

describe("shadow paging", () => {
  test("a hidden fault for each page that is touched, and an exit each", async () => {
    const { shadow } = await countsOf({
      pattern: "sequential",
      pages: 5000,
      accesses: 15_000,
      modes: ["shadow"],
    });
    expect(shadow!.hiddenFaults).toBe(5000);
    expect(shadow!.exits).toBe(5000);
    // Beside the root: one of level 3, one of level 2, ten of level 1.
    expect(shadow!.shadowTables).toBe(12);
  });

  test("after the warm-up there are none, and walks read what native ones read", async () => {
    const options = { pages: 4096, accesses: 5000, tlb: "none", warm: 60_000 } as const;
    const { native, shadow } = await countsOf({ ...options, modes: ["native", "shadow"] });
    expect(shadow!.exits).toBe(0);
    expect(shadow!.references).toBe(native!.references);
  });

  test("a pool too small evicts, and goes on", async () => {
    const { shadow } = await countsOf({ pages: 65_536, accesses: 3000, shadowTables: 20, modes: ["shadow"] });
    expect(shadow!.evictions).toBeGreaterThan(1000);
    expect(shadow!.accesses).toBe(3000);
  });
});

describe("edits, forks, switches", () => {
  test("an edit is two writes, an INVLPG and a fault; traced with shadow tables, free with nested ones", async () => {
    const { native, shadow, nested } = await countsOf({ pages: 256, accesses: 50_000, edits: 0.01 });
    for (const counts of [native!, shadow!, nested!]) {
      expect(counts.accesses).toBe(50_000);
      expect(counts.invalidations).toBe(500);
      expect(counts.guestFaults).toBeGreaterThan(480);
      expect(counts.tableWrites).toBe(500 + counts.guestFaults);
    }
    expect(shadow!.traceFaults).toBe(shadow!.tableWrites);
    expect(shadow!.exits).toBe(
      shadow!.traceFaults + shadow!.hiddenFaults + shadow!.invalidations + shadow!.guestFaults,
    );
    expect(nested!.exits).toBe(0);
    const lazy = await countsOf({ pages: 256, accesses: 50_000, edits: 0.01, lazy: true, modes: ["shadow"] });
    expect(lazy["shadow"]!.traceFaults).toBe(1);
  });

  test("a fork writes every entry, and each page that is written faults once", async () => {
    const options = { pattern: "sequential", pages: 500, accesses: 2000, forks: 1, writes: 1 } as const;
    const { nested, shadow } = await countsOf({ ...options, modes: ["nested", "shadow"] });
    expect(nested!.guestFaults).toBe(500);
    expect(nested!.tableWrites).toBe(1000);
    expect(shadow!.traceFaults).toBe(1000);
  });

  test("with PCIDs a switch costs no entries while they fit", async () => {
    const options = {
      pattern: "sequential",
      pages: 32,
      accesses: 6400,
      processes: 4,
      switches: 1 / 32,
    } as const;
    const tagged = await countsOf({ ...options, modes: ["native"] });
    expect(tagged["native"]!.tlbMisses).toBe(128);
    const untagged = await countsOf({ ...options, modes: ["native"], tlb: "untagged" });
    expect(untagged["native"]!.tlbMisses).toBe(6400);
  });
});

test("a trace is translated where it has its pages", async () => {
  const pages = [0x7f_0000, 0x7f_0001, 0x10, 0x7f_0000, 0x10, 0x0f_ffff_ffff_ffff];
  const trace = pageTraceOf(pages, [0, 1, 0, 0, 1, 0]);
  const { native, shadow, nested } = await countsOf({ trace, tlb: "none" });
  expect(native!.walks).toBe(6);
  expect(native!.references).toBe(24);
  expect(nested!.references).toBe(144);
  expect(shadow!.hiddenFaults).toBe(4);
});

test("the same seed gives the same counts, another one others", async () => {
  const options = { pages: 10_000, accesses: 20_000, pattern: "zipf" } as const;
  const first = await countsOf(options);
  expect(await countsOf(options)).toEqual(first);
  expect(await countsOf({ ...options, seed: 2 })).not.toEqual(first);
});

test.each([
  [{ pages: 0 }, "pages: expected a whole number from 1 to 67108864, got 0"],
  [{ guest: [6] }, "guest: expected a whole number from 2 to 5, got 6"],
  [{ guest: [5, 2] }, "guestLevels: expected walks of 3 to 5 levels in tables of 5, got 2"],
  [{ tlb: "zen" }, /^tlb: expected one of none, nehalem, .*, got zen/],
  [{ switches: 0.1 }, "switches: expected at least 2 processes to switch between, got 1"],
  [{ costs: { exit: -1 } }, "costs.exit: expected a number from 0 to 1000000000000, got -1"],
  [
    { trace: pageTraceOf([1]), pages: 5 },
    "pages: expected none beside a trace, which says which pages, got 5",
  ],
  [
    { trace: pageTraceOf([1]), writes: 0.5 },
    "writes: expected none beside a trace, which says what is written, got 0.5",
  ],
  [{ trace: pageTraceOf([2 ** 40]) }, /^trace: expected page numbers that 4 levels can map .*five levels/],
  [{ modes: ["native", "native"] as const }, "modes: expected each once, got native twice"],
])("bad options %#", async (options, message) => {
  await expect(translate({ core: coreModule("release"), ...options })).rejects.toThrow(message);
});

test("deeper tables still hold pages of 4 KiB, unless asked for others", async () => {
  const result = await translate({
    ...{ core: coreModule("release"), pages: 600, accesses: 10, tlb: "none", touched: true },
    ...{ guestLevels: 5, hostLevels: 5, walkCaches: false },
  });
  expect([result.guest, result.host]).toEqual([[5], 5]);
  expect(result.modes.map(({ references }) => references / 10)).toEqual([5, 5, 35]);
});
