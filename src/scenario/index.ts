/** The scenario room: words to numbers. What it exports is public. */

export { hostMhz } from "./capacity.ts";
export type { ClusterInput } from "./cluster-schema.ts";
export type {
  ClusterColumns,
  ClusterEvent,
  ClusterHosts,
  ClusterPool,
  ClusterVms,
  MoveModel,
} from "./cluster-spec.ts";
export type { ClusterScenario, DemandInput } from "./cluster-types.ts";
export { cpuPolicyNames, powerTables } from "./cpu-defaults.ts";
export {
  type Default,
  memoryPolicyNames,
  type SharingDefaults,
  scenarioDefaults,
  sharingDefaults,
} from "./defaults.ts";
export { scenarioDigest } from "./digest.ts";
export type { ExplainRow } from "./explain.ts";
export { type Fault, formatFaults, ScenarioError } from "./fault.ts";
export * from "./format.ts";
export { clusterJsonSchema, scenarioJsonSchema } from "./json-schema.ts";
export type { EventInput } from "./live-event.ts";
export type { LoadOptions } from "./load.ts";
export {
  explainDefaults,
  type ParseOptions,
  parseScenario,
  resolveScenario,
  withOverrides,
} from "./parse.ts";
export { type ClusterParseOptions, parseCluster, resolveClusterScenario } from "./parse-cluster.ts";
export { type ImagePreset, imagePresets, type PresetStream, workloadPresets } from "./presets.ts";
export { isClusterFile } from "./resolution.ts";
export { hostScanRate } from "./resolve.ts";
export type { ScenarioInput } from "./schema.ts";
export { setPath } from "./set-path.ts";
export type * from "./types.ts";
export {
  parseBitsPerSecond,
  parseBytes,
  parseMhz,
  parseNs,
  parsePages,
  parsePerSecond,
  parsePpm,
} from "./units.ts";
