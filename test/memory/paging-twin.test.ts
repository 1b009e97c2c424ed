// Goal: the core pages out, compresses and brings back as the naive model of a host does: what every page holds and where it
// is, which victims are drawn, when devices are done, every counter; and nothing of one VM ever shows in another.
// Method: random accesses, drops, takings and ends of writes on crowded hosts, contents as ids and as bytes.

import fc from "fast-check";
import { expect, test } from "vitest";
import type { Core } from "../../src/core/boot.ts";
import { modelledSizeModel } from "../model/memory/page-compress.ts";
import { PagingModel, type Place } from "../model/memory/paging.ts";
import { firstWord } from "../model/prng.ts";
import { DISK, shortage } from "../support/shortage.ts";
import { BUILDS, type Build, coreOf, FLAG } from "../support/world.ts";

interface Crowd {
  readonly pages: readonly number[];
  readonly frames: number;
  readonly swapPages: number;
  readonly cluster: number;
  readonly zipPpm: number;
  readonly quarter: number;
  readonly half: number;
  readonly seed: number;
}

type Step =
  | { readonly op: "read" | "drop"; readonly at: number }
  | { readonly op: "write"; readonly at: number; readonly content: bigint }
  | { readonly op: "take"; readonly vm: number; readonly pages: number }
  | { readonly op: "written"; readonly afterNs: number };

function twinsOf(crowd: Crowd, content: "ids" | "bytes", build: Build) {
  const { pages, frames, swapPages, cluster, zipPpm, quarter, half, seed } = crowd;
  const reclaim = {
    ...{ clusterPages: cluster, zipPpm, zipQuarterPpm: quarter, zipHalfPpm: half, shareFirst: false },
  };
  const vms = pages.map((count) => ({ pages: count }));
  const core = coreOf(shortage({ vms, pages: frames, swapPages, content, seed, reclaim }), build);
  const { columns } = core;
  const kib = (size: number): number => (size > 2048 ? 5 : Math.ceil(size / 1024));
  const kibOf = (id: bigint): number => {
    if (content === "ids") return kib(modelledSizeModel(id, quarter, half, 1_000_000));
    return id === 0n ? 1 : 5;
  };
  const model = new PagingModel(
    {
      ...{ frames, cluster, kibOf, swapPages: columns.hostSwapCount[0]! },
      ...{ readNs: BigInt(DISK.readNs), writeNs: BigInt(DISK.writeNs), pageNs: 1000n },
    },
    pages.map((count, vm) => ({
      first: columns.vmPpnFirst[vm]!,
      pages: count,
      zipKib: columns.vmZipRows[vm]!,
      random: columns.vmPageRandom.big(vm),
    })),
  );
  return { core, model, ppns: [...model.pages.keys()], content };
}

type Twins = ReturnType<typeof twinsOf>;

function apply({ core, model, ppns }: Twins, step: Step, at: bigint): void {
  const { wasm, columns } = core;
  wasm.bill_open(at);
  model.open(at);
  const ppn = "at" in step ? ppns[step.at % ppns.length]! : 0;
  switch (step.op) {
    case "read":
      expect(wasm.fault_readPage(ppn) !== 0).toBe(model.read(ppn));
      break;
    case "write":
      expect(wasm.fault_writePage(ppn, step.content) !== 0).toBe(model.write(ppn, step.content));
      break;
    case "drop":
      wasm.fault_dropPage(ppn);
      model.drop(ppn);
      break;
    case "take": {
      const vm = step.vm % columns.vmPpnCount.length;
      expect(wasm.victims_takePages(vm, step.pages, at)).toBe(model.take(vm, step.pages, at));
      break;
    }
    case "written":
      wasm.victims_pagesWritten(0, at);
      model.written(at);
  }
  expect(columns.worldBillHostNs.big(0)).toBe(model.billedNs);
}

function placeOf(flags: number): Place {
  if (flags & FLAG.leaving) return "leaving";
  if (flags & FLAG.mapped) return "mapped";
  if (flags & FLAG.swapped) return "swapped";
  return flags & FLAG.compressed ? "compressed" : "none";
}

function wordOf({ columns }: Core, ppn: number): bigint {
  const row = columns.ppnMpn[ppn]!;
  const mapped = (columns.ppnFlags[ppn]! & FLAG.mapped) !== 0;
  const ids = mapped ? columns.mpnContent : columns.swapContent;
  if (ids.length > 0) return ids.big(row);
  const bytes = mapped ? columns.mpnBytes : columns.swapBytes;
  return new DataView(bytes.buffer, bytes.byteOffset + 4096 * row, 4096).getBigUint64(0, true);
}

function expectEqual({ core, model, ppns, content }: Twins): void {
  const { columns } = core;
  const word = (id: bigint): bigint => (content === "ids" ? id : firstWord(id));
  const pages = ppns.map((ppn) => {
    const place = placeOf(columns.ppnFlags[ppn]!);
    return { ppn, place, word: place === "none" ? undefined : wordOf(core, ppn) };
  });
  expect(pages).toEqual(
    [...model.pages].map(([ppn, page]) => ({
      ppn,
      place: page.place,
      word: page.place === "none" ? undefined : word(page.content),
    })),
  );
  expect([columns.hostUsedPages[0], columns.hostZipFrames[0], columns.hostSwapUsed[0]]).toEqual([
    model.usedFrames,
    model.zipFrames,
    model.swapUsed,
  ]);
  model.counts.forEach((counts, vm) => {
    expect({
      ins: columns.vmSwapIns.get(vm),
      outs: columns.vmSwapOuts.get(vm),
      zips: columns.vmZips.get(vm),
      unzips: columns.vmUnzips.get(vm),
      granted: columns.vmGrantedPages[vm],
      leaving: columns.vmLeavingPages[vm],
      kib: columns.vmZipUnits[vm],
    }).toEqual({
      ...counts,
      granted: model.count(vm, "mapped", "leaving"),
      leaving: model.count(vm, "leaving"),
      kib: model.kib(vm),
    });
  });
}

const crowd: fc.Arbitrary<Crowd> = fc
  .record({
    pages: fc.array(fc.integer({ min: 4, max: 60 }), { minLength: 1, maxLength: 3 }),
    part: fc.integer({ min: 30, max: 90 }),
    swapPart: fc.integer({ min: 0, max: 110 }),
    cluster: fc.constantFrom(1, 3, 16),
    zipPpm: fc.constantFrom(0, 100_000, 400_000),
    quarter: fc.constantFrom(0, 300_000, 1_000_000),
    seed: fc.nat(),
  })
  .map(({ pages, part, swapPart, quarter, ...rest }) => {
    const all = pages.reduce((sum, count) => sum + count, 0);
    const frames = Math.max(1, Math.floor((all * part) / 100));
    const half = Math.min(1_000_000, quarter + 300_000);
    return {
      ...rest,
      pages,
      frames,
      swapPages: Math.min(all, Math.floor((all * swapPart) / 100)),
      quarter,
      half,
    };
  });

const content = fc.oneof(
  { arbitrary: fc.constant(0n), weight: 1 },
  { arbitrary: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }), weight: 4 },
);
const at = fc.nat({ max: 200 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: fc.record({ op: fc.constant("write" as const), at, content }), weight: 8 },
  { arbitrary: fc.record({ op: fc.constant("read" as const), at }), weight: 6 },
  { arbitrary: fc.record({ op: fc.constant("drop" as const), at }), weight: 1 },
  {
    arbitrary: fc.record({
      op: fc.constant("take" as const),
      vm: fc.nat(2),
      pages: fc.integer({ min: 1, max: 40 }),
    }),
    weight: 2,
  },
  { arbitrary: fc.record({ op: fc.constant("written" as const), afterNs: fc.nat(40_000) }), weight: 2 },
);

for (const build of BUILDS) {
  for (const form of ["ids", "bytes"] as const) {
    test(`property: the ${build} core equals its twin, contents as ${form}`, () => {
      const steps = fc.array(step, { minLength: 20, maxLength: 250, size: "max" });
      let [outs, unzips] = [0, 0];
      fc.assert(
        fc.property(crowd, steps, (given, sequence) => {
          const twins = twinsOf(given, form, build);
          let now = 0n;
          sequence.forEach((each, index) => {
            now += each.op === "written" ? BigInt(each.afterNs) : 500n;
            apply(twins, each, now);
            if (index % 50 === 49) expectEqual(twins);
          });
          expectEqual(twins);
          outs += twins.model.counts.reduce((sum, counts) => sum + counts.outs, 0);
          unzips += twins.model.counts.reduce((sum, counts) => sum + counts.unzips, 0);
        }),
        { numRuns: form === "ids" ? 250 : 60 },
      );
      // Or it would show little.
      expect(outs).toBeGreaterThan(1000);
      expect(unzips).toBeGreaterThan(10);
    });
  }
}

test.each(["ids", "bytes"] as const)(
  "isolation, contents as %s: what a VM held never shows in another",
  (form) => {
    const secret = 0x5ec2e7n;
    const vms = [{ pages: 60 }, { pages: 60 }];
    const reclaim = { zipPpm: 200_000, zipQuarterPpm: 500_000, zipHalfPpm: 800_000, shareFirst: false };
    const core = coreOf(shortage({ vms, pages: 70, content: form, reclaim }), "release");
    const { wasm, columns } = core;
    const [mine, other] = [columns.vmPpnFirst[0]!, columns.vmPpnFirst[1]!];
    for (let round = 0; round < 20; round += 1) {
      const now = BigInt(round) * 1_000_000n;
      wasm.bill_open(now);
      for (let page = 0; page < 60; page += 1) wasm.fault_writePage(mine + page, secret + BigInt(page));
      wasm.victims_takePages(0, 30, now);
      wasm.victims_pagesWritten(0, now + 900_000n);
      // Paged out, compressed, or with their frames: all are given up.
      for (let page = 0; page < 60; page += 1) wasm.fault_dropPage(mine + page);
      for (let page = 0; page < 60; page += 1) {
        expect(wasm.fault_readPage(other + page)).toBe(1);
        expect(wordOf(core, other + page)).toBe(0n);
      }
      wasm.victims_takePages(1, 30, now);
      wasm.victims_pagesWritten(0, now + 990_000n);
      for (let page = 0; page < 60; page += 1) wasm.fault_dropPage(other + page);
    }
    expect([columns.hostUsedPages[0], columns.hostSwapUsed[0], columns.hostZipFrames[0]]).toEqual([0, 0, 0]);
  },
);
