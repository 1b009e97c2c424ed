// Goal: inventories come out with their hosts, VMs and controls; what is wrong is told by file, line and column.
// Method: small files of each form, by the documented columns; the whole set of ../shared/data where it is there.

import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readEstate } from "../../src/inventory/index.ts";
import { text } from "../demand/fixtures.ts";
import { workbookOf } from "./xlsx.ts";

const VINFO =
  "VM,Powerstate,Template,CPUs,Active Memory,Memory,Resource pool,HA Restart Priority,Cluster,Host";
const VHOST = "Host,Cluster,Speed,HT Active,# CPU,# Cores,CPU usage %,# Memory,Model";

async function installed(name: string): Promise<boolean> {
  return import(/* @vite-ignore */ name).then(
    () => true,
    () => {
      console.warn(`skipped: files of ${name}, which is not installed`);
      return false;
    },
  );
}

const hasExcel = await installed("read-excel-file/universal");
const hasXml = await installed("fast-xml-parser");

describe("RVTools", () => {
  const info = [
    VINFO,
    "web,poweredOn,False,2,1024,4096,/DC/C1/Resources/shop,high,C1,h1",
    "old,poweredOff,False,1,0,2048,,low,C1,h1",
    "t,poweredOn,True,1,0,2048,,low,C1,h1",
  ];
  const host = [VHOST, "h1,C1,2600,True,2,16,25,131072,R720"];

  test("vInfo, vHost, vCPU, vMemory, vRP, vCluster", async () => {
    const estate = await readEstate([
      text(
        "vMemory.csv",
        "VM,Size MiB,Consumed,Active,Shares,Reservation,Limit",
        "web,4096,2000,512,40960,1024,-1",
      ),
      text("vCPU.csv", "VM,CPUs,Cores p/s,Overall,Shares,Reservation,Limit", "web,2,1,1300,2000,500,-1"),
      text(
        "vRP.csv",
        "Resource Pool name,Resource Pool path,CPU limit,CPU reservation,CPU shares,CPU expandableReservation,Mem limit,Mem reservation,Mem shares",
        "shop,/DC/C1/Resources/shop,-1,1000,8000,True,-1,2048,327680",
        "inner,/DC/C1/Resources/shop/inner,5000,0,4000,False,4096,0,163840",
      ),
      text("vCluster.csv", "Name,NumHosts,NumCpuCores,Failover Level,DRS enabled", "C1,1,16,1,True"),
      text("vHost.csv", ...host),
      text("vInfo.csv", ...info),
    ]);
    expect(estate.hosts).toEqual([
      {
        name: "h1",
        sockets: 2,
        coresPerSocket: 8,
        threadsPerCore: 2,
        mhz: 2600,
        memoryMib: 131072,
        gpus: 0,
        cluster: "C1",
        cpuUsage: 0.25,
        labels: { model: "R720" },
      },
    ]);
    expect(estate.vms[0]).toMatchObject({
      name: "web",
      host: "h1",
      vcpus: 2,
      memoryMib: 4096,
      isOn: true,
      activeMib: 512,
      cpuDemand: 0.25,
      cpu: { shares: 2000, reservation: 500 },
      memory: { shares: 40960, reservation: 1024 },
    });
    expect(estate.vms.map(({ isOn }) => isOn)).toEqual([true, false, false]);
    expect(estate.pools).toEqual([
      {
        name: "shop",
        expandable: true,
        cpu: { reservation: 1000, shares: 8000 },
        memory: { reservation: 2048, shares: 327680 },
      },
      {
        name: "inner",
        parent: "shop",
        expandable: false,
        cpu: { limit: 5000, shares: 4000 },
        memory: { limit: 4096, shares: 163840 },
      },
    ]);
    expect(estate.clusters).toEqual([{ name: "C1", hosts: 1, failoverHosts: 1, isBalanced: true }]);
  });

  test("another locale, older names, a host that is not listed", async () => {
    const estate = await readEstate([
      text(
        "i.csv",
        "vInfoVMName;vInfoPowerstate;vInfoCPUs;vInfoMemory;vInfoHost",
        "web;poweredOn;2;4.096;h9",
      ),
      text("h.csv", "Host;# Cores;Speed;# Memory;CPU usage %", "h1;8;2.600;65.536;12,5"),
    ]);
    expect(estate.hosts[0]).toMatchObject({ mhz: 2600, memoryMib: 65536, cpuUsage: 0.125 });
    expect(estate.vms[0]).toMatchObject({ memoryMib: 4096, host: "" });
    expect(estate.notes).toEqual([
      "VM web is on a host that the inventory does not list (h9), and placed anew",
    ]);
  });

  test.each([
    [
      [text("i.csv", VINFO, "a,poweredOn,False,none,,1,,,,h")],
      "i.csv:2:19: expected a number of vCPUs, a number, got none",
    ],
    [
      [text("i.csv", VINFO, "a,on,F,1,,1,,,,h", "a,on,F,1,,1,,,,h")],
      "i.csv:3:1: expected each VM once, got a, which line 2 has too",
    ],
    [[text("i.csv", VINFO, ",on,F,1,,1,,,,h")], "i.csv:2:1: expected the name of a VM, got nothing"],
    [
      [text("h.csv", VHOST, "h1,C1,2600,True,2,16,250,131072,R720")],
      "h.csv:2:22: expected CPU usage in percent, a number from 0 to 100, got 250",
    ],
    [[text("i.csv", ...info), text("p", "24", "34")], 'p:1: expected a file of rvtools, got "24"'],
  ])("faults", async (files, message) => {
    await expect(readEstate(files)).rejects.toThrow(message);
  });

  test("leniently, bad rows are left out and counted", async () => {
    const estate = await readEstate(text("i.csv", ...info, "bad,poweredOn,False,0,,1,,,,h"), {
      lenient: true,
    });
    expect(estate).toMatchObject({ rows: 4, skippedRows: 1, skipped: [{ line: 5 }] });
    expect(estate.vms.length).toBe(3);
  });

  test.skipIf(!hasExcel)("a workbook", async () => {
    const cells = (line: string) => line.split(",").map((cell) => (/^\d+$/.test(cell) ? Number(cell) : cell));
    const bytes = workbookOf({ vHost: host.map(cells), vNotes: [["x"]], vInfo: info.map(cells) });
    const estate = await readEstate({ name: "export.xlsx", bytes });
    const csv = await readEstate([text("vInfo.csv", ...info), text("vHost.csv", ...host)]);
    expect(estate.hosts).toEqual(csv.hosts);
    expect(estate.vms).toEqual(csv.vms);
    const faulty = workbookOf({ vInfo: [...info.map(cells), ["x", "poweredOn", false, "many"]] });
    await expect(readEstate({ name: "e.xlsx", bytes: faulty })).rejects.toThrow(
      "e.xlsx[vInfo]:5:4: expected a number of vCPUs, a number, got many",
    );
    await expect(readEstate({ name: "e.xlsx", bytes: workbookOf({ a: [["x"]] }) })).rejects.toThrow(
      "e.xlsx: expected a workbook of RVTools, with the tabs vInfo and vHost, got a",
    );
    await expect(readEstate({ name: "cut.xlsx", bytes: bytes.slice(0, 300) })).rejects.toThrow(
      "cut.xlsx: expected a sound workbook",
    );
  });
});

describe.skipIf(!hasXml)("libvirt", () => {
  const domain = `<domain type='kvm'>
  <name>web</name><uuid>u-1</uuid>
  <memory unit='GiB'>4</memory><currentMemory unit='KiB'>3145728</currentMemory>
  <vcpu placement='static' current='2'>4</vcpu>
  <cputune><shares>2048</shares><period>100000</period><quota>50000</quota></cputune>
  <memtune><min_guarantee unit='MiB'>512</min_guarantee><hard_limit unit='KiB'>9007199254740991</hard_limit></memtune>
  <memoryBacking><nosharepages/></memoryBacking>
  <devices><hostdev mode='subsystem'/></devices>
</domain>`;

  test("a domain: sizes, controls, sharing", async () => {
    const estate = await readEstate({ name: "web.xml", text: `<?xml version='1.0'?>\n${domain}` });
    expect(estate.vms).toEqual([
      {
        name: "web",
        host: "",
        vcpus: 2,
        memoryMib: 4096,
        isOn: true,
        gpus: 0,
        isShared: false,
        cpu: { shares: 2048, limitCores: 1 },
        memory: { reservation: 512, limit: 3072 },
        labels: { uuid: "u-1", passthrough: "1" },
      },
    ]);
  });

  test("several in one file; faults by line", async () => {
    const plain = "<domain><name>b</name><memory>1048576</memory><vcpu>1</vcpu></domain>";
    const estate = await readEstate({ name: "all.xml", text: `<domains>\n${domain}\n${plain}\n</domains>` });
    expect(estate.vms.map(({ name, memoryMib }) => [name, memoryMib])).toEqual([
      ["web", 4096],
      ["b", 1024],
    ]);
    const bad = plain.replace("1048576", "lots");
    await expect(
      readEstate({ name: "x.xml", text: `<domains>\n${plain}\n${bad.replace(">b<", ">c<")}\n</domains>` }),
    ).rejects.toThrow("x.xml:3: expected c: a size in <memory>, got lots");
    await expect(readEstate({ name: "x.xml", text: "<domain>\n<name>a</nam></domain>" })).rejects.toThrow(
      /^x\.xml:2:\d+: expected sound XML/,
    );
  });
});

describe("virsh domstats", () => {
  const look = (cpu: number, at: number) => [
    "Domain: 'web'",
    "  state.state=1",
    `  cpu.time=${cpu}`,
    "  balloon.current=4194304",
    "  balloon.maximum=4194304",
    "  balloon.available=4000000",
    "  balloon.usable=3000000",
    `  balloon.last-update=${at}`,
    "  vcpu.current=2",
    "  vcpu.0.state=1",
    "",
  ];

  test("one look tells memory, two tell CPU", async () => {
    const [vm] = (await readEstate(text("d.txt", ...look(5e9, 100)))).vms;
    expect(vm).toMatchObject({ name: "web", vcpus: 2, memoryMib: 4096, activeMib: 1e6 / 1024 });
    expect(vm!.cpuDemand).toBeUndefined();
    const twice = await readEstate(text("d.txt", ...look(5e9, 100), ...look(10e9, 110)));
    expect(twice.vms[0]!.cpuDemand).toBe(0.25);
    await expect(readEstate(text("d.txt", "Domain: 'x'", "nonsense"))).rejects.toThrow(
      "d.txt:2: expected Domain: 'NAME' or key=value, got nonsense",
    );
    await expect(readEstate(text("d.txt", "Domain: 'x'", "  state.state=1"))).rejects.toThrow(
      "d.txt:1: expected x: balloon.maximum above 0, got none",
    );
  });
});

test("Alibaba: nodes and pods with parts of GPUs; instance types", async () => {
  const estate = await readEstate([
    text(
      "pods.csv",
      "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time",
      "p,1500,1024,1,460,,LS,Running,0,100,0",
      "q,2000,1024,2,1000,V100,BE,Running,5,,7",
    ),
    text("nodes.csv", "sn,cpu_milli,memory_mib,gpu,model", "n,32000,262144,8,V100"),
  ]);
  expect(estate.hosts[0]).toMatchObject({
    name: "n",
    coresPerSocket: 32,
    memoryMib: 262144,
    gpus: 8,
    labels: { model: "V100" },
  });
  expect(estate.vms).toMatchObject([
    { name: "p", vcpus: 1.5, gpus: 0.46, start: 0, end: 100 },
    { name: "q", vcpus: 2, gpus: 2, start: 5, labels: { gpu_spec: "V100", qos: "BE" } },
  ]);
  const types = await readEstate(
    text("t.csv", "cloud,instance_type,vcpu,memory_mb,gpu,arch", "aws,m5.large,2,8192,0,amd64"),
  );
  expect(types.vms).toMatchObject([{ name: "m5.large", vcpus: 2, memoryMib: 8192 }]);
});

const DATA = `${process.env["BALLAST_SHARED"] ?? new URL("../../../shared/data", import.meta.url).pathname}/`;
const isThere = existsSync(DATA);
if (!isThere) console.warn(`skipped: real inventories, because ${DATA} is not there`);

describe.skipIf(!isThere)("shared inventories", () => {
  const counts = async (...files: readonly string[]) => {
    const { hosts, vms } = await readEstate(files.map((file) => ({ path: DATA + file })));
    const sum = (values: readonly number[]) =>
      Math.round(values.reduce((total, value) => total + value, 0) * 10) / 10;
    return {
      hosts: hosts.length,
      cores: sum(hosts.map(({ sockets, coresPerSocket }) => sockets * coresPerSocket)),
      vms: vms.length,
      vcpus: sum(vms.map(({ vcpus }) => vcpus)),
      gpus: sum(vms.map(({ gpus }) => gpus)),
    };
  };

  test("counts are those of the collection's README", async () => {
    expect(await counts("rvtools")).toMatchObject({ hosts: 8, cores: 192, vms: 131 });
    const nodes = "alibaba_openb/openb_node_list_all_node.csv.gz";
    expect(await counts(nodes, "alibaba_openb/openb_pod_list_default.csv.gz")).toMatchObject({
      hosts: 1523,
      vms: 8152,
      vcpus: 85436,
      gpus: 6086.8,
    });
    expect(await counts(nodes, "alibaba_openb/openb_pod_list_multigpu20.csv.gz")).toMatchObject({
      vms: 8324,
      gpus: 7086.8,
    });
    expect(await counts("instance_types/aws_azure_instance_types.csv.gz")).toMatchObject({ vms: 2478 });
    expect(await counts("alibaba_spot2026/node_info_df.csv.gz")).toMatchObject({ hosts: 4278 });
    expect(await counts("domstats/virsh_domstats_samples.csv")).toMatchObject({ vms: 3, vcpus: 22 });
  });
});
