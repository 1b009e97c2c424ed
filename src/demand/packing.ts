/**
 * Azure's packing trace of 2020 (Protean), SQLite as published or its two tables as CSV:
 *
 *   vm        vmId,tenantId,vmTypeId,priority,starttime,endtime          days; a start below 0: there from the begin; no end: stays
 *   vmType    id,vmTypeId,machineId,core,memory,hdd,ssd,nic              parts of a machine, a row a machine type it fits
 *
 * It says when VMs were there and how large, not what they used: their demand is assumed. Of the machine types that a VM type fits the
 * first counts, or the one asked for. A machine is taken to have 64 cores and 512 GiB.
 *
 * Source: Hadary et al., OSDI 2020.
 */
import { ASSUMED_CPU } from "./azure-arrivals.ts";
import type { DemandBuilder } from "./demand-builder.ts";
import { type DemandFormat, type FormatOptions, type FormatRun, type Head, hasColumns } from "./format.ts";
import { LARGEST_MACHINE } from "./google.ts";
import { type Columns, plainName, type Row } from "./row.ts";
import type { RowReader } from "./scan.ts";

const DAY_S = 86_400;
/** VMs without an end stay to the end of the trace. */
const INFINITY = Number.POSITIVE_INFINITY;

export const azurePacking: DemandFormat = {
  name: "azure-packing",
  about: "Azure packing trace 2020: SQLite, or its tables vm and vmType as CSV",
  builder: { stepS: 300, cpuIn: "part", memoryIn: "part" },
  parts: [
    { name: "vmType", matches: (head) => has(head, "vmTypeId", "machineId", "core") },
    { name: "vm", matches: (head) => has(head, "vmId", "vmTypeId", "starttime") },
  ],
  begin,
};

function has(head: Head, ...names: readonly string[]): boolean {
  if (head.tables === undefined) return hasColumns(head, ...names);
  return Object.values(head.tables).some((columns) => {
    const plain = columns.map(plainName);
    return names.every((name) => plain.includes(plainName(name)));
  });
}

/** What a VM type takes of the machine type chosen for it. */
interface Type {
  readonly machine: string;
  readonly core: number;
  readonly memory: number;
}

function begin(builder: DemandBuilder, options: FormatOptions): FormatRun {
  const types = new Map<string, Type>();
  return {
    reader: (part) => (part === "vmType" ? vmTypes(types) : vms(builder, types, options)),
    finish() {
      const { vcpus, memoryMib } = options.machine ?? LARGEST_MACHINE;
      return [
        `amounts are parts of a machine, which is taken to have ${vcpus} cores and ${memoryMib / 1024} GiB`,
      ];
    },
  };
}

function vmTypes(types: Map<string, Type>): RowReader {
  let at = { id: 0, machine: 0, core: 0, memory: 0 };
  return {
    columns(columns: Columns): void {
      at = {
        id: columns.need("vmTypeId"),
        machine: columns.need("machineId"),
        core: columns.need("core"),
        memory: columns.need("memory"),
      };
    },
    row(row: Row): void {
      const id = row.named(at.id, "the id of a VM type");
      const core = row.within(at.core, 0, 1, { what: "cores, a part of a machine" });
      const memory = row.within(at.memory, 0, 1, { what: "memory, a part of a machine" });
      if (!types.has(id)) types.set(id, { machine: row.text(at.machine), core, memory });
    },
  };
}

function vms(builder: DemandBuilder, types: Map<string, Type>, options: FormatOptions): RowReader {
  const machine = options.machine ?? LARGEST_MACHINE;
  let at = { id: 0, tenant: 0, type: 0, priority: 0, start: 0, end: 0 };
  const open: { vm: number; startS: number }[] = [];
  let lastS = 0;
  return {
    columns(columns: Columns): void {
      at = {
        id: columns.need("vmId"),
        tenant: columns.find("tenantId"),
        type: columns.need("vmTypeId"),
        priority: columns.find("priority"),
        start: columns.need("starttime"),
        end: columns.need("endtime"),
      };
    },
    row(row: Row): void {
      const id = row.named(at.id, "the id of a VM");
      const start = Math.max(0, row.within(at.start, -INFINITY, INFINITY, { what: "a time in days" }));
      const isOpen = row.isEmpty(at.end) || /^null$/i.test(row.text(at.end));
      const end = isOpen ? Number.NaN : row.within(at.end, -INFINITY, INFINITY, { what: "a time in days" });
      const type = types.get(row.text(at.type));
      if (type === undefined) row.fail(at.type, "a VM type of the table vmType");
      if (end < start && end < 0) return;
      if (end < start) row.fail(at.end, `an end behind its start ${start}`);
      if (builder.has(id)) row.fail(at.id, "each VM once");
      const vm = builder.row(id);
      if (vm < 0) return;
      const { core, memory, machine: machineId } = type!;
      builder.size(vm, {
        vcpus: Math.max(1, Math.round(core * machine.vcpus)),
        memoryMib: memory * machine.memoryMib,
        extra: { priority: row.text(at.priority), tenant: row.text(at.tenant), machineId },
      });
      builder.assume(vm, options.assumedCpu ?? ASSUMED_CPU);
      lastS = Math.max(lastS, start * DAY_S, isOpen ? 0 : end * DAY_S);
      if (isOpen) open.push({ vm, startS: start * DAY_S });
      else builder.span(vm, start * DAY_S, Math.max(end * DAY_S, start * DAY_S + 1));
    },
    end(): void {
      for (const { vm, startS } of open) builder.span(vm, startS, Math.max(lastS, startS + 1));
    },
  };
}
