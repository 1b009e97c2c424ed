/** Demand of virtual machines over time: the table, and readers of the traces it comes from. */
export { checkDemand, type DemandTable, type DemandVm } from "./demand-table.ts";
