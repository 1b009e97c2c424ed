/** From a checked scenario text to the scenario in base units: defaults filled in, counts expanded, VMs placed. */
import { scenarioDefaults, sharingDefaults } from "./defaults.ts";
import { joinPath } from "./paths.ts";
import { placeVms } from "./placement.ts";
import { imagePresets, workloadPresets } from "./presets.ts";
import { expandedNames } from "./rules.ts";
import type { ParsedScenario } from "./schema.ts";
import type {
  HostSpec,
  ImageSpec,
  MemoryPolicySpec,
  Profile,
  Scenario,
  SharingSpec,
  StreamSpec,
  VmSpec,
} from "./types.ts";

type ParsedVm = ParsedScenario["vms"][number];
type ParsedImage = NonNullable<ParsedVm["image"]>;
type ParsedStream = Exclude<NonNullable<ParsedVm["workload"]>, readonly unknown[]>;
type ParsedMemoryPolicy = NonNullable<ParsedScenario["policies"]>["memory"];
/** Sharing settings as a map. */
export type ParsedSharing = Exclude<
  NonNullable<Exclude<ParsedMemoryPolicy, string | undefined>["sharing"]>,
  false | "none"
>;

/** What the text does not say about itself. */
export interface Surroundings {
  /** Used where the scenario has no name. */
  readonly name: string;
  /** Folder that image files are relative to; empty: unknown. */
  readonly base: string;
}

const defaults = scenarioDefaults;

/**
 * Fills in everything; the scenario has passed schema and rules, so nothing can go wrong here.
 *
 * @param parsed  what the schema returned
 */
export function resolveParsed(parsed: ParsedScenario, { name, base }: Surroundings): Scenario {
  const profile = parsed.profile ?? defaults.profile.value;
  const hosts = parsed.hosts.flatMap(resolveHost);
  const every = parsed.series?.every;
  return {
    name: parsed.name ?? name,
    seed: parsed.seed ?? defaults.seed.value,
    durationNs: parsed.duration ?? defaults.durationNs.value,
    resolution: "page",
    profile,
    content: parsed.content ?? defaults.content.value,
    ...(every === undefined ? {} : { seriesEveryNs: every }),
    hosts,
    vms: resolveVms(parsed.vms, hosts, base),
    policies: { memory: resolveMemoryPolicy(parsed.policies?.memory, profile) },
  };
}

function resolveHost(host: ParsedScenario["hosts"][number]): HostSpec[] {
  const { sockets, cores, threads, mhz } = defaults.host;
  const spec = {
    memoryPages: host.memory,
    nodes: host.nodes ?? defaults.host.nodes.value,
    cpu: {
      sockets: host.cpu?.sockets ?? sockets.value,
      cores: host.cpu?.cores ?? cores.value,
      threads: host.cpu?.threads ?? threads.value,
      mhz: host.cpu?.mhz ?? mhz.value,
    },
  };
  return expandedNames(host.name, host.count).map((name) => ({ name, ...spec }));
}

function resolveVms(vms: readonly ParsedVm[], hosts: readonly HostSpec[], base: string): VmSpec[] {
  const hostRows = new Map(hosts.map(({ name }, row) => [name, row]));
  const rows = vms.flatMap((vm) => {
    const host = vm.host === undefined ? undefined : hostRows.get(vm.host)!;
    const image = vm.image === undefined ? undefined : resolveImage(vm.image, vm, base);
    const spec = {
      vcpus: vm.vcpus ?? defaults.vm.vcpus.value,
      memoryPages: vm.memory,
      ...(vm.salt === undefined ? {} : { salt: vm.salt }),
      ...(image === undefined ? {} : { image }),
      workload: resolveWorkload(vm),
    };
    return expandedNames(vm.name, vm.count).map((name) => ({ name, host, spec }));
  });
  const placed = placeVms(
    hosts.map(({ memoryPages }) => memoryPages),
    rows.map(({ host, spec }) => ({ pages: spec.memoryPages, host })),
  );
  return rows.map(({ name, spec }, row) => ({ name, host: placed[row]!, ...spec }));
}

/** The pool of a group that names none; no name of a group or preset can be the same by chance. */
export function ownPool(vmName: string): string {
  return `vms.${vmName}`;
}

function resolveImage(image: ParsedImage, vm: ParsedVm, base: string): ImageSpec {
  if (image.file !== undefined) {
    const form = image.form ?? defaults.vm.imageForm.value;
    // `{node}` stands for the Node executable, the one large file that every installation has.
    const path = image.file === "{node}" ? image.file : joinPath(base, image.file);
    return { kind: "file", path, form };
  }
  const parts = image.preset === undefined ? withRest(image) : imagePresets[image.preset]!;
  return {
    kind: "mix",
    ...parts,
    pool: image.pool ?? image.preset ?? ownPool(vm.name),
    pages: image.size ?? vm.memory,
  };
}

/** The one part left out takes the rest; rules.ts refuses two left out unless the third is all. */
function withRest({ zero, common, unique }: ParsedImage): {
  zeroPpm: number;
  commonPpm: number;
  uniquePpm: number;
} {
  const rest = 1e6 - (zero ?? 0) - (common ?? 0) - (unique ?? 0);
  const zeroPpm = zero ?? rest;
  const commonPpm = common ?? (zero === undefined ? 0 : rest);
  return { zeroPpm, commonPpm, uniquePpm: 1e6 - zeroPpm - commonPpm };
}

function resolveWorkload(vm: ParsedVm): StreamSpec[] {
  if (vm.workload === undefined) return [];
  const streams = Array.isArray(vm.workload) ? vm.workload : [vm.workload];
  return streams.flatMap((stream) =>
    stream.preset === undefined ? [ownStream(stream, vm)] : presetStreams(stream, vm),
  );
}

function span({ start, stop }: ParsedStream): { startNs: number; stopNs?: number } {
  return { startNs: start ?? defaults.stream.startNs.value, ...(stop === undefined ? {} : { stopNs: stop }) };
}

function ownStream(stream: ParsedStream, vm: ParsedVm): StreamSpec {
  const { stream: absent } = defaults;
  const firstPage = stream.offset ?? absent.firstPage.value;
  return {
    pattern: stream.pattern!,
    ratePerKs: stream.rate!,
    writesPpm: stream.writes ?? absent.writesPpm.value,
    firstPage,
    pages: stream.size ?? stream.pages ?? vm.memory - firstPage,
    exponent: stream.exponent ?? absent.exponent.value,
    hotPagesPpm: stream.hot?.pages ?? absent.hotPagesPpm.value,
    hotAccessesPpm: stream.hot?.accesses ?? absent.hotAccessesPpm.value,
    writesZeroPpm: stream.content?.zero ?? absent.contentZeroPpm.value,
    writesCommonPpm: stream.content?.common ?? absent.contentCommonPpm.value,
    writesSamePpm: stream.content?.same ?? absent.contentSamePpm.value,
    ...span(stream),
  };
}

/** Presets say whole percents, so that the product stays exact. */
function partOf(pages: number, ppm: number): number {
  return Math.floor((pages * (ppm / 10_000)) / 100);
}

function presetStreams(stream: ParsedStream, vm: ParsedVm): StreamSpec[] {
  const { stream: absent } = defaults;
  return workloadPresets[stream.preset!]!.map(({ pattern, ratePerKs, writesPpm, offsetPpm, sizePpm }) => {
    const firstPage = Math.min(vm.memory - 1, partOf(vm.memory, offsetPpm));
    return {
      pattern,
      ratePerKs,
      writesPpm,
      firstPage,
      pages: Math.min(vm.memory - firstPage, Math.max(1, partOf(vm.memory, sizePpm))),
      exponent: absent.exponent.value,
      hotPagesPpm: absent.hotPagesPpm.value,
      hotAccessesPpm: absent.hotAccessesPpm.value,
      writesZeroPpm: 0,
      writesCommonPpm: 0,
      writesSamePpm: 0,
      ...span(stream),
    };
  });
}

function resolveMemoryPolicy(given: ParsedMemoryPolicy, profile: Profile): MemoryPolicySpec {
  const { name, every, sharing } = typeof given === "object" ? given : { name: given };
  const policy = name ?? defaults.profiles[profile].policy.value;
  const isOff = sharing === false || sharing === "none";
  const written: ParsedSharing = typeof sharing === "object" ? sharing : {};
  return {
    name: policy,
    everyNs: every ?? defaults.policy.everyNs.value,
    sharing: resolveSharing(isOff ? { ...written, algorithm: "none" } : written, profile, policy),
  };
}

function resolveSharing(given: ParsedSharing, profile: Profile, policy: string): SharingSpec {
  const absent = sharingDefaults(profile, policy);
  // A limit for the host replaces the generation's limits altogether, or it would seldom be what holds.
  const isOwnRate = given.rate !== undefined || given.ratePerGhz !== undefined;
  const limit = (own: number | "none" | undefined, fallback: number | undefined): number | undefined => {
    if (own !== undefined) return own === "none" ? undefined : own;
    return isOwnRate ? undefined : fallback;
  };
  const ratePerGhz = limit(given.ratePerGhz, absent.ratePerGhz.value);
  return {
    algorithm: given.algorithm ?? defaults.policy.algorithm.value,
    ratePerSecond: limit(given.rate, absent.ratePerSecond.value),
    ...(ratePerGhz === undefined ? {} : { ratePerGhz }),
    vmRatePerSecond: limit(given.vmRate, absent.vmRatePerSecond.value),
    order: given.order ?? defaults.policy.order.value,
    hashBits: given.hashBits ?? defaults.policy.hashBits.value,
    salting: given.salting ?? defaults.profiles[profile].salting.value,
    scanTimeNs: given.scanTime ?? absent.scanTimeNs.value,
  };
}

/**
 * How fast a host's pages are scanned at most.
 *
 * @returns  whole pages per second, the lower of the fixed limit and the one by GHz; undefined: no limit
 */
export function hostScanRate(
  { cpu }: HostSpec,
  { ratePerSecond, ratePerGhz }: Pick<SharingSpec, "ratePerSecond" | "ratePerGhz">,
): number | undefined {
  if (ratePerGhz === undefined) return ratePerSecond;
  const byGhz = Math.max(1, Math.floor((ratePerGhz * cpu.sockets * cpu.cores * cpu.mhz) / 1000));
  return ratePerSecond === undefined ? byGhz : Math.min(ratePerSecond, byGhz);
}
