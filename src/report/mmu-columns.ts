/** The columns of the table of address translation, once for every way to print it. */
import type { Column } from "./columns.ts";
import { formatCount, formatDuration, formatTenths } from "./format.ts";
import type { MmuCounts, Result } from "./result.ts";

export interface MmuRow {
  readonly name: string;
  readonly timeNs: number;
  readonly mmu: MmuCounts;
}

/** A row for each VM whose addresses are translated, in the scenario's order. */
export function mmuRows(result: Result): MmuRow[] {
  return result.vms.flatMap(({ name, mmu, cpu }) =>
    mmu === undefined ? [] : [{ name, timeNs: cpu?.poweredNs ?? result.simulatedNs, mmu }],
  );
}

type Value = (row: MmuRow) => number;

const column = (
  title: string,
  rank: number,
  about: string,
  value: Value,
  format: (value: number) => string = formatCount,
): Column<MmuRow> => ({ title, about, kind: "number", value, format, rank });

const word = (title: string, about: string, value: (row: MmuRow) => string): Column<MmuRow> => ({
  title,
  about,
  kind: "name",
  value,
  rank: 0,
});

const each =
  (count: (mmu: MmuCounts) => number): Value =>
  ({ mmu }) =>
    mmu.accesses > 0 ? count(mmu) / mmu.accesses : Number.NaN;

/** Of address translation; counts that are zero in every row are left out. */
export function mmuColumns(rows: readonly MmuRow[]): readonly Column<MmuRow>[] {
  const columns = [
    word("vm", "Name of the VM.", ({ name }) => name),
    word("mode", "Whose tables the processor walks.", ({ mmu }) => mmu.mode),
    column("accesses", 2, "Accesses of its streams.", ({ mmu }) => mmu.accesses),
    column(
      "TLB misses %",
      0,
      "Accesses that no TLB served, of all.",
      (row) => 100 * each((mmu) => mmu.tlbMisses)(row),
      formatTenths,
    ),
    column("references", 3, "Page-table entries read by walks.", ({ mmu }) => mmu.references),
    column("exits", 1, "Times that the monitor took over.", ({ mmu }) => mmu.exits),
    column("hidden faults", 4, "Shadow entries filled.", ({ mmu }) => mmu.hiddenFaults),
    column("violations", 4, "Nested entries filled.", ({ mmu }) => mmu.violations),
    column("traced writes", 5, "Writes to traced page tables.", ({ mmu }) => mmu.traceFaults),
    column(
      "flushes",
      5,
      "TLB flushes because the host moved, shared or took pages.",
      ({ mmu }) => mmu.flushes,
    ),
    column(
      "cycles/access",
      1,
      "Cycles in translation for an access.",
      each((mmu) => mmu.cycles),
      formatTenths,
    ),
    column(
      "time",
      0,
      "In translation, charged to the guest.",
      ({ mmu }) => mmu.ns,
      (ns) => formatDuration(Math.round(ns)),
    ),
    column(
      "% of time",
      3,
      "The same, of the time it was on.",
      ({ mmu, timeNs }) => (100 * mmu.ns) / timeNs,
      formatTenths,
    ),
  ];
  const says = ({ value }: Column<MmuRow>, row: MmuRow): boolean => {
    const own = value(row);
    return typeof own === "string" || own !== 0;
  };
  return columns.filter((each_) => rows.some((row) => says(each_, row)));
}
