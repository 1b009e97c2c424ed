/**
 * `virsh domstats`: what libvirt counts of each domain; or the same as a table (`domain,balloon_maximum_kib,vcpus,…`).
 *
 *   Domain: 'web'
 *     cpu.time=424043980090            ns since it started
 *     balloon.maximum=4194304          KiB: its memory
 *     balloon.available=4194304        what the guest sees; minus usable: what it uses
 *     vcpu.current=2
 *
 * Nothing says how long a domain has been up, so one look tells no demand; two looks at one domain (`domstats` run twice into one
 * file) do, if `balloon.last-update` (s) differs: CPU time over time. Memory in use is available less usable, else rss.
 *
 * Source: virsh's manual.
 */
import { BadRow, type Columns, hasColumns, type Row, type RowReader } from "../demand/index.ts";
import { TraceError } from "../trace/index.ts";
import type { EstateBuilder } from "./estate.ts";
import type { DocumentFile, InventoryFormat } from "./format.ts";

export const domstats: InventoryFormat = {
  name: "domstats",
  about: "virsh domstats output",
  parts: [
    {
      name: "text",
      isDocument: true,
      matches: ({ lines }) => /^\s*Domain:\s/.test(lines[0] ?? ""),
    },
    { name: "table", matches: (head) => hasColumns(head, "domain", "balloon_maximum_kib", "vcpus") },
  ],
  document: readText,
  reader: (_part, builder) => table(builder),
};

/** One look at a domain. */
interface Look {
  readonly line: number;
  readonly values: Map<string, number>;
}

async function readText(builder: EstateBuilder, document: DocumentFile): Promise<number> {
  const { file, bytes, lenient } = document;
  const domains = new Map<string, Look[]>();
  let look: Look | undefined;
  for (const [at, text] of new TextDecoder().decode(bytes).split(/\r?\n/).entries()) {
    const line = at + 1;
    const [, name] = /^\s*Domain:\s*'(.*)'\s*$/.exec(text) ?? [];
    const [, key, value = ""] = /^\s*([\w.:-]+)=(.*)$/.exec(text) ?? [];
    if (name !== undefined) {
      look = { line, values: new Map() };
      domains.set(name, [...(domains.get(name) ?? []), look]);
    } else if (key !== undefined && look !== undefined) {
      if (/^-?\d+(?:\.\d+)?$/.test(value.trim())) look.values.set(key, Number(value));
    } else if (text.trim() !== "") {
      const fault = { expected: "Domain: 'NAME' or key=value", got: text.trim().slice(0, 60) };
      if (!lenient) throw new TraceError({ file, line, ...fault });
      document.skip(line, fault.expected, fault.got);
    }
  }
  for (const [name, looks] of domains) {
    try {
      add(builder, name, looks);
    } catch (fault) {
      if (!(fault instanceof BadRow)) throw fault;
      const { expected, got } = fault;
      const { line } = looks[0]!;
      if (!lenient) throw new TraceError({ file, line, expected, got });
      document.skip(line, expected, got);
    }
  }
  return domains.size;
}

function add(builder: EstateBuilder, name: string, looks: readonly Look[]): void {
  const { values } = looks.at(-1)!;
  const get = (...keys: readonly string[]): number => {
    for (const key of keys) if (values.has(key)) return values.get(key)!;
    return Number.NaN;
  };
  const memoryKib = get("balloon.maximum", "balloon.current");
  if (!(memoryKib > 0)) throw new BadRow(undefined, `${name}: balloon.maximum above 0`, "none");
  const vcpus = get("vcpu.current", "vcpu.maximum") || 1;
  const used = get("balloon.available") - get("balloon.usable", "balloon.unused");
  const activeKib = used >= 0 ? used : get("balloon.rss");
  const demand = demandOf(looks, vcpus);
  builder.vms.set(name, {
    name,
    host: "",
    vcpus,
    memoryMib: memoryKib / 1024,
    isOn: !(get("state.state") > 4),
    gpus: 0,
    cpu: {},
    memory: {},
    ...(activeKib >= 0 ? { activeMib: Math.min(activeKib, memoryKib) / 1024 } : {}),
    ...(demand === undefined ? {} : { cpuDemand: demand }),
    labels: {},
  });
}

/** CPU time over time between the first and the last look; undefined: one look, or no times. */
function demandOf(looks: readonly Look[], vcpus: number): number | undefined {
  const [first, last] = [looks[0]!.values, looks.at(-1)!.values];
  const seconds = last.get("balloon.last-update")! - first.get("balloon.last-update")!;
  const ns = last.get("cpu.time")! - first.get("cpu.time")!;
  return seconds > 0 && ns >= 0 ? Math.min(1, ns / 1e9 / seconds / vcpus) : undefined;
}

function table(builder: EstateBuilder): RowReader {
  let at = { name: 0, maximum: 0, available: 0, usable: 0, unused: 0, rss: 0, vcpus: 0 };
  return {
    columns(columns: Columns): void {
      at = {
        name: columns.need("domain"),
        maximum: columns.need("balloon_maximum_kib"),
        available: columns.find("balloon_available_kib"),
        usable: columns.find("balloon_usable_kib"),
        unused: columns.find("balloon_unused_kib"),
        rss: columns.find("balloon_rss_kib"),
        vcpus: columns.need("vcpus"),
      };
    },
    row(row: Row): void {
      const name = row.named(at.name, "the name of a domain");
      if (builder.vms.has(name)) row.fail(at.name, "each domain once");
      row.within(at.maximum, 1, Number.POSITIVE_INFINITY, { what: "memory in KiB" });
      row.within(at.vcpus, 1, 4096, { what: "a number of vCPUs" });
      const values = new Map<string, number>();
      const keys = {
        maximum: "maximum",
        available: "available",
        usable: "usable",
        unused: "unused",
        rss: "rss",
      } as const;
      for (const [key, as] of Object.entries(keys)) {
        const column = at[key as keyof typeof keys];
        if (column >= 0 && !row.isEmpty(column)) values.set(`balloon.${as}`, row.number(column));
      }
      values.set("vcpu.current", row.number(at.vcpus));
      add(builder, name, [{ line: row.line, values }]);
    },
  };
}
