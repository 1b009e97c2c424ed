/**
 * ballast's own table of demand: what `ballast import` writes where only a part of a trace is wanted.
 *
 *   vm,vcpus,mhz,memory_mib,metric,t0,t300,…
 *   web,2,2600,4096,cpu,0.125,0.25,…            parts of vcpus × mhz; empty where the VM is not there
 *   web,2,2600,4096,memory,0.5,0.5,…            active part of its memory
 *
 * The step is the difference of the first two times; one step alone is 300 s.
 */
import type { DemandBuilder } from "./demand-builder.ts";
import type { DemandTable } from "./demand-table.ts";
import { type DemandFormat, type FormatRun, hasColumns } from "./format.ts";
import type { Columns, Row } from "./row.ts";
import type { RowReader } from "./scan.ts";

const INFINITY = Number.POSITIVE_INFINITY;
const STEP_S = 300;
const VALUES_AT = 5;
const DIGITS = 6;

export const own: DemandFormat = {
  name: "ballast",
  about: "ballast's own table: vm,vcpus,mhz,memory_mib,metric,t0,t300,…",
  builder: { stepS: STEP_S, cpuIn: "part", memoryIn: "part" },
  parts: [
    { name: "table", matches: (head) => hasColumns(head, "vm", "vcpus", "memory_mib", "metric", "t0") },
  ],
  begin: (builder, { stepS }): FormatRun => ({ reader: () => table(builder, stepS) }),
};

function table(builder: DemandBuilder, asked: number | undefined): RowReader {
  let count = 0;
  let stepS = STEP_S;
  const seen = new Map<string, number>();
  return {
    columns(columns: Columns): void {
      count = columns.names.length;
      const second = /^t(\d+(?:\.\d+)?)$/.exec(columns.names[VALUES_AT + 1] ?? "")?.[1];
      stepS = Number(second ?? STEP_S);
      if (asked === undefined) builder.setStep(stepS);
    },
    row(row: Row): void {
      const id = row.named(0, "the name of a VM");
      const metric = row.text(4);
      if (metric !== "cpu" && metric !== "memory") row.fail(4, "cpu or memory");
      const before = seen.get(`${metric} ${id}`);
      if (before !== undefined) row.fail(0, "each VM once", `${id}, which line ${before} has too`);
      seen.set(`${metric} ${id}`, row.line);
      if (row.count !== count) row.fail(row.count - 1, `${count} fields, as in the header`, `${row.count}`);
      const vm = builder.row(id);
      if (vm < 0) return;
      builder.size(vm, {
        vcpus: row.within(1, 0, INFINITY, { what: "a number of vCPUs" }),
        mhz: row.within(2, 0, INFINITY, { what: "MHz, 0 unknown" }),
        memoryMib: row.within(3, 0, INFINITY, { what: "MiB, 0 unknown" }),
      });
      for (let at = VALUES_AT; at < count; at += 1) {
        if (row.isEmpty(at)) continue;
        const part = row.within(at, 0, 1, { what: "a part" });
        const timeS = (at - VALUES_AT) * stepS;
        builder.addCell(
          vm,
          timeS,
          metric === "cpu" ? part : Number.NaN,
          metric === "cpu" ? Number.NaN : part,
        );
      }
    },
  };
}

/** A table as lines of the file, each with its `\n`. */
export function* demandCsvLines({ stepNs, steps, vms, cpu, memory }: DemandTable): Generator<string> {
  const stepS = stepNs / 1e9;
  const times = Array.from({ length: steps }, (_, step) => `t${Math.round(step * stepS * 1e3) / 1e3}`);
  yield `vm,vcpus,mhz,memory_mib,metric,${times.join(",")}\n`;
  for (const [row, { id, vcpus, mhz, memoryMib }] of vms.entries()) {
    const name = /[",;\t\r\n]/.test(id) ? `"${id.replaceAll('"', '""')}"` : id;
    for (const [metric, values] of [
      ["cpu", cpu] as const,
      ...(memory ? [["memory", memory] as const] : []),
    ]) {
      const cells = Array.from({ length: steps }, (_, step) => written(values[row * steps + step]!));
      yield `${[name, vcpus, mhz, memoryMib, metric, ...cells].join(",")}\n`;
    }
  }
}

function written(value: number): string {
  return Number.isNaN(value) ? "" : String(Number(value.toPrecision(DIGITS)));
}
