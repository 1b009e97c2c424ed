/** Inventories: what hosts and VMs there are, as tools list them; and scenarios made of them and of traces. */
export type { Estate, EstateCluster, EstateControls, EstateHost, EstatePool, EstateVm } from "./estate.ts";
export { estateTables } from "./estate-tables.ts";
export { INVENTORY_FORMATS } from "./formats.ts";
export { IMPORT_FORMATS, type Imported, type ImportOptions, importFiles, scenarioYaml } from "./import.ts";
export { type ReadEstateOptions, readEstate } from "./read-estate.ts";
