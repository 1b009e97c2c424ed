// Goal: what QEMU and virsh say is read in every form, and turned into the two ways to dirty that it leaves open.
// Method: outputs as these programs print them; numbers by hand.

import { describe, expect, test } from "vitest";
import { parseHypervisorText, planMigration, withFacts } from "../../src/migrate/index.ts";

const INFO_MIGRATE = `
Migration status: active
total time: 130874 ms
expected downtime: 1475 ms
throughput: 866.83 mbps
remaining ram: 376892 kbytes
total ram: 8388864 kbytes
duplicate: 1678265 pages
normal: 4536795 pages
dirty sync count: 6
page size: 4 kbytes
dirty pages rate: 39044 pages
`;
const JOB_INFO = `Job type:         Unbounded
Time elapsed:     12345        ms
Memory total:     8.000 GiB
Memory bandwidth: 100.000 MiB/s
Dirty rate:       10234        pages/s
Page size:        4096         bytes
Constant pages:   1678265
`;

describe("what is read", () => {
  test("info migrate", () => {
    expect(parseHypervisorText(INFO_MIGRATE, "x")).toEqual({
      periodS: 1,
      memoryBytes: 8388864 * 1024,
      zeroPages: 1678265,
      dirtyPagesPerS: 39044,
      bandwidthBitsPerS: 866.83e6,
    });
  });

  test("virsh domjobinfo", () => {
    expect(parseHypervisorText(JOB_INFO, "x")).toEqual({
      periodS: 1,
      memoryBytes: 2 ** 33,
      zeroPages: 1678265,
      dirtyPagesPerS: 10234,
      bandwidthBitsPerS: 100 * 2 ** 23,
    });
  });

  test("info dirty_rate, domstats, and JSON of QMP", () => {
    const rate = { periodS: 2, dirtyPagesPerS: 108 * 256 };
    const people =
      "Status: measured\nSample Pages: 512 (per GB)\nPeriod: 2 (sec)\nMode: page-sampling\nDirty rate: 108 (MB/s)\n";
    expect(parseHypervisorText(people, "x")).toEqual(rate);
    const stats =
      "Domain: 'a'\n  dirtyrate.calc_status=2\n  dirtyrate.calc_period=2\n  dirtyrate.megabytes_per_second=108\n";
    expect(parseHypervisorText(stats, "x")).toEqual(rate);
    const qmp = '{"return":{"status":"measured","dirty-rate":108,"calc-time":2,"mode":"page-sampling"}}';
    expect(parseHypervisorText(qmp, "x")).toEqual(rate);
    const ram =
      '{"return":{"ram":{"total":1048576,"duplicate":7,"dirty-pages-rate":5,"mbps":8,"page-size":4096},"disk":{"total":9}}}';
    expect(parseHypervisorText(ram, "x")).toEqual({
      periodS: 1,
      memoryBytes: 1048576,
      zeroPages: 7,
      dirtyPagesPerS: 5,
      bandwidthBitsPerS: 8e6,
    });
  });

  test("larger pages of another machine count as the 4 KiB they are", () => {
    const power = INFO_MIGRATE.replace("page size: 4 kbytes", "page size: 64 kbytes");
    expect(parseHypervisorText(power, "x")).toMatchObject({
      dirtyPagesPerS: 39044 * 16,
      zeroPages: 1678265 * 16,
    });
  });

  test("nothing of use, and JSON that is none", () => {
    expect(() => parseHypervisorText("hello: 3\n", "x.txt")).toThrow(
      /^x\.txt: expected output of info migrate/,
    );
    expect(() => parseHypervisorText("{", "x.txt")).toThrow(/^x\.txt: expected one JSON document/);
  });
});

describe("what is planned", () => {
  test("the low band saturates after the period, the high one at the memory; the plan is the high one", () => {
    const plan = planMigration(withFacts({ mode: "pre-copy" }, JOB_INFO, "x"));
    const [low, high] = [plan.band!.low[0]!, plan.band!.high[0]!];
    expect(low.rounds[0]!.dirtiedPages).toBe(10234);
    expect(high.rounds[0]!.dirtiedPages).toBeGreaterThan(100_000);
    expect(plan.modes[0]).toEqual(high);
    expect(low.totalNs).toBeLessThan(high.totalNs);
  });

  test("what is given beside it holds", () => {
    const options = withFacts({ bandwidth: "10Gbit/s", dirtyRate: "5pages/s" }, INFO_MIGRATE, "x");
    expect(options.bandwidth).toBe("10Gbit/s");
    expect(options.dirtyingBand).toBeUndefined();
    expect(() => withFacts({ bandwidth: "1Gbit/s" }, "Dirty rate: 108 (MB/s)", "x")).toThrow(/memory/);
  });
});
