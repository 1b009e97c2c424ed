// Goal: each trace format becomes the same kind of table; its quirks do no harm.
// Method: a small file of each, by the documented columns, and the table that it has to give.

import { describe, expect, test } from "vitest";
import { checkDemand, type ReadDemandOptions, readDemand } from "../../src/demand/index.ts";
import type { TraceSource } from "../../src/trace/index.ts";
import { BITBRAINS_HEADER, bitbrainsRow, packed, taskUsage, text, VMTABLE } from "./fixtures.ts";

async function read(sources: TraceSource | readonly TraceSource[], options?: ReadDemandOptions) {
  const table = await readDemand(sources, options);
  expect(checkDemand(table)).toEqual([]);
  const rounded = (values: Float32Array, row: number) =>
    [...values.slice(row * table.steps, (row + 1) * table.steps)].map(
      (value) => Math.round(value * 1e4) / 1e4,
    );
  return {
    ...table,
    cpuOf: (row: number) => rounded(table.cpu, row),
    memoryOf: (row: number) => rounded(table.memory!, row),
  };
}

describe("PlanetLab", () => {
  test("a file a VM: percentages, all of one length", async () => {
    const table = await read([text("a_vm", "24", "34", "0"), packed("b_vm", "1", "2", "100")]);
    expect(table).toMatchObject({ format: "planetlab", steps: 3, stepNs: 300e9 });
    expect(table.vms.map(({ id, vcpus }) => [id, vcpus])).toEqual([
      ["a_vm", 1],
      ["b_vm", 1],
    ]);
    expect(table.cpuOf(0)).toEqual([0.24, 0.34, 0]);
    expect(table.cpuOf(1)).toEqual([0.01, 0.02, 1]);
  });

  test("one table, in the order of its rows or of a file system", async () => {
    const source = text("p.csv", "vm_index,file,t0,t300", "0,b_x,1,2", "1,ba,3,4");
    expect((await read(source)).vms.map(({ id }) => id)).toEqual(["b_x", "ba"]);
    // NTFS compares upper-cased letters: `A` comes before `_`.
    const ordered = await read(source, { order: "ntfs" });
    expect(ordered.vms.map(({ id }) => id)).toEqual(["ba", "b_x"]);
    expect(ordered.cpuOf(0)).toEqual([0.03, 0.04]);
  });

  test.each([
    [[text("a", "1", "2"), text("b", "1")], "b:1:1: expected 2 readings, as a has, got 1"],
    [
      [text("a", "1", "2"), text("b", "1", "2", "3")],
      "b:3:1: expected 2 readings, as a has, got another one",
    ],
    [[text("t", "vm_index,file,t0,t300", "0,x,1")], "t:2:5: expected 2 readings, as in the header, got 1"],
    [
      [text("t", "vm_index,file,t0", "0,x,1", "1,x,2")],
      "t:3:3: expected each VM once, got x, which line 2 has too",
    ],
    [
      [text("t", "vm_index,file,t0,t300", "0,x,1,-2")],
      "t:2:7: expected CPU in percent, a number from 0 to 100.5, got -2",
    ],
    [
      [text("t", "vm_index,file,t0,t300", "0,x,1,NaN")],
      "t:2:7: expected CPU in percent, a number from 0 to 100.5, got NaN",
    ],
  ])("bad rows are told by file, line and column", async (sources, message) => {
    await expect(readDemand(sources)).rejects.toThrow(message);
  });

  test("leniently, bad rows are left out and counted", async () => {
    const source = text("t", "vm_index,file,t0", "0,x,-1", "1,y,7");
    const table = await read(source, { lenient: true });
    expect(table.vms.map(({ id }) => id)).toEqual(["y"]);
    expect(table).toMatchObject({ rows: 2, skippedRows: 1, skipped: [{ file: "t", line: 2 }] });
  });
});

describe("Bitbrains", () => {
  test("semicolons and tabs, seconds or milliseconds, a VM that is off, a gap", async () => {
    const rows = [
      bitbrainsRow(1376314200, 0, 0, 0),
      bitbrainsRow(1376314500, 2600.5, 524288),
      bitbrainsRow(1376315100, 5201, 1048576),
    ];
    const table = await read([
      text("1.csv", BITBRAINS_HEADER, ...rows),
      text("2.csv", BITBRAINS_HEADER, bitbrainsRow(1376314800000, 100, 0)),
    ]);
    expect(table.vms[0]).toMatchObject({
      id: "1",
      vcpus: 2,
      mhz: 2600.5,
      memoryMib: 2048,
      startStep: 0,
      endStep: 4,
    });
    expect(table.vms[1]!.startStep).toBe(2);
    expect(table.cpuOf(0)).toEqual([0, 0.5, 0.5, 1]);
    expect(table.memoryOf(0)).toEqual([0, 0.25, 0.25, 0.5]);
    expect(table.notes).toEqual(["1 step has no reading and repeats the one before"]);
  });

  test("one table beside a list of sizes; without it, peaks stand for sizes", async () => {
    const readings = text("t.csv", "vm,t_s,cpu_mhz,mem_mb,disk_rd_kbs", "5,0,500,256,1", "5,300,250,512,1");
    const sizes = text("s.csv", "vm,cpu_cores,cpu_capacity_mhz,mem_capacity_mb", "4,1,1,1", "5,2,2000,1024");
    const table = await read([sizes, readings]);
    expect(table.vms).toMatchObject([{ id: "5", vcpus: 2, mhz: 1000, memoryMib: 1024 }]);
    expect(table.cpuOf(0)).toEqual([0.25, 0.125]);
    expect(table.memoryOf(0)).toEqual([0.25, 0.5]);
    const alone = await read(readings);
    expect(alone.vms).toMatchObject([{ vcpus: 1, mhz: 500, memoryMib: 512 }]);
    expect(alone.notes).toEqual(["1 VM has no size and counts as large as its largest reading"]);
  });

  test("two readings of one time are an error", async () => {
    const rows = [bitbrainsRow(600, 1, 1), bitbrainsRow(600, 2, 2)];
    await expect(readDemand(text("1.csv", BITBRAINS_HEADER, ...rows))).rejects.toThrow(
      "1.csv:3:1: expected a time of its own for each reading, got 600",
    );
  });

  test("dates and times since the begin do not go into one table", async () => {
    const table = text("t.csv", "vm,t_s,cpu_mhz,mem_mb", "5,0,210.7,679.9", "5,300,103.4,557.1");
    const file = text("9.csv", BITBRAINS_HEADER, bitbrainsRow(1376314846, 1, 1));
    await expect(readDemand([table, file])).rejects.toThrow(
      "9.csv:2:1: expected a time since the trace's begin, as the readings before have, got 1376314846",
    );
  });
});

describe("Azure", () => {
  test("a table of VMs, its buckets, and readings of some", async () => {
    const readings = ["0,vmA,1,90,10", "300,vmA,1,80,20", "600,vmA,0,10,5"];
    const sources = [text("vm_cpu_readings-file-1-of-195.csv", ...readings), text("vmtable.csv", ...VMTABLE)];
    const table = await read(sources);
    expect(table.format).toBe("azure");
    expect(table.vms).toMatchObject([
      { id: "vmA", vcpus: 4, memoryMib: 8192, startStep: 0, endStep: 3, extra: { category: "Interactive" } },
      { id: "vmB", vcpus: 24, memoryMib: 65536, startStep: 1, endStep: 2 },
    ]);
    expect(table.cpuOf(0)).toEqual([0.1, 0.2, 0.05]);
    expect(table.cpuOf(1)).toEqual([Number.NaN, 0.25, Number.NaN]);
    expect(table.notes).toEqual(["1 VM has no readings: its demand is assumed and constant"]);
    expect((await read(sources, { reading: "maximum" })).cpuOf(0)).toEqual([0.9, 0.8, 0.1]);
  });

  test("a wide table, arrivals with flavours and bins", async () => {
    const wide = text("w.csv", "t_s,vm000_avg,vm000_max", "0,50,60", "300,,");
    expect((await read(wide)).cpuOf(0)).toEqual([0.5]);
    const arrivals = text("a.csv", "t_s,batch,flavour,lifetime", "600,0,b,U1", "900,1,b,C1");
    const flavours = text("f.csv", "flavour,vcpu,mem_gb", "b,2,1.75");
    const bins = text("l.csv", "bin,duration_lo_s,duration_hi_s", "1,300,300");
    const table = await read([arrivals, flavours, bins], { assumedCpu: 0.5 });
    expect(table.vms).toMatchObject([
      { id: "vm1", vcpus: 2, memoryMib: 1792, startStep: 0, endStep: 1 },
      { id: "vm2", startStep: 1, endStep: 2 },
    ]);
    expect(table.cpuOf(0)).toEqual([0.5, Number.NaN]);
  });

  test("packing: parts of a machine, fractional days, VMs that were there before and that stay", async () => {
    const types = text(
      "vmType.csv",
      "id,vmTypeId,machineId,core,memory,hdd,ssd,nic",
      "1,9,0,0.0625,0.125,,0,0.1",
      "2,9,1,0.5,0.5,,0,0.1",
    );
    const vms = text(
      "vm.csv",
      "vmId,tenantId,vmTypeId,priority,starttime,endtime",
      "0,7,9,1,-3.5,0.00694444444",
      "1,7,9,0,0.00347222222,",
    );
    const table = await read([vms, types]);
    expect(table.vms).toMatchObject([
      { id: "0", vcpus: 4, memoryMib: 65536, startStep: 0, endStep: 2, extra: { priority: "1" } },
      { id: "1", startStep: 0, endStep: 2 },
    ]);
    expect(table.cpuOf(0)).toEqual([0.2, 0.2]);
  });
});

describe("Google", () => {
  test("2011: microseconds, a reading over two steps, requests and peaks", async () => {
    const usage = [taskUsage(600e6, 900e6, "3-0", 0.125, 0.25), taskUsage(1050e6, 1350e6, "3-0", 0.25, 0.25)];
    const events = "0,,3,0,7,1,user,2,9,0.5,0.5,0.01,0";
    const table = await read([text("usage.csv", ...usage), text("events.csv", events)]);
    expect(table.format).toBe("google-2011");
    expect(table.vms).toMatchObject([{ id: "3-0", vcpus: 32, memoryMib: 262144 }]);
    expect(table.cpuOf(0)).toEqual([0.25, 0.5, 0.5]);
    expect(table.notes[0]).toBe(
      "amounts are parts of the largest machine, which is taken to have 64 cores and 512 GiB",
    );
  });

  test("2019: JSON lines with nested use, or CSV of BigQuery", async () => {
    const usage = (cpus: number) => ({ cpus, memory: 0.5 });
    const row = {
      start_time: "0",
      end_time: "300000000",
      collection_id: "8",
      instance_index: 2,
      average_usage: usage(0.5),
    };
    const late = {
      ...row,
      start_time: "300000000",
      end_time: "600000000",
      average_usage: { cpus: null, memory: 0.25 },
    };
    const table = await read(text("u.json", JSON.stringify(row), JSON.stringify(late)));
    expect(table.format).toBe("google-2019");
    expect(table.vms).toMatchObject([{ id: "8-2", vcpus: 32, memoryMib: 262144 }]);
    expect(table.cpuOf(0)).toEqual([1, 1]);
    expect(table.memoryOf(0)).toEqual([1, 0.5]);
    const csv = text(
      "u.csv",
      "start_time,end_time,collection_id,instance_index,average_usage_cpus,average_usage_memory",
      "0,300000000,8,2,0.5,0.5",
    );
    expect((await read(csv)).cpuOf(0)).toEqual([1]);
  });

  test("cut into VMs: rows of CPU and of memory", async () => {
    const table = await read(text("g.csv", "vm,metric,t0,t300", "v,cpu_pct,8.5,10", "v,mem_pct,50,106.5"));
    expect(table.cpuOf(0)).toEqual([0.085, 0.1]);
    expect(table.memoryOf(0)).toEqual([0.5, 1]);
    expect(table.notes).toEqual(["1 reading was above what the VM has and counts as all of it"]);
  });
});

describe("Alibaba", () => {
  test("machines with and without header, no measurement, sizes beside them", async () => {
    const plain = text(
      "machine_usage.csv",
      "m_1,0,40,90,,,1,2,3",
      "m_1,30,60,90,,,1,2,3",
      "m_1,300,101,-1,,,1,2,3",
      "m_1,600,10,80,,,1,2,3",
    );
    const meta = text("machine_meta.csv", "m_1,0,219,17,96,1,USING", "m_2,0,219,17,96,1,USING");
    const table = await read([meta, plain]);
    expect(table.vms).toMatchObject([
      { id: "m_1", vcpus: 96, extra: { failureDomain1: "219", failureDomain2: "17" } },
    ]);
    expect(table.cpuOf(0)).toEqual([0.5, 0.5, 0.1]);
    const named = text("u.csv", "machine_id,time_s,cpu_pct,mem_pct", "m_1,0,40,90");
    expect((await read(named)).memoryOf(0)).toEqual([0.9]);
  });

  test("memory of pods: CPU counts as none", async () => {
    const table = await read(text("p.csv", "pod,t_s,mem_util", "pod0,228,0.5", "pod0,228,0.25"));
    expect(table.memoryOf(0)).toEqual([0.375]);
    expect(table.cpuOf(0)).toEqual([0]);
  });
});

test("OpenDC: meta and trace, tasks and fragments", async () => {
  const meta = text(
    "meta.csv",
    "id,start_time,stop_time,cpu_count,cpu_capacity,mem_capacity",
    "v,0,600000,2,4000,1024",
  );
  const trace = text(
    "trace.csv",
    "id,timestamp,duration,cpu_count,cpu_usage",
    "v,0,300000,2,1000",
    "v,300000,300000,2,4000",
  );
  const table = await read([trace, meta]);
  expect(table.vms).toMatchObject([{ id: "v", vcpus: 2, mhz: 2000, memoryMib: 1024 }]);
  expect(table.cpuOf(0)).toEqual([0.25, 1]);
  const tasks = text(
    "tasks.csv",
    "id,submission_time,duration,cpu_count,cpu_capacity,mem_capacity",
    "v,300000,600000,2,4000,1024",
  );
  const fragments = text(
    "fragments.csv",
    "id,duration,cpu_count,cpu_usage",
    "v,300000,2,2000",
    "v,300000,2,1000",
  );
  expect((await read([tasks, fragments])).cpuOf(0)).toEqual([0.5, 0.25]);
});

describe("any trace", () => {
  const trace = text("t.csv", "vm,t_s,cpu_mhz,mem_mb", "a,0,1,1", "b,0,1,1", "a,300,2,1", "a,600,4,1");

  test("fewer VMs, a shorter time, longer steps", async () => {
    expect((await read(trace, { vmsMax: 1 })).notes).toContain("1 further VM was left out");
    expect((await read(trace, { fromS: 300, toS: 600 })).steps).toBe(1);
    expect((await read(text("p", "24", "34", "44"), { fromS: 300 })).cpuOf(0)).toEqual([0.34, 0.44]);
    expect((await read(text("p", "20", "40"), { stepS: 600 })).cpuOf(0)).toEqual([0.3]);
    const coarse = await read(trace, { stepS: 600 });
    expect(coarse.cpuOf(0)).toEqual([0.375, 1]);
    await expect(readDemand(trace, { cellsMax: 3 })).rejects.toThrow(
      "t.csv: expected a table of at most 3 values, got 2 VMs × 3 steps × 2 (keep fewer VMs, a shorter time, or longer steps)",
    );
  });

  test("chunks may end anywhere; gzip is told by its bytes", async () => {
    const whole = await read(trace);
    const bytes = new TextEncoder().encode(trace.text.replaceAll("\n", "\r\n"));
    const chunks = (async function* () {
      for (const byte of bytes) yield Uint8Array.of(byte);
    })();
    expect((await read({ name: "t", chunks })).cpu).toEqual(whole.cpu);
    const gzip = packed("t.csv", ...trace.text.trim().split("\n"));
    expect((await read({ name: "no-ending", bytes: gzip.bytes })).cpu).toEqual(whole.cpu);
    await expect(readDemand({ name: "cut.gz", bytes: gzip.bytes.slice(0, -12) })).rejects.toThrow(
      "cut.gz: expected",
    );
  });

  test("zstd", async () => {
    const base64 = "KLUv/QRYMQEAdm0sdF9zLGNwdV9taHosbWVtX21iCmEsMCwxLDEKYiwwLDEsMQonVqvM";
    const bytes = Uint8Array.from(Buffer.from(base64, "base64"));
    expect((await read({ name: "t", bytes })).vms.map(({ id }) => id)).toEqual(["a", "b"]);
    await expect(readDemand({ name: "cut", bytes: bytes.slice(0, 30) })).rejects.toThrow("cut: expected");
  });

  test("what is no trace, and what does not belong together, is told", async () => {
    await expect(readDemand(text("x", "hello"))).rejects.toThrow(
      'x:1: expected a trace of a known form, got "hello"',
    );
    await expect(readDemand(text("x"))).rejects.toThrow(
      "x:1: expected a trace of a known form, got an empty file",
    );
    const other = text("p", "24", "34");
    await expect(readDemand([trace, other])).rejects.toThrow(
      "p: expected a file of bitbrains, as t.csv is, got one of planetlab",
    );
    // A bad line among the first ones does not make the file unknown.
    await expect(readDemand(text("p", "24", "34", "x", "5"))).rejects.toThrow(
      "p:3:1: expected CPU in percent, a number from 0 to 100.5, got x",
    );
    await expect(readDemand({ path: "/nowhere/at-all" })).rejects.toThrow(
      "expected a readable file, got no such file",
    );
    await expect(readDemand(other, { format: "azure" })).rejects.toThrow(
      'p:1: expected a file of azure, got "24"',
    );
  });
});
