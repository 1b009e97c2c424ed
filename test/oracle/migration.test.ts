// Goal: what is planned under rule qemu is what QEMU did.
// Method: every measured migration, beside the repository; the link is known to be faster than the cap, so the last part
// costs nothing, as measured. Where the measurements are missing the tests say so.
// Source of the numbers: QEMU 7.2, 128 MB guests, a program that rewrites pages; see ../shared/oracles/README.md.

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type ModePlan, planMigration } from "../../src/migrate/index.ts";

const file = new URL("../../../shared/oracles/migration/migration.csv", import.meta.url);
const isThere = existsSync(file);
if (!isThere) console.warn("skipped: ../shared/oracles/migration is not here");

type Measured = Readonly<Record<string, string>>;

function measured(): Measured[] {
  if (!isThere) return [];
  const [head, ...rows] = readFileSync(file, "utf8").trim().split(/\r?\n/);
  const names = head!.split(",");
  return rows.map((row) => Object.fromEntries(row.split(",").map((cell, column) => [names[column]!, cell])));
}

const UNCAPPED = { link: "10Gbit/s" };

function planned(run: Measured, link: { link?: string } = UNCAPPED): ModePlan {
  return planMigration({
    memory: 151_592_960,
    zero: Number(run["duplicate_pages"]) * 4096,
    workingSet: `${run["W_mb"]}MiB`,
    dirtyRate: `${run["rate_pps"]}pages/s`,
    pattern: run["mode"] === "rand" ? "uniform" : "cyclic",
    bandwidth: `${run["bw_mbit"]}Mbit/s`,
    ...link,
    downtimeLimit: `${run["downtime_limit_ms"]}ms`,
    deviceState: "300KiB",
    mode: "pre-copy",
  }).modes[0]!;
}

const relative = (simulated: number, real: number): number => Math.abs(simulated / real - 1);
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

describe.skipIf(!isThere)("QEMU's own migrations", () => {
  const all = measured().map((run) => ({ run, plan: planned(run) }));
  const completed = all.filter(({ run }) => run["status"] === "completed");

  test("they converge or not as they did", () => {
    expect(all.length).toBeGreaterThanOrEqual(9);
    for (const { run, plan } of all) expect(plan.converged, run["name"]).toBe(run["status"] === "completed");
  });

  test("median error of total time and of pages is at most 4 %, whether the link is known or not", () => {
    const { length } = completed;
    const withoutLink = completed.map(({ run }) =>
      relative(planned(run, {}).totalNs / 1e6, Number(run["total_ms"])),
    );
    expect(length).toBeGreaterThanOrEqual(8);
    expect(median(withoutLink)).toBeLessThan(0.04);
    expect(
      median(completed.map(({ run, plan }) => relative(plan.totalNs / 1e6, Number(run["total_ms"])))),
    ).toBeLessThan(0.04);
    expect(
      median(completed.map(({ run, plan }) => relative(plan.normalPages, Number(run["normal_pages"])))),
    ).toBeLessThan(0.04);
  });

  test("none is off by more than 12 %, or the measured total lies in the bounds, which say so, by repeats' 2.5 %", () => {
    for (const { run, plan } of completed) {
      const real = Number(run["total_ms"]) * 1e6;
      const [low, high] = plan.totalNsBetween ?? [plan.totalNs, plan.totalNs];
      const isIn = low * 0.975 <= real && real <= high * 1.025;
      expect(isIn || relative(plan.totalNs, real) < 0.12, `${run["name"]}: ${plan.totalNs} ${real}`).toBe(
        true,
      );
    }
  });

  test("looks at the bitmap: one more or less, near the link's rate four", () => {
    for (const { run, plan } of completed) {
      const off = Math.abs(plan.bitmapLooks - Number(run["dirty_sync_count"]));
      expect(off, run["name"]).toBeLessThanOrEqual(run["rate_pps"] === "5500" ? 4 : 1);
    }
  });

  test("what is left for the end costs what downtime_bytes over the bandwidth does, within 40 ms", () => {
    for (const { run, plan } of completed) {
      const realNs = (Number(run["downtime_bytes"]) * 8e9) / (Number(run["bw_mbit"]) * 1e6);
      expect(Math.abs(plan.expectedDowntimeNs - realNs), run["name"]).toBeLessThan(40e6);
    }
  });
});

const logs = new URL("../../../shared/data/migration_logs/qemu_info_migrate_dev.csv", import.meta.url);
const hasLogs = existsSync(logs);
if (!hasLogs) console.warn("skipped: ../shared/data/migration_logs is not here");

describe.skipIf(!hasLogs)("what others logged of QEMU", () => {
  const [head, ...rows] = hasLogs ? readFileSync(logs, "utf8").trim().split(/\r?\n/) : [""];
  const names = head!.split(",");
  const all = rows.map((row) => {
    const cells = [...row.matchAll(/"([^"]*)"|([^,]+)|(?<=,|^)(?=,|$)/g)].map(
      ([, quoted, plain]) => quoted ?? plain ?? "",
    );
    return Object.fromEntries(cells.map((cell, column) => [names[column]!, cell]));
  });
  const number = (row: Measured, name: string): number => Number(row[name]);

  test("4106 bytes a page and 9 a zero page: bytes and time of those that completed, within 4 %", () => {
    const completed = all.filter(
      (row) => row["status"] === "completed" && number(row, "throughput_mbps") > 0,
    );
    expect(completed.length).toBeGreaterThanOrEqual(4);
    for (const row of completed) {
      const [normal, zero] = [number(row, "normal_pages"), number(row, "duplicate_pages")];
      const { bytesSent, totalNs } = planMigration({
        memory: (normal + zero) * 4096,
        zero: zero * 4096,
        bandwidth: number(row, "throughput_mbps") * 1e6,
        mode: "pre-copy",
      }).modes[0]!;
      expect(relative(bytesSent, number(row, "transferred_kb") * 1024), row["case"]).toBeLessThan(0.04);
      expect(relative(totalNs / 1e6, number(row, "total_ms")), row["case"]).toBeLessThan(0.04);
    }
  });

  test("those that dirtied faster than they sent do not converge", () => {
    const fast = all.filter((row) => row["status"]!.includes("not converging"));
    expect(fast.length).toBeGreaterThanOrEqual(2);
    for (const row of fast) {
      const plan = planMigration({
        memory: number(row, "total_ram_kb") * 1024,
        zero: Math.min(number(row, "duplicate_pages") * 4096, number(row, "total_ram_kb") * 512),
        dirtyRate: number(row, "dirty_pages_rate_pps"),
        pattern: "linear",
        bandwidth: number(row, "throughput_mbps") * 1e6,
        mode: "pre-copy",
      }).modes[0]!;
      expect(plan.converged, row["case"]).toBe(false);
    }
  });
});

const simgrid = new URL(
  "../../../shared/data/third_party_expectations/simgrid_expected_dev.csv",
  import.meta.url,
);
const hasSimgrid = existsSync(simgrid);
if (!hasSimgrid) console.warn("skipped: ../shared/data/third_party_expectations is not here");

describe.skipIf(!hasSimgrid)("what SimGrid asserts of a migration", () => {
  test("1.25 GB over a link of 1.25 GB/s that nobody else uses take 1 s", () => {
    const row = readFileSync(simgrid, "utf8")
      .split(/\r?\n/)
      .find((line) => line.includes("migration_s"));
    const seconds = Number(row!.split(",").at(-1));
    const [plan] = planMigration({
      memory: 1.25e9,
      bandwidth: 1e10,
      rule: "remaining",
      mode: "pre-copy",
    }).modes;
    expect(plan!.totalNs / 1e9).toBeCloseTo(seconds, 9);
  });
});
