/**
 * ballast: a simulator of how virtual machines share physical ones.
 *
 * The whole: `simulate(await loadScenario("host.yaml"))`. The parts, each usable alone: `createWorld`, `hashPages`,
 * `sharePages`, the report writers, the policies.
 */
export { loadCluster } from "./cluster/load-cluster.ts";
export {
  type SimulateClusterOptions,
  scenarioPolicy,
  simulateCluster,
  simulateColumns,
} from "./cluster/simulate-cluster.ts";
export type { ClusterSpec } from "./cluster/spec.ts";
export { type EntitlementNode, type EntitlementPool, entitlements } from "./controls/entitlements.ts";
export { type HostSize, type HostSizeOptions, hostSize, type SizedVm } from "./controls/host-size.ts";
export { type Division, divideMemory, type MemoryNodes } from "./controls/memory-division.ts";
export { minFreeBytes } from "./controls/memory-states.ts";
export { createEntitlementSolver, EntitlementSolver, type NodeControls } from "./controls/solver.ts";
export { CoreAbort } from "./core/abort.ts";
export type { Columns } from "./core/layout.ts";
export { type CoreBuild, type CoreSource, loadCore } from "./core/module.ts";
export { SnapshotError } from "./core/snapshot.ts";
export {
  checkDemand,
  DEMAND_FORMATS,
  type DemandFile,
  type DemandFormatName,
  type DemandTable,
  type DemandVm,
  demandCsvLines,
  type FileOrder,
  MissingPackageError,
  orderDemand,
  type Packages,
  type ReadDemandOptions,
  type ReadDemandProgress,
  readDemand,
} from "./demand/index.ts";
export { type FaultsReportOptions, faultsReport } from "./faults/faults-report.ts";
export { type LruCurve, lruCurve } from "./faults/lru.ts";
export {
  REPLACEMENT_POLICIES,
  type ReplacementFaults,
  type ReplacementOptions,
  type ReplacementPolicy,
  replacementFaults,
} from "./faults/replacement.ts";
export {
  type FaultsResult,
  type FaultsTrace,
  type RunFaultsOptions,
  type RunFaultsProgress,
  runFaults,
} from "./faults/run-faults.ts";
export { ImageError } from "./image/index.ts";
export {
  type Estate,
  type EstateCluster,
  type EstateControls,
  type EstateHost,
  type EstatePool,
  type EstateVm,
  estateTables,
  IMPORT_FORMATS,
  type Imported,
  type ImportOptions,
  INVENTORY_FORMATS,
  importFiles,
  type ReadEstateOptions,
  readEstate,
  scenarioYaml,
} from "./inventory/index.ts";
export * from "./migrate/index.ts";
export { migrateByPage, type PageModePlan, type PagePlan } from "./moving/by-page.ts";
export type { PagesCompressed } from "./pages/compressed.ts";
export { hashPages } from "./pages/hasher.ts";
export { pagesReport } from "./pages/pages-report.ts";
export { type RunPagesProgress, runPages } from "./pages/run-pages.ts";
export {
  type PagesFile,
  type PagesResult,
  type PagesTotal,
  type ShareImage,
  type ShareOptions,
  sharePages,
} from "./pages/share-pages.ts";
export { TallyFullError } from "./pages/tally.ts";
export { checkRules } from "./place/check-rules.ts";
export { readTable, type Table } from "./place/csv.ts";
export type { ExactOptions, ExactResult } from "./place/exact.ts";
export { HEURISTIC_NAMES, type HeuristicName } from "./place/heuristics.ts";
export type { HighsOptions } from "./place/highs.ts";
export {
  type Inventory,
  type InventoryOptions,
  namesOf,
  placementCsv,
  readInventory,
} from "./place/inventory.ts";
export { joinTypes } from "./place/join-types.ts";
export { type LowerBound, lowerBound } from "./place/lower-bound.ts";
export {
  createPacker,
  type Packer,
  type Packing,
  type PackOptions,
  packVectors,
} from "./place/pack-vectors.ts";
export {
  addExact,
  type HeuristicResult,
  type Placed,
  type PlaceOptions,
  type PlaceResult,
  placeProblem,
} from "./place/place.ts";
export { PlaceError, type PlaceFault } from "./place/place-error.ts";
export { type PlaceExactOptions, placeExact } from "./place/place-exact.ts";
export { bestOf, type PlaceNames, type PlacePalette, placeReport } from "./place/place-report.ts";
export { type Bins, type Problem, readProblem, type Vector } from "./place/problem.ts";
export { type Instance, type InstanceFormat, readInstances } from "./place/read-instance.ts";
export { readRules } from "./place/read-rules.ts";
export { type ReassignOptions, reassign } from "./place/reassign.ts";
export { type Reassignment, readAssignment, readReassignment } from "./place/reassignment.ts";
export { type ReassignmentCost, reassignmentCost } from "./place/reassignment-cost.ts";
export type {
  AffinityRule,
  AntiAffinityRule,
  BanRule,
  HostRule,
  PlaceRules,
  QuotaRule,
  RequestRule,
  RuleNames,
  TimeRule,
} from "./place/rules.ts";
export { whyUnplaced } from "./place/why-unplaced.ts";
export { type ConsolidationOptions, consolidation } from "./policy/balance/consolidation.ts";
export { BALANCE_POLICIES, balancePolicyOf } from "./policy/balance/names.ts";
export type { BalancePolicy, BalanceView, Move, PowerUse } from "./policy/balance/policy.ts";
export { followLoad, noPowerManagement, stayPut } from "./policy/balance/unmanaged.ts";
export { fixed } from "./policy/cpu/fixed.ts";
export { type LatencyBoundOptions, latencyBound } from "./policy/cpu/latency-bound.ts";
export { CPU_POLICIES, type CpuPolicyFactory } from "./policy/cpu/names.ts";
export type { CpuPolicyOptions } from "./policy/cpu/options.ts";
export { type P99TargetOptions, p99Target } from "./policy/cpu/p99-target.ts";
export type { CpuPolicy, CpuTargets, CpuView } from "./policy/cpu/policy.ts";
export { strictPriority } from "./policy/cpu/strict-priority.ts";
export { fixedRate } from "./policy/memory/fixed-rate.ts";
export { followWrites } from "./policy/memory/follow-writes.ts";
export { type MinFundingOptions, minFunding } from "./policy/memory/min-funding.ts";
export { MEMORY_POLICIES } from "./policy/memory/names.ts";
export type { MemoryPolicy, MemoryTargets, MemoryView } from "./policy/memory/policy.ts";
export { scanTime } from "./policy/memory/scan-time.ts";
export { PolicyError, PolicyOptionError, UnknownPolicyError } from "./policy/policy-error.ts";
export { clusterCsvLines } from "./report/cluster-csv.ts";
export type * from "./report/cluster-result.ts";
export { seriesCsv, seriesCsvLines } from "./report/csv.ts";
export { esxtopCsv, esxtopCsvLines } from "./report/esxtop.ts";
export { type ReportHtmlOptions, reportHtml } from "./report/html.ts";
export { clusterHtml } from "./report/html-cluster.ts";
export { resultJson } from "./report/json.ts";
export { progressLine } from "./report/progress.ts";
export type * from "./report/result.ts";
export { type ReportTextOptions, reportText } from "./report/text.ts";
export { clusterText } from "./report/text-cluster.ts";
export { timelinePerfetto } from "./report/timeline-perfetto.ts";
export { type TimelineTextOptions, timelineText } from "./report/timeline-text.ts";
export {
  type AblationResult,
  EXPERIMENTS,
  type Experiment,
  type Findings,
  type Line,
  migrationHtml,
  type Plot,
  type Point,
  type Reproduction,
  type Row,
  reproduce,
  reproductionHtml,
  type Sure,
  tableText,
} from "./reproduce/index.ts";
export {
  checkPlanetlabPolicy,
  type PlanetlabOptions,
  type PlanetlabResult,
  planetlab,
} from "./reproduce/planetlab/planetlab.ts";
export {
  orderPlanetlab,
  type PlanetlabOrder,
  type PlanetlabVm,
  parsePlanetlabCsv,
  parsePlanetlabFile,
} from "./reproduce/planetlab/trace.ts";
export * from "./scenario/index.ts";
export { nearest } from "./scenario/nearest.ts";
export { loadScenario } from "./sim/load-scenario.ts";
export type { Message } from "./sim/message.ts";
export { type RecordDirtyOptions, recordDirty } from "./sim/record-dirty.ts";
export {
  cpuPolicyOf,
  memoryPolicyOf,
  type Progress,
  type SimulateOptions,
  simulate,
} from "./sim/simulate.ts";
export { createWorld, type Stop, type World, type WorldOptions } from "./sim/world.ts";
export {
  type PageTrace,
  pageTraceOf,
  type ReadTraceOptions,
  type ReadTraceProgress,
  readPageTrace,
  type SkippedLine,
  TRACE_FORMATS,
  TraceError,
  type TraceFile,
  type TraceFormat,
  type TraceSource,
  type WideEncoding,
  wideEncoding,
} from "./trace/index.ts";
export * from "./translate/index.ts";
export { MODEL, VERSION } from "./version.ts";
