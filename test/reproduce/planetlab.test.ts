// Goal: CloudSim's published day comes out to the last digit, and what is no day is refused.
// Method: results of CloudSim 3.0.3 (facts §10, peers §4b) where ../shared has the day; a day of our own by hand elsewhere.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { type PlanetlabVm, parsePlanetlabCsv, parsePlanetlabFile, planetlab } from "../../src/index.ts";
import { hasShared, sharedPath } from "../place/shared-instances.ts";

const DAY = "planetlab/planetlab_20110303.csv.gz";

const published = [
  { policy: "npa", order: "ntfs", energy: 2410.8, migrations: 0, slav: 0, shutdowns: 0 },
  { policy: "dvfs", order: "ntfs", energy: 803.91, migrations: 0, slav: 0, shutdowns: 457 },
  { policy: "dvfs", order: "ascii", energy: 802.75, migrations: 0, slav: 0, shutdowns: 455 },
  { policy: "thr-mmt-0.8", order: "ntfs", energy: 191.73, migrations: 26634, slav: 0.00324, shutdowns: 5863 },
  {
    policy: "thr-mmt-0.8",
    order: "ascii",
    energy: 192.62,
    migrations: 26711,
    slav: 0.00318,
    shutdowns: 5885,
  },
  { policy: "lr-mmt-1.2", order: "ntfs", energy: 163.15, migrations: 27632, slav: 0.00463, shutdowns: 5023 },
] as const;

test.runIf(hasShared("planetlab"))("the day that CloudSim 3.0.3 was run on, to the last digit", () => {
  const vms = parsePlanetlabCsv(gunzipSync(readFileSync(sharedPath(DAY))).toString("utf8"), DAY);
  expect(vms.length).toBe(1052);
  const found = published.map(({ policy, order }) => {
    const result = planetlab(vms, { policy, order });
    const { energyKwh, migrations, slav, hostShutdowns: shutdowns } = result;
    const energy = Number(energyKwh.toFixed(2));
    return { policy, order, energy, migrations, slav: Number((slav * 100).toFixed(5)), shutdowns };
  });
  expect(found).toEqual(published);
});

/** VMs whose demand never changes. */
const flat = (...percents: number[]): PlanetlabVm[] =>
  percents.map((percent, row) => ({ file: `vm${row}`, percent: Array.from({ length: 288 }, () => percent) }));

test("by hand: one VM of 2500 MIPS at 50 % on a G5 of 5320", () => {
  // 1250 / 5320 = 23.5 %: between 101 and 105 W; nothing before the first look at 300.1 s, then until 86 100.1 s.
  const watts = 101 + (105 - 101) * ((1250 / 5320) * 10 - 2);
  const { energyKwh, migrations, hostShutdowns } = planetlab(flat(50), { policy: "dvfs" });
  expect(energyKwh).toBeCloseTo((watts * 85_800) / 3.6e6, 9);
  expect({ migrations, hostShutdowns }).toEqual({ migrations: 0, hostShutdowns: 799 });
});

test("by hand: two hosts that are nearly idle become one, once, and nobody suffers but for the move", () => {
  const result = planetlab(flat(20, 20), { policy: "thr-mmt-0.8" });
  expect(result.migrations).toBe(1);
  // The one that moves has 10 % less for RAM / 62.5 MB/s.
  const [asked, moving] = [500 * 85_800 + 400 * 85_800, Math.min(870 / 62.5, 1740 / 62.5)];
  expect(result.pdm).toBeGreaterThan((0.1 * 400 * moving) / asked / 2);
  expect(result.pdm).toBeLessThan((0.1 * 500 * (1740 / 62.5)) / asked);
  expect(result.slatah).toBeLessThan(0.001);
});

test("LR and LRR are one, as in the published code; a seed makes a day of rs", () => {
  const vms = flat(90, 80, 70, 60, 50, 40, 30, 20, 95, 99);
  const run = (policy: string, seed = 1) => planetlab(vms, { policy, seed });
  expect(run("lrr-mmt-1.2")).toEqual(run("lr-mmt-1.2"));
  expect(run("thr-rs-0.8", 7)).toEqual(run("thr-rs-0.8", 7));
  expect(run("thr-mmt")).toEqual(run("thr-mmt-0.8"));
});

test.each([
  ["thr", "thr"],
  ["", "nothing"],
  ["thr-mmt-x", "thr-mmt-x"],
  ["thr-mmt-0.8-1", "thr-mmt-0.8-1"],
  ["constructor-mmt", "constructor-mmt"],
])("rejects policy %j", (policy, got) => {
  expect(() => planetlab(flat(1), { policy })).toThrow(
    new RegExp(`^policy: expected npa, dvfs, .*got ${got}$`),
  );
});

test("rejects: more VMs than the hosts can hold", () => {
  const many = flat(...Array.from({ length: 4000 }, () => 1));
  expect(() => planetlab(many, { policy: "dvfs" })).toThrow(
    /VM \d+: expected a host with room at the start, got none/,
  );
});

const header = `vm_index,file,${Array.from({ length: 288 }, (_, k) => `t${k * 300}`).join(",")}`;
const row = (name: string, ...cells: string[]): string =>
  `0,${name},${Array.from({ length: 288 }, (_, k) => cells[k] ?? "1").join(",")}`;

test.each([
  ["", "f.csv:1: expected a header vm_index,file,t0,t300 …, got an empty line"],
  [header, "f.csv: expected at least one VM, got a header only"],
  [`${header}\n${row("a", "-1")}`, "f.csv:2: expected a whole percentage from 0 to 100, got -1"],
  [`${header}\n${row("a", "NaN")}`, "f.csv:2: expected a whole percentage from 0 to 100, got NaN"],
  [`${header}\n${row("a")}\n${row("a")}`, "f.csv:3: expected each VM once, got a, as in line 2"],
  [`${header}\n${row("a")},1`, "f.csv:2: expected 290 cells, as in the header, got 291"],
  ["vm_index,file,t0,t300\n0,a,1,2", "f.csv:2: expected 288 values, one for every 300 s of a day, got 2"],
])("rejects a packed file, case %#", (text, message) => {
  expect(() => parsePlanetlabCsv(text, "f.csv")).toThrow(message);
});

test("rejects: a VM's own file with a line too few, or a line that is no number", () => {
  expect(() => parsePlanetlabFile("1\n2\n", "a", "d/a")).toThrow("d/a:2: expected 288 values");
  expect(() => parsePlanetlabFile("1\nx\n", "a", "d/a")).toThrow(
    "d/a:2: expected a whole percentage from 0 to 100, got x",
  );
});
