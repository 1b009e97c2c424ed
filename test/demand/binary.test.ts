// Goal: Parquet and SQLite give the tables that CSV of the same rows gives; zstd is unpacked.
// Method: files made here, where the packages are installed; a zstd file by hand.

import { describe, expect, test } from "vitest";
import { type DemandFile, readDemand } from "../../src/demand/index.ts";
import { text } from "./fixtures.ts";

async function installed(name: string): Promise<Record<string, never> | undefined> {
  try {
    return (await import(/* @vite-ignore */ name)) as Record<string, never>;
  } catch {
    console.warn(`skipped: files of ${name}, which is not installed`);
    return undefined;
  }
}

const writer = (await installed("hyparquet")) && (await installed("hyparquet-writer"));
const sql = await installed("sql.js");
const plain = ({ vms, cpu, memory, format, steps }: DemandFile) => ({ vms, cpu, memory, format, steps });

describe.skipIf(writer === undefined)("Parquet", () => {
  const write = (
    columns: readonly { name: string; data: readonly unknown[]; type?: string }[],
  ): Uint8Array => {
    const { parquetWriteBuffer } = writer as unknown as { parquetWriteBuffer: (o: object) => ArrayBuffer };
    return new Uint8Array(parquetWriteBuffer({ columnData: columns }));
  };

  test("OpenDC's meta and trace", async () => {
    const meta = write([
      { name: "id", data: ["v"] },
      { name: "start_time", data: [0n] },
      { name: "stop_time", data: [600_000n] },
      { name: "cpu_count", data: [2] },
      { name: "cpu_capacity", data: [4000.5] },
      { name: "mem_capacity", data: [1024n] },
    ]);
    const trace = write([
      { name: "id", data: ["v", "v"] },
      { name: "timestamp", data: [0n, 300_000n] },
      { name: "duration", data: [300_000n, 300_000n] },
      { name: "cpu_count", data: [2, 2] },
      { name: "cpu_usage", data: [1000.125, 4000.5] },
    ]);
    const table = await readDemand([
      { name: "trace.parquet", bytes: trace },
      { name: "meta.parquet", blob: new Blob([meta as Uint8Array<ArrayBuffer>]) },
    ]);
    expect(table.format).toBe("opendc");
    expect(table.vms).toMatchObject([{ id: "v", vcpus: 2, mhz: 2000.25, memoryMib: 1024 }]);
    expect([...table.cpu]).toEqual([0.25, 1]);
  });

  test("Google's instance_usage, nested", async () => {
    const bytes = write([
      { name: "start_time", data: [0n] },
      { name: "end_time", data: [300_000_000n] },
      { name: "collection_id", data: [8n] },
      { name: "instance_index", data: [2] },
      { name: "average_usage", data: [{ cpus: 0.5, memory: 0.5 }], type: "JSON" },
    ]);
    const table = await readDemand({ name: "usage.parquet", bytes });
    expect(table.vms).toMatchObject([{ id: "8-2", vcpus: 32, memoryMib: 262144 }]);
  });

  test("damaged files are told", async () => {
    const bytes = write([{ name: "id", data: ["v"] }]);
    const cut = { name: "cut.parquet", bytes: bytes.slice(0, 12) };
    await expect(readDemand(cut)).rejects.toThrow("cut.parquet: expected a sound file, got");
  });
});

describe.skipIf(sql === undefined)("SQLite", () => {
  test("the packing trace is the same as its CSV export", async () => {
    const types = ["id,vmTypeId,machineId,core,memory,hdd,ssd,nic", "1,9,0,0.0625,0.125,0.1,0,0.1"];
    const vms = ["vmId,tenantId,vmTypeId,priority,starttime,endtime", "0,7,9,1,-3.5,0.5", "1,7,9,0,0.25,"];
    const initialise = sql!.default as unknown as () => Promise<{ Database: new () => never }>;
    const database = new (await initialise()).Database() as {
      run(sql: string): void;
      export(): Uint8Array;
    };
    for (const [name, [header, ...rows]] of Object.entries({ vm: vms, vmType: types })) {
      database.run(`CREATE TABLE ${name} (${header!.replaceAll(",", " REAL, ")} REAL)`);
      for (const row of rows) database.run(`INSERT INTO ${name} VALUES (${row.replace(/,$/, ",NULL")})`);
    }
    const table = await readDemand({ name: "packing.sqlite", bytes: database.export() });
    expect(table.format).toBe("azure-packing");
    expect(plain(table)).toEqual(
      plain(await readDemand([text("vm.csv", ...vms), text("vmType.csv", ...types)])),
    );
    expect(table.vms.map(({ startStep, endStep }) => [startStep, endStep])).toEqual([
      [0, 144],
      [72, 144],
    ]);
  });
});
