/**
 * Instance types of clouds as a table: `cloud,instance_type,vcpu,memory_mb,gpu,arch`. One VM of each type.
 *
 * `ballast place --types` joins such a table with VMs that name a type; an import has one VM of each, to see what fits beside what.
 */
import { hasColumns } from "../demand/index.ts";
import type { InventoryFormat } from "./format.ts";
import { rows } from "./openb.ts";

const INFINITY = Number.POSITIVE_INFINITY;

export const instanceTypes: InventoryFormat = {
  name: "instance-types",
  about: "instance types of clouds: instance_type,vcpu,memory_mb,gpu,arch",
  parts: [{ name: "types", matches: (head) => hasColumns(head, "instance_type", "vcpu", "memory_mb") }],
  reader: (_part, builder) =>
    rows(["instance_type", "vcpu", "memory_mb"], ["cloud", "gpu", "arch"], (row, at) => {
      const type = row.named(at.instance_type!, "the name of a type");
      const cloud = at.cloud! < 0 ? "" : row.text(at.cloud!);
      const name = builder.vms.has(type) && cloud !== "" ? `${cloud}-${type}` : type;
      if (builder.vms.has(name)) row.fail(at.instance_type!, "each type once", type);
      const vcpus = row.within(at.vcpu!, 0, 4096, { what: "a number of vCPUs" });
      const memoryMib = row.within(at.memory_mb!, 0, INFINITY, { what: "memory in MB" });
      const label = (key: string) =>
        at[key]! < 0 || row.isEmpty(at[key]!) ? {} : { [key]: row.text(at[key]!) };
      builder.vms.set(name, {
        name,
        host: "",
        vcpus,
        memoryMib,
        isOn: vcpus > 0 && memoryMib > 0,
        gpus: at.gpu! < 0 ? 0 : row.within(at.gpu!, 0, 1024, { what: "a number of GPUs", absent: 0 }),
        cpu: {},
        memory: {},
        labels: { ...label("cloud"), ...label("arch") },
      });
    }),
};
