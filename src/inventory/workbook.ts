/** RVTools' workbook (.xlsx): its tabs, read by the readers of the CSV files. */
import { BadRow, Columns, loadPackage, ValueRow } from "../demand/index.ts";
import { TraceError } from "../trace/index.ts";
import type { EstateBuilder } from "./estate.ts";
import type { DocumentFile, InventoryFormat } from "./format.ts";
import { rvtools, tabOf } from "./rvtools.ts";

type Sheet = { readonly sheet: string; readonly data: readonly (readonly unknown[])[] };
interface ExcelReader {
  readonly default: (file: Blob) => Promise<readonly Sheet[]>;
}

/** Tabs in the order in which they are read: those that amend VMs come behind them. */
const ORDER = ["vInfo", "vHost", "vCPU", "vMemory", "vRP", "vCluster"];

export const workbook: InventoryFormat = {
  name: "rvtools-xlsx",
  about: "RVTools workbook (.xlsx)",
  parts: [{ name: "workbook", isDocument: true, matches: ({ binary }) => binary === "zip" }],
  document: readWorkbook,
};

async function readWorkbook(builder: EstateBuilder, document: DocumentFile): Promise<number> {
  const { file, bytes, packages } = document;
  const reader = await loadPackage<ExcelReader>("read-excel-file/universal", "xlsx", packages);
  let sheets: readonly Sheet[];
  try {
    sheets = await reader.default(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  } catch (fault) {
    const got = fault instanceof Error ? fault.message : String(fault);
    throw new TraceError({ file, expected: "a sound workbook (.xlsx)", got });
  }
  const known = sheets.flatMap(({ sheet, data }) => {
    const tab = tabOf((data[0] ?? []).map((cell) => String(cell ?? "")));
    return tab === undefined ? [] : [{ tab, sheet, data }];
  });
  const tabs = ORDER.flatMap((tab) => known.find((one) => one.tab === tab) ?? []);
  if (!tabs.some(({ tab }) => tab === "vInfo") && !tabs.some(({ tab }) => tab === "vHost")) {
    const got = sheets.map(({ sheet }) => sheet).join(", ") || "no sheet";
    throw new TraceError({ file, expected: "a workbook of RVTools, with the tabs vInfo and vHost", got });
  }
  let rows = 0;
  for (const { tab, sheet, data } of tabs) rows += readTab(builder, document, { tab, sheet, data });
  return rows;
}

function readTab(
  builder: EstateBuilder,
  document: DocumentFile,
  { tab, sheet, data }: Sheet & { readonly tab: string },
): number {
  const [header = [], ...rows] = data;
  const names = header.map((cell) => String(cell ?? ""));
  const head = { lines: [""] } as never;
  const reader = rvtools.reader!(tab, builder, { head, file: document.file });
  const place = (line: number, fault: BadRow): TraceError =>
    new TraceError({
      file: `${document.file}[${sheet}]`,
      line,
      column: fault.column,
      expected: fault.expected,
      got: fault.got,
    });
  const row = new ValueRow();
  try {
    reader.columns(new Columns(names));
  } catch (fault) {
    throw fault instanceof BadRow ? place(1, fault) : fault;
  }
  let count = 0;
  for (const [at, values] of rows.entries()) {
    if (values.every((value) => value === null || value === undefined || value === "")) continue;
    count += 1;
    row.line = at + 2;
    row.values = values;
    try {
      reader.row(row);
    } catch (fault) {
      if (!(fault instanceof BadRow)) throw fault;
      if (!document.lenient) throw place(row.line, fault);
      document.skip(row.line, fault.expected, fault.got);
    }
  }
  return count;
}
