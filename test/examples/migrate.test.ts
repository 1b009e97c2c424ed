// Goal: no number of the example plans changes unseen.
// Method: what the command line prints for them is golden, examples/migrate/info-migrate.txt, nightly-build.csv and rack-move.csv.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import {
  linkReport,
  type MigrationOptions,
  migrateReport,
  planMigration,
  planMigrations,
  readDirtyTrace,
  readTable,
  solvedReport,
  solveMigration,
  sweepMigration,
  sweepReport,
  type TogetherOptions,
  withFacts,
} from "../../src/index.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples/migrate/", import.meta.url));
const GOLDEN = fileURLToPath(new URL("../golden/examples/", import.meta.url));

test("a guest as QEMU told of it: every mode, bounds, what would help, the trade", async () => {
  const text = readFileSync(`${EXAMPLES}info-migrate.txt`, "utf8");
  const options = withFacts({ clientTimeout: "5s", latency: "300us" }, text, "info-migrate.txt");
  const shared: MigrationOptions = { ...options, link: "1Gbit/s", guestTraffic: "200Mbit/s" };
  const parts = [
    migrateReport(planMigration(options)),
    solvedReport(solveMigration({ ...options, mode: "pre-copy" }, "bandwidth")),
    sweepReport(sweepMigration(shared)),
  ];
  await expect(`${parts.join("\n\n")}\n`).toMatchFileSnapshot(`${GOLDEN}migrate-told.txt`);
});

test("a nightly build, by its windows of dirty pages", async () => {
  const { mean, low, high } = await readDirtyTrace(`${EXAMPLES}nightly-build.csv`, { program: "compile" });
  const plan = planMigration({
    memory: "2GiB",
    zero: "1200MiB",
    bandwidth: "1Gbit/s",
    dirtying: mean,
    dirtyingBand: { low, high },
    deviceState: "1MiB",
  });
  await expect(`${migrateReport(plan)}\n`).toMatchFileSnapshot(`${GOLDEN}migrate-nightly-build.txt`);
});

test("a rack's VMs on one link, three at a time", async () => {
  const table = readTable(readFileSync(`${EXAMPLES}rack-move.csv`, "utf8"), "rack-move.csv");
  const keys = ["name", "memory", "zero", "workingSet", "dirtyRate", "mode", "bandwidth", "start"];
  const migrations = table.rows.map((cells) =>
    Object.fromEntries(cells.flatMap(({ text }, column) => (text === "" ? [] : [[keys[column]!, text]]))),
  );
  const plan = planMigrations({
    link: "10Gbit/s",
    traffic: ["1Gbit/s"],
    atOnce: 3,
    migrations: migrations as unknown as TogetherOptions[],
  });
  await expect(`${linkReport(plan)}\n`).toMatchFileSnapshot(`${GOLDEN}migrate-rack.txt`);
});
