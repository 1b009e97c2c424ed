/** Demand of virtual machines over time: the table, and readers of the traces it comes from. */

export { ASSUMED_CPU } from "./azure-arrivals.ts";
export { checkDemand, type DemandTable, type DemandVm } from "./demand-table.ts";
export { baseOf, type Head, hasColumns, hasNumbers, headOf, type TraceHost } from "./format.ts";
export { DEMAND_FORMATS, type DemandFormatName, demandFormat, sniffDemand } from "./formats.ts";
export { demandCsvLines } from "./own.ts";
export { loadPackage, MissingPackageError, type Packages } from "./packages.ts";
export {
  type DemandFile,
  orderDemand,
  type ReadDemandOptions,
  type ReadDemandProgress,
  readDemand,
  readLooked,
} from "./read-demand.ts";
export { BadRow, Columns, plainName, type Row, ValueRow } from "./row.ts";
export {
  type RowReader,
  type ScanOptions,
  type ScanTally,
  type SkippedRow,
  scanLines,
  shortened,
  skip,
} from "./scan.ts";
export { bytesOf } from "./source.ts";
export type { FileOrder } from "./sources.ts";
export { filesOf, type Looked, look } from "./sources.ts";
