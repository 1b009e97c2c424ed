/** Replacement policies on page reference traces. */
export { type FaultsReportOptions, faultsReport } from "./faults-report.ts";
export { type LruCurve, lruCurve } from "./lru.ts";
export type { FaultCounts } from "./policy.ts";
export {
  REPLACEMENT_POLICIES,
  type ReplacementFaults,
  type ReplacementOptions,
  type ReplacementPolicy,
  replacementFaults,
  usualFrames,
} from "./replacement.ts";
export {
  type FaultsResult,
  type FaultsTrace,
  type RunFaultsOptions,
  type RunFaultsProgress,
  runFaults,
} from "./run-faults.ts";
