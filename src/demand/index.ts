/** Demand of virtual machines over time: the table, and readers of the traces it comes from. */
export { checkDemand, type DemandTable, type DemandVm } from "./demand-table.ts";
export { DEMAND_FORMATS, type DemandFormatName } from "./formats.ts";
export { MissingPackageError, type Packages } from "./packages.ts";
export {
  type DemandFile,
  orderDemand,
  type ReadDemandOptions,
  type ReadDemandProgress,
  readDemand,
} from "./read-demand.ts";
export type { FileOrder } from "./sources.ts";
