/** Moving a machine, planned: rounds, bytes, downtime, for every published form. */

export { announcementsOf, type NetworkPlan } from "./announce.ts";
export {
  type Compatibility,
  checkCompatibility,
  type HostOffer,
  type Incompatibility,
  type VmNeeds,
} from "./compatibility.ts";
export {
  type MigrationColumns,
  type MigrationCost,
  type MigrationQuestion,
  migrationCores,
  migrationCost,
  migrationCosts,
} from "./cost.ts";
export { nextSleepUs } from "./dirty-limit.ts";
export { distinctPages, replay } from "./dirty-replay.ts";
export { type DirtySample, type DirtySeries, parseDirtySeries } from "./dirty-series.ts";
export type { CurveBand } from "./dirty-table.ts";
export type { CurvePoint, Dirtying, WaitingSet } from "./dirtying.ts";
export { MigrationError, type MigrationFault, migrationFaultText } from "./fault.ts";
export { formatBits } from "./format-bits.ts";
export type { GuestPlan, Tracking } from "./guest.ts";
export { dirtyingBand, type HypervisorFacts, parseHypervisorText, withFacts } from "./hypervisor-text.ts";
export { maxMinFair } from "./max-min.ts";
export {
  linkReport,
  type MigratePalette,
  migrateReport,
  migrationNotes,
  modeCells,
  roundCells,
  solvedReport,
  sweepReport,
  workingSetReport,
} from "./migrate-report.ts";
export type * from "./migration.ts";
export {
  type Failure,
  type MigrationOutcome,
  migrationFate,
  outcomeOf,
  type Phase,
  type PhaseName,
  type VmFate,
} from "./phases.ts";
export { planMigration } from "./plan.ts";
export { type DirtyTrace, dirtyTraceOf, type ReadDirtyOptions, readDirtyTrace } from "./read-dirty.ts";
export { type SolvedMigration, solveMigration } from "./solve.ts";
export { type StoragePlan, storageSeconds } from "./storage.ts";
export { type SweepStep, sweepMigration } from "./sweep.ts";
export { planPerfetto, type TimelineStretch, timelineOf } from "./timeline.ts";
export {
  type LinkOptions,
  type LinkPlan,
  planMigrations,
  type TogetherOptions,
  type TogetherPlan,
} from "./together.ts";
export {
  curveOf,
  type PredictedDowntime,
  predictDowntimes,
  type Spread,
  type WindowPages,
  type WorkingSetResult,
  windowPages,
  workingSetOf,
} from "./writable-working-set.ts";
export { decodeXbzrle, encodeXbzrle, XbzrleError } from "./xbzrle.ts";
