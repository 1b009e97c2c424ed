/** Moving a machine, planned: rounds, bytes, downtime, for every published form. */
export { MigrationError, type MigrationFault, migrationFaultText } from "./fault.ts";
export { type MigratePalette, migrateReport } from "./migrate-report.ts";
export type * from "./migration.ts";
export { planMigration } from "./plan.ts";
