/** From a checked scenario text to the scenario in base units: defaults filled in, counts expanded, VMs placed. */
import type { Gathered } from "./added.ts";
import { capacityFindings } from "./capacity.ts";
import { cpuDefaults } from "./cpu-defaults.ts";
import { resolveControls, resolveCpu, resolveCpuPolicy, resolveHabits } from "./cpu-resolve.ts";
import { scenarioDefaults, sharingDefaults } from "./defaults.ts";
import { pluggedOf, resolveEvents, vcpusMaxOf } from "./event-resolve.ts";
import { osImage, resolveOs, withOwnRegions } from "./guest-resolve.ts";
import { asksForLarge, resolveLargePages } from "./large-pages.ts";
import { comersOf, rowsAdded } from "./life-resolve.ts";
import { memoryDefaults } from "./memory-defaults.ts";
import { resolvePoolControls, resolveReclaiming, resolveSwap, resolveVmMemory } from "./memory-resolve.ts";
import { mmuFindings } from "./mmu.ts";
import { resolveMoving } from "./move-resolve.ts";
import { expandedNames } from "./names.ts";
import type { PageTraceOf } from "./page-trace.ts";
import { joinPath } from "./paths.ts";
import { type OrderedPool, orderPools, placePools } from "./pool-resolve.ts";
import { imagePresets } from "./presets.ts";
import { emptyDraft, finishDraft, type Sink } from "./program.ts";
import type { ParsedScenario } from "./schema.ts";
import { resolveStreams } from "./stream-resolve.ts";
import type { TraceTexts } from "./trace.ts";
import type {
  HostSpec,
  ImageSpec,
  MemoryPolicySpec,
  PoolSpec,
  Profile,
  Scenario,
  SharingSpec,
  VmSpec,
} from "./types.ts";
import { resolveProgram } from "./work-resolve.ts";

type ParsedVm = ParsedScenario["vms"][number];
type ParsedImage = NonNullable<ParsedVm["image"]>;
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
  /** Texts of the traces that workloads name. */
  readonly traces: TraceTexts;
  readonly pageTraces: PageTraceOf;
}

const defaults = scenarioDefaults;

/**
 * Fills in everything. The scenario has passed schema and rules; what shows only now (programs, capacities) goes to the
 * sink, and the scenario is of no use if something did.
 *
 * @param parsed  what the schema returned
 * @param added   which of its VMs and pools come by an event
 */
export function resolveParsed(
  parsed: ParsedScenario,
  added: Gathered["added"],
  { name, ...around }: Surroundings,
  sink: Sink,
): Scenario {
  const profile = parsed.profile ?? defaults.profile.value;
  const hostPages = parsed.hosts.flatMap(({ name, count, memory }) =>
    expandedNames(name, count).map(() => memory),
  );
  const hostNames = parsed.hosts.flatMap(({ name, count }) => expandedNames(name, count));
  const hostOf = new Map(hostNames.map((host, row) => [host, row]));
  const order = orderPools(parsed.pools ?? []);
  const groups = groupsOf(parsed, order, hostOf);
  const rows = groups.flatMap((group) => group.names.map((name) => ({ ...group, name })));
  const vmOf = new Map(rows.map(({ name }, row) => [name, row]));
  const { vmHosts, poolHosts } = placePools(hostPages, rows, order, hostOf, comersOf(parsed, order, vmOf));
  const vmPages = rows.map(({ pages }) => pages);
  const hosts = hostsOf(parsed, vmOf, { vmHosts, vmPages });
  const pools = order.map((entry, row) => resolvePool(entry, poolHosts[row]!, hosts));
  const places = { vmOf, pools, hosts, vmHosts, vmPages, hostOf, rowsOf: rowsAdded(added, order, rows) };
  const events = resolveEvents(parsed.events ?? [], places);
  const most = vcpusMaxOf(events, vmHosts.length);
  const plugged = pluggedOf(rows, most);
  const specs = groups.map((one) => groupSpec(one, { ...around, sink, plugged: plugged[one.group]! }));
  for (const finding of mmuFindings(specs)) sink.finding(finding);
  const vms = rows.map(({ vm, group, name, pool }, row): VmSpec => {
    const host = vmHosts[row]!;
    const spec = withOwnRegions(specs[group]!, name);
    return {
      name,
      host,
      ...spec,
      ...(pool === undefined ? {} : { pool }),
      vcpusMax: Math.max(spec.vcpus, most[row]!),
      cpu: resolveControls(vm.cpu, spec.vcpus, hosts[host]!.cpu.mhz),
    };
  });
  const every = parsed.series?.every;
  const scenario: Scenario = {
    name: parsed.name ?? name,
    seed: parsed.seed ?? defaults.seed.value,
    durationNs: parsed.duration ?? defaults.durationNs.value,
    resolution: "page",
    profile,
    content: parsed.content ?? defaults.content.value,
    ...(every === undefined ? {} : { seriesEveryNs: every }),
    hosts,
    vms,
    ...resolveMoving(parsed, hostOf, events),
    pools,
    events,
    policies: policiesOf(parsed, profile),
  };
  const origins = { pools: order.map(({ index }) => index), groups: rows.map(({ group }) => group) };
  for (const finding of capacityFindings(scenario, parsed, origins)) sink.finding(finding);
  return scenario;
}

/** A VM group with its names, pool and host. */
interface Group {
  readonly vm: ParsedVm;
  readonly group: number;
  readonly names: readonly string[];
  readonly pages: number;
  readonly host: number | undefined;
  readonly pool: number | undefined;
}

function groupsOf(
  { vms }: ParsedScenario,
  order: readonly OrderedPool[],
  hostOf: ReadonlyMap<string, number>,
): Group[] {
  const poolOf = new Map(order.map(({ pool }, row) => [pool.name, row]));
  return vms.map((vm, group) => ({
    vm,
    group,
    names: expandedNames(vm.name, vm.count),
    pages: vm.memory,
    host: vm.host === undefined ? undefined : hostOf.get(vm.host)!,
    pool: vm.pool === undefined ? undefined : poolOf.get(vm.pool)!,
  }));
}

/** Every host; its swap file depends on the VMs that came to it. */
function hostsOf(
  { hosts }: ParsedScenario,
  vmOf: ReadonlyMap<string, number>,
  { vmHosts, vmPages }: { readonly vmHosts: readonly number[]; readonly vmPages: readonly number[] },
): HostSpec[] {
  const specs = hosts.flatMap((host) => resolveHost(host, vmOf).map((spec) => ({ spec, swap: host.swap })));
  const pages = specs.map(() => 0);
  for (const [row, host] of vmHosts.entries()) pages[host]! += vmPages[row]!;
  return specs.map(({ spec, swap }, row) => ({ ...spec, ...resolveSwap(swap, pages[row]!) }));
}

function resolveHost(host: ParsedScenario["hosts"][number], vmOf: ReadonlyMap<string, number>): HostSpec[] {
  const { sockets, cores, threads, mhz } = defaults.host;
  const basic = {
    sockets: host.cpu?.sockets ?? sockets.value,
    cores: host.cpu?.cores ?? cores.value,
    threads: host.cpu?.threads ?? threads.value,
    mhz: host.cpu?.mhz ?? mhz.value,
  };
  const interrupts = (host.interrupts ?? []).map(({ name, vm, rate, cost, arrivals }) => ({
    name,
    ...(vm === undefined ? {} : { vm: vmOf.get(vm)! }),
    gapNs: rate,
    draw: arrivals ?? cpuDefaults.host.interruptArrivals.value,
    costNs: cost,
  }));
  const spec = {
    ...(host.nic === undefined ? {} : { nicBps: host.nic }),
    memoryPages: host.memory,
    nodes: host.nodes ?? defaults.host.nodes.value,
    cpu: { ...resolveCpu(host, basic), interrupts },
    systemPages: host.system ?? memoryDefaults.systemPages.value,
  };
  return expandedNames(host.name, host.count).map((name) => ({ name, ...spec }));
}

function resolvePool({ pool, parent }: OrderedPool, host: number, hosts: readonly HostSpec[]): PoolSpec {
  return {
    name: pool.name,
    ...(parent === undefined ? {} : { parent }),
    host,
    ...(pool.owner === undefined ? {} : { owner: pool.owner }),
    expandable: pool.expandable ?? cpuDefaults.control.expandable.value,
    cpu: resolveControls(pool.cpu, undefined, hosts[host]!.cpu.mhz),
    mem: resolvePoolControls(pool.mem ?? pool.memory),
  };
}

function policiesOf(parsed: ParsedScenario, profile: Profile): Scenario["policies"] {
  return {
    memory: resolveMemoryPolicy(parsed, profile),
    cpu: resolveCpuPolicy(parsed.policies?.cpu, profile),
  };
}

/** What a group is resolved with. */
interface GroupContext extends Omit<Surroundings, "name"> {
  readonly sink: Sink;
  /** The most vCPUs that events give a VM of it; 0: none gives any. */
  readonly plugged: number;
}

/** What all VMs of a group have in common. */
function groupSpec(
  { vm, group }: Group,
  { base, traces, pageTraces, sink, plugged }: GroupContext,
): Omit<VmSpec, "name" | "host" | "pool" | "vcpusMax" | "cpu"> {
  const vcpus = vm.vcpus ?? defaults.vm.vcpus.value;
  const startNs = vm.start ?? cpuDefaults.vm.startNs.value;
  const path = ["vms", group];
  const system = resolveOs(vm);
  const draft = emptyDraft(system?.bootNs);
  const memory = { os: system, traces: pageTraces, sink, program: draft, onNs: startNs };
  const own = resolveVmMemory(vm);
  const room = vm.memory - (own.mmu?.tablePages ?? 0);
  // Page tables stand at the end of a VM's memory: streams have the rest.
  const { workload, os } = resolveStreams({ ...vm, memory: Math.max(1, room) }, path, memory);
  const ever = plugged === 0 ? {} : { plugged: Math.max(vcpus, plugged) };
  resolveProgram(vm, path, { vcpus, ...ever, onNs: startNs, traces, sink }, draft);
  const program = finishDraft(draft);
  const given = vm.image === undefined ? undefined : resolveImage(vm.image, vm, base);
  const image = given ?? (os === undefined ? undefined : osImage(os.kind, vm.memory));
  return {
    vcpus,
    memoryPages: vm.memory,
    ...(vm.salt === undefined ? {} : { salt: vm.salt }),
    ...(vm.traffic === undefined ? {} : { trafficBps: vm.traffic }),
    ...(image === undefined ? {} : { image }),
    workload,
    ...(program === undefined ? {} : { program }),
    startNs,
    ...resolveHabits(vm),
    ...own,
    ...(os === undefined ? {} : { os }),
  };
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

function resolveMemoryPolicy(parsed: ParsedScenario, profile: Profile): MemoryPolicySpec {
  const given: ParsedMemoryPolicy = parsed.policies?.memory;
  const { name, every, sharing, largePages, ...reclaiming }: Exclude<ParsedMemoryPolicy, string | undefined> =
    typeof given === "object" ? given : { name: given };
  const policy = name ?? defaults.profiles[profile].policy.value;
  const isOff = sharing === false || sharing === "none";
  const written: ParsedSharing = typeof sharing === "object" ? sharing : {};
  return {
    name: policy,
    everyNs: every ?? defaults.policy.everyNs.value,
    ...resolveReclaiming(reclaiming, profile),
    ...resolveLargePages(largePages, asksForLarge(parsed), profile),
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
