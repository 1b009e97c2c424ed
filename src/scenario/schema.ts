/** Scenario schema, version 1: the shape of the text. What needs more than one place at once is checked in rules.ts. */
import * as z from "zod";
import { rowsMax } from "./defaults.ts";
import * as field from "./fields.ts";
import { imagePresets, workloadPresets } from "./presets.ts";

const count = () => field.whole(1, Number.MAX_SAFE_INTEGER);

const cpu = z.strictObject({
  sockets: field.whole(1, 1024).optional().describe("Processor packages; 1 if absent."),
  cores: field.whole(1, 1024).optional().describe("Cores per socket; 1 if absent."),
  threads: field.whole(1, 64).optional().describe("Hardware threads per core; 1 if absent."),
  mhz: field
    .mhz()
    .optional()
    .describe("Clock of a core: a number of MHz, or text such as 2.6GHz; 2000 if absent."),
});

const host = z.strictObject({
  name: field.label().describe("Name of the host; with count, the name before -1 … -N."),
  count: count().optional().describe(`Makes NAME-1 … NAME-N; at most ${rowsMax} hosts in all.`),
  cpu: cpu.optional().describe("Processors."),
  memory: field.somePages().describe("Machine memory for VMs, whole 4 KiB pages, such as 8GiB."),
  nodes: field.whole(1, 64).optional().describe("NUMA nodes, memory split evenly; 1 if absent."),
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

const stream = z.strictObject({
  preset: z
    .enum(Object.keys(workloadPresets))
    .optional()
    .describe("A named workload of ballast's own round numbers; only start and stop go with it."),
  pattern: z
    .enum(["uniform", "zipf", "sequential", "hot-cold"])
    .optional()
    .describe("Which page of the range the next access goes to."),
  rate: field
    .perKs()
    .optional()
    .describe("Accesses per time, such as 1000/s, to the grain of one in 1000 s."),
  writes: field.ppm().optional().describe("Part of the accesses that write; 0 % if absent."),
  offset: field.pages().optional().describe("First page of the range; 0 if absent."),
  size: field.somePages().optional().describe("Length of the range; to the end of memory if absent."),
  pages: field
    .whole(1, 2 ** 40)
    .optional()
    .describe("Length of the range in pages, instead of size."),
  exponent: z.number().gt(0).max(4).optional().describe("Exponent of zipf; 0.99 if absent."),
  hot: z
    .strictObject({
      pages: field.ppm().optional().describe("Part of the range that is hot; 10 % if absent."),
      accesses: field.ppm().optional().describe("Part of the accesses that go there; 90 % if absent."),
    })
    .optional()
    .describe("The hot part of hot-cold, at the start of the range."),
  content: z
    .strictObject({
      zero: field.ppm().optional().describe("Part of the writes that leave a page of zeroes; 0 % if absent."),
      common: field.ppm().optional().describe("Part of the writes that leave a common page; 0 % if absent."),
      same: field
        .ppm()
        .optional()
        .describe(
          "Part of the writes that leave the content as it was; they break sharing all the same. 0 % if absent.",
        ),
    })
    .optional()
    .describe("What writes leave behind; the rest is a content never seen before."),
  start: field.ns().optional().describe("When the stream starts; 0 s if absent."),
  stop: field.someNs().optional().describe("When it stops; the end of the run if absent."),
});

const vm = z.strictObject({
  name: field.label().describe("Name of the VM; with count, the name before -1 … -N."),
  count: count().optional().describe(`Makes NAME-1 … NAME-N; at most ${rowsMax} VMs in all.`),
  host: field
    .label()
    .optional()
    .describe("Name of its host. Absent: the host with most memory not yet configured, ties to the first."),
  vcpus: field.whole(1, 1024).optional().describe("Virtual processors; 1 if absent."),
  memory: field.somePages().describe("Configured memory, whole 4 KiB pages, such as 2GiB."),
  salt: field
    .label()
    .optional()
    .describe("Tenant: with salting by group, pages are shared among equal salts only."),
  image: image.optional().describe("What memory holds at the start; untouched if absent."),
  workload: z
    .union([stream, z.array(stream).max(16)], { error: "a stream (a map), or a list of streams" })
    .optional()
    .describe("Streams of accesses to the VM's memory; idle if absent."),
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
    .describe("Memory policy: fixed-rate, scan-time or follow-writes; by profile if absent."),
  every: field.someNs().optional().describe("How often the policy decides; 15 s if absent."),
  sharing: z
    .union([z.literal(false), z.literal("none"), sharing], { error: "a map of sharing settings, or none" })
    .optional()
    .describe("Content-based page sharing; false and none switch it off."),
});

const policies = z.strictObject({
  memory: z
    .union([field.label(), memoryPolicy], { error: "the name of a policy, or a map" })
    .optional()
    .describe("Memory policy: its name, or its name and settings."),
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
    hosts: z.array(host).min(1).describe("Physical machines."),
    vms: z.array(vm).min(1).describe("Virtual machines."),
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
}

function keys(schema: { readonly shape: object }, ...later: string[]): Keys {
  return { known: Object.keys(schema.shape), later };
}

/** The keys of every map, by its path without list indices. */
export const keysAt: Readonly<Record<string, Keys>> = {
  "": keys(scenario, "pools", "events", "limits"),
  series: keys(series),
  hosts: keys(host, "swap", "nic", "power", "distance", "pool", "start"),
  "hosts.cpu": keys(cpu, "power", "llc"),
  vms: keys(vm, "pool", "cpu", "mem", "start", "nic", "disk", "numa", "swap"),
  "vms.image": keys(image),
  "vms.workload": keys(stream, "busy", "run", "sleep", "phases", "trace"),
  "vms.workload.hot": keys(stream.shape.hot.unwrap()),
  "vms.workload.content": keys(stream.shape.content.unwrap()),
  policies: keys(policies, "cpu", "balance", "numa", "migration", "placement", "power"),
  "policies.memory": keys(
    memoryPolicy,
    "idleTax",
    "idleTaxType",
    "sampling",
    "states",
    "swap",
    "balloon",
    "compression",
  ),
  "policies.memory.sharing": keys(sharing, "largePages"),
};

/** Words that later versions will take, by path without list indices. */
export const laterWords: Readonly<Record<string, readonly string[]>> = {
  resolution: ["fluid"],
  "vms.workload.preset": ["dbench"],
  "policies.memory.name": ["min-funding"],
  "policies.memory.sharing.algorithm": ["ksm"],
};
