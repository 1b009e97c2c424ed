/**
 * Arrivals and lifetimes, as made of Azure's V1 trace:
 *
 *   t_s,batch,flavour,lifetime      flavour,vcpu,mem_gb      bin,duration_lo_s,duration_hi_s
 *   1800000,0,m,U1                  m,8,14                   1,300,300
 *
 * `U4`: ended in bin 4 of lifetimes, whose middle counts; `C4`: was still running then, and stays to the end of the trace.
 * Nothing says what a VM used: its demand is assumed.
 */
import type { DemandBuilder } from "./demand-builder.ts";
import type { FormatOptions } from "./format.ts";
import type { Columns, Row } from "./row.ts";
import type { RowReader } from "./scan.ts";

/** Assumed CPU of a VM that nothing is known of: about what public traces have on average. */
export const ASSUMED_CPU = 0.2;
const STEP_S = 300;
const INFINITY = Number.POSITIVE_INFINITY;

export interface Flavours {
  readonly sizes: Map<string, { readonly vcpus: number; readonly memoryMib: number }>;
  /** Seconds by bin. */
  readonly lifetimes: Map<string, number>;
  /** VMs whose end is not known. */
  readonly open: { readonly vm: number; readonly startS: number }[];
  endS: number;
}

export function newFlavours(): Flavours {
  return { sizes: new Map(), lifetimes: new Map(), open: [], endS: 0 };
}

export function flavours({ sizes }: Flavours): RowReader {
  return {
    columns(): void {},
    row(row: Row): void {
      const name = row.named(0, "the name of a flavour");
      const vcpus = row.within(1, 1, 4096, { what: "a number of vCPUs" });
      const gigabytes = row.within(2, 0, INFINITY, { what: "memory in GB" });
      sizes.set(name, { vcpus, memoryMib: gigabytes * 1024 });
    },
  };
}

export function bins({ lifetimes }: Flavours): RowReader {
  return {
    columns(): void {},
    row(row: Row): void {
      const least = row.within(1, 0, INFINITY, { what: "a time in s" });
      const most = row.within(2, least, INFINITY, { what: "a time in s" });
      lifetimes.set(row.named(0, "the number of a bin"), Math.max(STEP_S, (least + most) / 2));
    },
  };
}

export function arrivals(builder: DemandBuilder, chosen: Flavours, options: FormatOptions): RowReader {
  let at = { time: 0, batch: 1, flavour: 2, lifetime: 3 };
  return {
    columns(columns: Columns): void {
      at = {
        time: columns.need("t_s"),
        batch: columns.need("batch"),
        flavour: columns.need("flavour"),
        lifetime: columns.need("lifetime"),
      };
    },
    row(row: Row): void {
      const startS = row.within(at.time, 0, INFINITY, { what: "a time in s" });
      const flavour = row.named(at.flavour, "the name of a flavour");
      const size = chosen.sizes.get(flavour);
      if (size === undefined) row.fail(at.flavour, `a flavour of the list of flavours`, flavour);
      const [, kind, bin = ""] = /^([UC])(\d+)$/.exec(row.text(at.lifetime)) ?? [];
      const lifetime = chosen.lifetimes.get(bin);
      if (kind === undefined || lifetime === undefined)
        row.fail(at.lifetime, "U or C and the number of a bin of lifetimes");
      const vm = builder.row(`vm${row.line - 1}`);
      if (vm < 0) return;
      builder.size(vm, { ...size!, extra: { flavour, batch: row.text(at.batch) } });
      builder.assume(vm, options.assumedCpu ?? ASSUMED_CPU);
      chosen.endS = Math.max(chosen.endS, startS + STEP_S);
      if (kind === "C") chosen.open.push({ vm, startS });
      else builder.span(vm, startS, startS + lifetime!);
    },
    end(): void {
      for (const { vm, startS } of chosen.open) builder.span(vm, startS, chosen.endS);
      chosen.open.length = 0;
    },
  };
}
