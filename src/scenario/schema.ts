/** Scenario schema, version 1: the shape of the text. What needs more than one place at once is checked in rules.ts. */
import * as z from "zod";
import { vcpusMax } from "./cpu-defaults.ts";
import * as cpu from "./cpu-schema.ts";
import { rowsMax } from "./defaults.ts";
import * as field from "./fields.ts";
import { harvestMap } from "./harvest.ts";
import { largePagesMap } from "./large-pages.ts";
import * as mem from "./mem-schema.ts";
import { mmuMap } from "./mmu.ts";
import * as move from "./move-schema.ts";
import { imagePresets } from "./presets.ts";
import * as work from "./work-schema.ts";

const count = () => field.whole(1, Number.MAX_SAFE_INTEGER);

const host = z.strictObject({
  name: field.label().describe("Name of the host; with count, the name before -1 … -N."),
  count: count().optional().describe(`Makes NAME-1 … NAME-N; at most ${rowsMax} hosts in all.`),
  cpu: cpu.hostCpu.optional().describe("Processors."),
  memory: field.somePages().describe("Machine memory for VMs, whole 4 KiB pages, such as 8GiB."),
  nodes: field.whole(1, 64).optional().describe("NUMA nodes, memory split evenly; 1 if absent."),
  nic: field.bitsPerSecond().optional().describe("Its network card, each way; 10Gbit/s if absent."),
  power: cpu.power.optional().describe("Power by utilisation: a named table, or a map; no power if absent."),
  interrupts: field.list(cpu.interrupt, 0, 256).optional().describe("Interrupt sources."),
  system: field.pages().optional().describe("Memory that the hypervisor keeps for itself; 0 if absent."),
  swap: mem.swap
    .optional()
    .describe("Where it pages out to: a class of devices, a map, or none; ssd if absent."),
});

const image = z.strictObject({
  file: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe("Memory image, relative to the scenario file: real bytes. {node} is the Node executable."),
  form: z
    .enum(["auto", "raw", "elf", "u64"])
    .optional()
    .describe(
      "Form of the file; auto looks at it. u64: one little-endian fingerprint a page, 0 for a zero page.",
    ),
  preset: z
    .enum(Object.keys(imagePresets))
    .optional()
    .describe("A named mix of ballast's own round numbers; its name is its pool."),
  zero: field.ppm().optional().describe("Part of the pages that hold zeroes."),
  common: field.ppm().optional().describe("Part of the pages whose contents other VMs of the pool have too."),
  unique: field.ppm().optional().describe("Part of the pages whose contents nobody else has."),
  pool: field
    .label()
    .optional()
    .describe(
      "Where common contents come from: groups that name the same pool share them. Absent: the group alone.",
    ),
  size: field
    .somePages()
    .optional()
    .describe("Pages the image fills from the first on; the VM's memory if absent."),
});

const vm = z.strictObject({
  name: field.label().describe("Name of the VM; with count, the name before -1 … -N."),
  count: count().optional().describe(`Makes NAME-1 … NAME-N; at most ${rowsMax} VMs in all.`),
  host: field
    .label()
    .optional()
    .describe("Name of its host. Absent: the host with most memory not yet configured, ties to the first."),
  pool: field.label().optional().describe("Name of its pool; directly below its host if absent."),
  vcpus: field.whole(1, vcpusMax).optional().describe("Virtual processors; 1 if absent."),
  cpu: cpu.controls.optional().describe("CPU shares, reservation and limit."),
  start: field.ns().optional().describe("When it is powered on; 0 s if absent."),
  smt: cpu.smt.optional().describe("How it shares cores with others."),
  cache: cpu.vmCache.optional().describe("What it wants of the caches."),
  guest: cpu.guest.optional().describe("The guest's timer, and when it panics."),
  memory: field.somePages().describe("Configured memory, whole 4 KiB pages, such as 2GiB."),
  ...mem.vmShape,
  traffic: field
    .bitsPerSecond()
    .optional()
    .describe("What it sends while it runs, max-min fair beside migrations; nothing if absent."),
  salt: field
    .label()
    .optional()
    .describe("Tenant: with salting by group, pages are shared among equal salts only."),
  image: image.optional().describe("What memory holds at the start; untouched if absent."),
  workload: z
    .union([work.work, field.list(work.work, 0, 16)], { error: "a workload (a map), or a list of them" })
    .optional()
    .describe("What the VM does: streams of memory accesses, CPU work, or a list of both; idle if absent."),
});

const add = z.strictObject({
  vm: vm.optional().describe("A whole VM, as under vms: powered on then, or at its own start."),
  pool: cpu.pool.optional().describe("A whole pool, as under pools."),
});

/** An event, with what the world can gain by it. */
export const event = z.strictObject({
  ...cpu.event.shape,
  add: add.optional().describe("A VM or a pool comes that was not there before."),
});

const sharing = z.strictObject({
  algorithm: z
    .enum(["hints", "none"])
    .optional()
    .describe("hints: as ESX does; none: no sharing. hints if absent."),
  rate: field
    .perSecondOrNone()
    .optional()
    .describe(
      "Pages scanned on a host per time, such as 200/s, or none for no limit. Given without vmRate, VMs have none.",
    ),
  ratePerGhz: field
    .perSecondOrNone()
    .optional()
    .describe("Pages scanned on a host per time and GHz of its cores, or none."),
  vmRate: field
    .perSecondOrNone()
    .optional()
    .describe("Pages of one VM scanned per time, such as 50/s, or none."),
  order: z
    .enum(["random", "permuted", "sequential"])
    .optional()
    .describe("Order of the scan; permuted is random without repetition. random if absent."),
  hashBits: field
    .whole(1, 64)
    .optional()
    .describe("Bits of the page hash in use; fewer make false matches. 64 if absent."),
  salting: z
    .enum(["none", "group", "vm"])
    .optional()
    .describe("Who may share: everybody, equal salts, or each VM with itself and equal salts."),
  scanTime: field
    .someNs()
    .optional()
    .describe("scan-time wants every VM scanned once in this time; 60 min if absent."),
});

const memoryPolicy = z.strictObject({
  name: field
    .label()
    .optional()
    .describe(
      "Memory policy: min-funding, fixed-rate, scan-time or follow-writes; the last three only set scan rates. min-funding if absent.",
    ),
  every: field.someNs().optional().describe("How often the policy decides; 15 s if absent."),
  sharing: z
    .union([z.literal(false), z.literal("none"), sharing], { error: "a map of sharing settings, or none" })
    .optional()
    .describe("Content-based page sharing; false and none switch it off."),
  ...mem.policyShape,
});

const policies = z.strictObject({
  memory: z
    .union([field.label(), memoryPolicy], { error: "the name of a policy, or a map" })
    .optional()
    .describe("Memory policy: its name, or its name and settings."),
  cpu: z
    .union([field.label(), cpu.cpuPolicy], { error: "the name of a policy, or a map" })
    .optional()
    .describe("CPU policy and scheduler: a name, or a map of settings."),
});

const series = z.strictObject({
  every: field.someNs().optional().describe("Time between samples; chosen from duration and size if absent."),
});

const scenario = z.strictObject(
  {
    $schema: z.string().optional().describe("For editors; ignored."),
    ballast: z.literal(1).describe("Version of the scenario format."),
    name: field.label().optional().describe("Name in reports; the file's name if absent."),
    description: z.string().max(10_000).optional().describe("For readers; ignored."),
    seed: field.whole(0, Number.MAX_SAFE_INTEGER).optional().describe("Seed of every draw; 1 if absent."),
    duration: field.someNs().optional().describe("Simulated time, such as 10min; 60 s if absent."),
    resolution: z.enum(["page"]).optional().describe("Every page is simulated."),
    profile: z
      .enum(["esx2", "esx4", "esx6"])
      .optional()
      .describe("Generation whose defaults fill the gaps; esx2 if absent."),
    content: z
      .enum(["auto", "bytes", "ids"])
      .optional()
      .describe("How page contents are held: real bytes, 64-bit ids, or (auto) bytes where they fit."),
    series: series.optional().describe("Samples over time."),
    hosts: field.list(host, 1, 1_000_000).describe("Physical machines."),
    links: field.list(move.link, 0, 1000).optional().describe("Links between two hosts each."),
    limits: move.limits.optional().describe("What the world has room for."),
    pools: field.list(cpu.pool, 0, 10_000).optional().describe("Resource pools."),
    vms: field.list(vm, 1, 1_000_000).describe("Virtual machines."),
    events: z.array(event).max(100_000).optional().describe("Changes while running."),
    policies: policies.optional().describe("Who decides, and how."),
  },
  { error: ({ code }) => (code === "invalid_type" ? "a map with ballast, hosts and vms" : undefined) },
);

/** The schema of a scenario: parses the document of a scenario text, leaves what is absent undefined. */
export const scenarioSchema = scenario;

/** A scenario as written in YAML or JSON, or as a JavaScript object for `resolveScenario`. */
export type ScenarioInput = z.input<typeof scenarioSchema>;
/** A scenario with units read, before defaults. */
export type ParsedScenario = z.output<typeof scenarioSchema>;

/** Keys of one kind of map: those read, and those of later versions. */
export interface Keys {
  readonly known: readonly string[];
  readonly later: readonly string[];
  /** Those of the other resolution. */
  readonly elsewhere?: { readonly here: string; readonly keys: readonly string[]; readonly hint: string };
}

function keys(schema: { readonly shape: object }, ...later: string[]): Keys {
  return { known: Object.keys(schema.shape), later };
}

/** Lengths of time given as a map. */
function lengthKeys(...paths: string[]): Record<string, Keys> {
  const known = ["mean", "spread", "draw"];
  return Object.fromEntries(paths.map((path) => [path, { known, later: [] }]));
}

/** Phases and the repeats in them, as deep as the schema goes. */
function phaseKeys(path: string, depth = 0): Record<string, Keys> {
  if (depth === 5) return { [path]: keys(work.plainPhase) };
  return {
    ...lengthKeys(`${path}.run`, `${path}.sleep`),
    [path]: keys(work.phase),
    [`${path}.repeat`]: { known: ["times", "phases"], later: [] },
    ...phaseKeys(`${path}.repeat.phases`, depth + 1),
  };
}

/** The keys of every map, by its path without list indices. */
export const keysAt: Readonly<Record<string, Keys>> = {
  "": keys(scenario),
  limits: keys(move.limits, "arrivals", "forks"),
  links: keys(move.link),
  series: keys(series),
  hosts: keys(host, "distance", "pool", "start"),
  "hosts.cpu": keys(cpu.hostCpu, "power"),
  "hosts.cpu.llc": keys(cpu.llc),
  "hosts.power": keys(cpu.powerMap),
  "hosts.interrupts": keys(cpu.interrupt),
  "hosts.swap": keys(mem.swapMap),
  pools: keys(cpu.pool),
  "pools.cpu": keys(cpu.controls),
  "pools.mem": keys(mem.controls),
  "pools.memory": keys(mem.controls),
  vms: keys(vm, "nic", "numa"),
  "vms.mem": keys(mem.controls),
  "vms.balloon": keys(mem.balloonMap),
  "vms.os": keys(mem.osMap),
  "vms.os.free": keys(mem.free),
  "vms.disk": keys(mem.diskMap),
  "vms.harvest": keys(harvestMap),
  "vms.mmu": keys(mmuMap),
  "vms.cpu": keys(cpu.controls),
  "vms.smt": keys(cpu.smt),
  "vms.cache": keys(cpu.vmCache),
  "vms.guest": keys(cpu.guest),
  "vms.image": keys(image),
  "vms.workload": keys(work.work),
  "vms.workload.hot": keys(work.hot),
  "vms.workload.content": keys(work.content),
  "vms.workload.barrier": keys(work.barrier),
  "vms.workload.lock": keys(work.lock),
  "vms.workload.syncs": keys(work.sync),
  ...lengthKeys("vms.workload.run", "vms.workload.sleep", "vms.workload.service"),
  ...lengthKeys("vms.workload.barrier.work", "vms.workload.lock.hold", "vms.workload.lock.between"),
  ...phaseKeys("vms.workload.phases"),
  events: keys(event),
  "events.add": keys(add),
  "events.remove": keys(cpu.event.shape.remove.unwrap()),
  "events.migrate": keys(move.migrate),
  "events.fail": keys(move.fail),
  "events.repair": keys(move.repair),
  "events.start": keys(cpu.event.shape.start.unwrap()),
  "events.stop": keys(cpu.event.shape.stop.unwrap()),
  "events.reset": keys(cpu.event.shape.reset.unwrap()),
  "events.set": keys(cpu.event.shape.set.unwrap()),
  "events.set.cpu": keys(cpu.controls),
  "events.set.mem": keys(mem.controls),
  policies: keys(policies, "balance", "numa", "migration", "placement", "power"),
  "policies.cpu": keys(cpu.cpuPolicy),
  "policies.cpu.skew": keys(cpu.cpuPolicy.shape.skew.unwrap()),
  "policies.cpu.credit": keys(cpu.cpuPolicy.shape.credit.unwrap()),
  "policies.cpu.balance": { known: ["every", "margin"], later: [] },
  "policies.memory": keys(memoryPolicy, "idleTaxType"),
  "policies.memory.reclaim": keys(mem.reclaimMap),
  "policies.memory.reclaim.compression": keys(mem.compression),
  "policies.memory.sampling": keys(mem.samplingMap),
  "policies.memory.costs": keys(mem.costs),
  "policies.memory.largePages": keys(largePagesMap),
  "policies.memory.sharing": keys(sharing, "largePages"),
};

/** Words that later versions will take, by path without list indices. */
export const laterWords: Readonly<Record<string, readonly string[]>> = {
  "policies.memory.sharing.algorithm": ["ksm"],
};
