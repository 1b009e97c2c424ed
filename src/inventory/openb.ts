/**
 * Alibaba's GPU clusters: nodes and pods of 2023 (openb), nodes of the spot trace of 2026.
 *
 *   nodes   sn,cpu_milli,memory_mib,gpu,model
 *   pods    name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time
 *   spot    node_name,gpu_model,gpu_capacity_num,cpu_num
 *
 * A pod with `gpu_milli` below 1000 asks for that part of one GPU; others for whole ones. A node's processors are thousandths of
 * a core. Times are s.
 */
import { type Columns, hasColumns, type Row, type RowReader } from "../demand/index.ts";
import type { EstateBuilder } from "./estate.ts";
import type { InventoryFormat } from "./format.ts";

const INFINITY = Number.POSITIVE_INFINITY;

export const openb: InventoryFormat = {
  name: "alibaba-openb",
  about: "Alibaba GPU clusters: openb pods and nodes (2023), spot nodes (2026)",
  parts: [
    { name: "nodes", matches: (head) => hasColumns(head, "sn", "cpu_milli", "memory_mib", "gpu") },
    { name: "spot", matches: (head) => hasColumns(head, "gpu_model", "gpu_capacity_num", "cpu_num") },
    { name: "pods", matches: (head) => hasColumns(head, "name", "cpu_milli", "memory_mib", "num_gpu") },
  ],
  reader: (part, builder) =>
    part === "pods" ? pods(builder) : part === "nodes" ? nodes(builder) : spot(builder),
};

function nodes(builder: EstateBuilder): RowReader {
  return rows(["sn", "cpu_milli", "memory_mib", "gpu"], ["model"], (row, at) => {
    const name = row.named(at.sn!, "the name of a node");
    if (builder.hosts.has(name)) row.fail(at.sn!, "each node once");
    const cores = row.within(at.cpu_milli!, 1, INFINITY, { what: "thousandths of a core" }) / 1000;
    const model = row.text(at.model!);
    builder.hosts.set(name, {
      ...hostOf(name, cores, row.within(at.gpu!, 0, 1024, { what: "a number of GPUs" })),
      memoryMib: row.within(at.memory_mib!, 1, INFINITY, { what: "memory in MiB" }),
      labels: model === "" ? {} : { model },
    });
  });
}

function spot(builder: EstateBuilder): RowReader {
  return rows(["node_name", "gpu_model", "gpu_capacity_num", "cpu_num"], [], (row, at) => {
    const name = `node-${row.named(at.node_name!, "the name of a node")}`;
    if (builder.hosts.has(name)) row.fail(at.node_name!, "each node once");
    const cores = row.within(at.cpu_num!, 1, 4096, { what: "a number of CPUs" });
    builder.hosts.set(name, {
      ...hostOf(name, cores, row.within(at.gpu_capacity_num!, 0, 1024, { what: "a number of GPUs" })),
      memoryMib: 0,
      labels: { model: row.text(at.gpu_model!) },
    });
  });
}

function hostOf(name: string, cores: number, gpus: number) {
  return { name, sockets: 1, coresPerSocket: cores, threadsPerCore: 1, mhz: 0, gpus };
}

const OPTIONAL = ["gpu_milli", "gpu_spec", "qos", "pod_phase", "creation_time", "deletion_time"];

function pods(builder: EstateBuilder): RowReader {
  return rows(["name", "cpu_milli", "memory_mib", "num_gpu"], OPTIONAL, (row, at) => {
    const name = row.named(at.name!, "the name of a pod");
    if (builder.vms.has(name)) row.fail(at.name!, "each pod once");
    const whole = row.within(at.num_gpu!, 0, 1024, { what: "a number of GPUs" });
    const thousandths =
      at.gpu_milli! < 0 ? 1000 : row.within(at.gpu_milli!, 0, 1000, { what: "thousandths of a GPU" });
    const time = (key: string): number =>
      at[key]! < 0
        ? Number.NaN
        : row.within(at[key]!, 0, INFINITY, { what: "a time in s", absent: Number.NaN });
    const [start, end] = [time("creation_time"), time("deletion_time")];
    if (end < start) row.fail(at.deletion_time!, `a time from ${start}`);
    const label = (key: string) =>
      at[key]! < 0 || row.isEmpty(at[key]!) ? {} : { [key]: row.text(at[key]!) };
    builder.vms.set(name, {
      name,
      host: "",
      vcpus: row.within(at.cpu_milli!, 0, INFINITY, { what: "thousandths of a core" }) / 1000,
      memoryMib: row.within(at.memory_mib!, 0, INFINITY, { what: "memory in MiB" }),
      isOn: true,
      gpus: whole === 1 && thousandths < 1000 ? thousandths / 1000 : whole,
      cpu: {},
      memory: {},
      ...(start >= 0 ? { start } : {}),
      ...(end >= 0 ? { end } : {}),
      labels: { ...label("gpu_spec"), ...label("qos"), ...label("pod_phase") },
    });
  });
}

/** A reader of rows with columns by name. */
export function rows(
  needed: readonly string[],
  optional: readonly string[],
  read: (row: Row, at: Readonly<Record<string, number>>) => void,
): RowReader {
  let at: Record<string, number> = {};
  return {
    columns(columns: Columns): void {
      at = {
        ...Object.fromEntries(needed.map((name) => [name, columns.need(name)])),
        ...Object.fromEntries(optional.map((name) => [name, columns.find(name)])),
      };
    },
    row: (row) => read(row, at),
  };
}
