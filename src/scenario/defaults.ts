/**
 * What fills the gaps of a scenario, with its origin. `ballast run --explain` prints from here.
 *
 * Tags as in the fact sheets: S seen in the source, K own knowledge, ? unsure. "ballast" marks a choice of this project
 * that models nobody's product.
 */
import { cpuDefaults } from "./cpu-defaults.ts";
import type { Profile, SharingSpec } from "./types.ts";

/** A value and who says so. */
export interface Default<Value> {
  readonly value: Value;
  readonly origin: string;
}

const ours = "ballast";
const esx2Guide = "ESX Server 2.x Administration Guide [S]";
const esx6Settings = "ESXi 6.x advanced settings, vSphere Resource Management [S]";
const paper = "Waldspurger, OSDI 2002 [K]";

/** How a memory policy shares unless told otherwise. */
export interface SharingDefaults {
  readonly ratePerSecond: Default<number | undefined>;
  readonly ratePerGhz: Default<number | undefined>;
  readonly vmRatePerSecond: Default<number | undefined>;
  readonly scanTimeNs: Default<number>;
}

const fixedRate: SharingDefaults = {
  ratePerSecond: { value: 200, origin: esx2Guide },
  ratePerGhz: { value: undefined, origin: esx2Guide },
  vmRatePerSecond: { value: 50, origin: esx2Guide },
  scanTimeNs: { value: 3_600_000_000_000, origin: `${esx6Settings}; only scan-time reads it` },
};

const scanTime: SharingDefaults = {
  ratePerSecond: { value: undefined, origin: esx6Settings },
  // Mem.ShareScanGHz: 4 MB of pages a second for each GHz of the host.
  ratePerGhz: { value: 1024, origin: `Mem.ShareScanGHz 4 MB/s, ${esx6Settings}` },
  vmRatePerSecond: { value: 1024, origin: `Mem.ShareRateMax, ${esx6Settings}` },
  scanTimeNs: { value: 3_600_000_000_000, origin: `Mem.ShareScanTime, ${esx6Settings}` },
};

/** Generation of the product: its policy, how that shares, and its salting. */
export interface ProfileDefaults {
  readonly policy: Default<string>;
  /** Key of `sharing` for policies that share in no way of their own. */
  readonly sharing: "fixed-rate" | "scan-time";
  readonly salting: Default<SharingSpec["salting"]>;
}

const minFunding = { value: "min-funding", origin: paper };

const profiles: Readonly<Record<Profile, ProfileDefaults>> = {
  esx2: {
    policy: minFunding,
    sharing: "fixed-rate",
    salting: { value: "none", origin: "before salting [K]" },
  },
  esx4: {
    policy: minFunding,
    sharing: "scan-time",
    salting: { value: "none", origin: "before salting [K]" },
  },
  esx6: {
    policy: minFunding,
    sharing: "scan-time",
    salting: { value: "vm", origin: `Mem.ShareForceSalting 2, ${esx6Settings}` },
  },
};

/** Every default of a scenario. */
export const scenarioDefaults = {
  seed: { value: 1, origin: ours },
  durationNs: { value: 60_000_000_000, origin: ours },
  resolution: { value: "page", origin: ours },
  profile: { value: "esx2", origin: ours },
  content: { value: "auto", origin: ours },
  host: {
    sockets: { value: 1, origin: ours },
    cores: { value: 1, origin: ours },
    threads: { value: 1, origin: ours },
    mhz: { value: 2000, origin: ours },
    nodes: { value: 1, origin: ours },
  },
  vm: {
    vcpus: { value: 1, origin: ours },
    imageForm: { value: "auto", origin: ours },
  },
  stream: {
    writesPpm: { value: 0, origin: ours },
    firstPage: { value: 0, origin: ours },
    exponent: { value: 0.99, origin: "YCSB's zipfian constant [K]" },
    hotPagesPpm: { value: 100_000, origin: ours },
    hotAccessesPpm: { value: 900_000, origin: ours },
    contentZeroPpm: { value: 0, origin: ours },
    contentCommonPpm: { value: 0, origin: ours },
    contentSamePpm: { value: 0, origin: ours },
    startNs: { value: 0, origin: ours },
  },
  policy: {
    everyNs: { value: 15_000_000_000, origin: `Mem.BalancePeriod, ${esx2Guide}` },
    algorithm: { value: "hints", origin: paper },
    order: { value: "random", origin: paper },
    hashBits: { value: 64, origin: paper },
  },
  profiles,
  cpu: cpuDefaults,
  /** By memory policy; a policy that is not named here shares as its profile's does. */
  sharing: { "fixed-rate": fixedRate, "scan-time": scanTime, "follow-writes": fixedRate } as Readonly<
    Record<string, SharingDefaults>
  >,
} as const;

/** Names of the memory policies that scenarios may give. */
export const memoryPolicyNames: readonly string[] = ["min-funding", ...Object.keys(scenarioDefaults.sharing)];

/** Most hosts and most VMs after `count` is expanded. */
export const rowsMax = 100_000;
/** Most times that a policy decides in a run. */
export const epochsMax = 1_000_000;
/** Most samples of a series. */
export const samplesMax = 1_000_000;

/** What `policy` shares with under `profile`. */
export function sharingDefaults(profile: Profile, policy: string): SharingDefaults {
  const { sharing } = scenarioDefaults;
  const own = Object.hasOwn(sharing, policy) ? sharing[policy] : undefined;
  return own ?? sharing[profiles[profile].sharing]!;
}
