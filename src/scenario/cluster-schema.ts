/** Shape of a scenario at fluid resolution. What needs more than one place at once is checked in cluster-rules.ts. */
import * as z from "zod";
import { pcpusMax, powerTables, vcpusMax } from "./cpu-defaults.ts";
import { controls } from "./cpu-schema.ts";
import * as field from "./fields.ts";
import { type Keys, keysAt } from "./schema.ts";

const tableNames = Object.keys(powerTables) as [keyof typeof powerTables, ...(keyof typeof powerTables)[]];
export const clusterRowsMax = 2_000_000;
const count = () => field.whole(1, clusterRowsMax);

const hostCpu = z.strictObject({
  sockets: field.whole(1, pcpusMax).optional().describe("Processor packages; 1 if absent."),
  cores: field.whole(1, pcpusMax).optional().describe("Cores per socket; 1 if absent."),
  mhz: field.mhz().optional().describe("Clock of a core; 2000 if absent."),
});

const watts = z.union([z.enum(tableNames), z.array(z.number().min(0).max(1e6)).length(11, field.ofList)], {
  error: "the name of a table, or 11 numbers of watts",
});

const host = z.strictObject({
  name: field.label().describe("Name of the host; with count, the name before -1 … -N."),
  count: count().optional().describe("Makes NAME-1 … NAME-N."),
  cpu: hostCpu.optional().describe("Processors."),
  memory: field.somePages().describe("Memory for VMs, such as 256GiB."),
  power: z
    .union([watts, z.strictObject({ table: watts })], {
      error: "the name of a table, or 11 numbers of watts",
    })
    .optional()
    .describe("Power at 0 %, 10 % … 100 %; none if absent."),
  nic: field.bytesPerSecond().optional().describe("What moves get of its link, each way; 1Gbit/s if absent."),
  labels: z
    .record(field.label(), field.label())
    .optional()
    .describe("Failure domains for rules, such as { rack: r1 }."),
});

const demand = z.strictObject({
  file: z
    .union([z.string().min(1).max(4096), field.list(z.string().min(1).max(4096), 1, 1000)], {
      error: "the name of a trace, or a list of them",
    })
    .describe("Trace of demand, relative to the scenario: its VMs are the scenario's."),
  format: field.label().optional().describe("Format of the trace; its begin tells if absent."),
  lenient: z.boolean().optional().describe("Leaves bad rows of the trace out; false if absent."),
  vcpus: field.whole(1, vcpusMax).optional().describe("Of VMs of which the trace does not say."),
  mhz: field.mhz().optional().describe("Clock of their vCPUs; that of the first host if absent."),
  memory: field
    .somePages()
    .optional()
    .describe("Memory of VMs of which the trace does not say; not known if absent."),
  active: field
    .ppm()
    .optional()
    .describe("Part of memory in use, where the trace does not say; 100 % if absent."),
});

const series = z
  .union([field.ppm(), field.list(field.ppm(), 1, 1_000_000)], { error: "a percentage, or a list of them" })
  .describe("What it asks for of its vCPUs: a percentage, or one for each interval, again and again.");

const vm = z.strictObject({
  name: field.label().optional().describe("Name of a VM; with count, the name before -1 … -N."),
  match: field
    .label()
    .optional()
    .describe("VMs of the trace by name, * for any letters, instead of a VM of its own."),
  count: count().optional().describe("Makes NAME-1 … NAME-N."),
  vcpus: field.whole(1, vcpusMax).optional().describe("Virtual processors; 1 if absent."),
  mhz: field.mhz().optional().describe("Clock of a vCPU; that of the first host if absent."),
  memory: field.somePages().optional().describe("Configured memory; a VM of its own needs it."),
  demand: series.optional(),
  active: field.ppm().optional().describe("Part of its memory in use; 100 % if absent."),
  host: field.label().optional().describe("Where it starts; where there is room if absent."),
  pool: field.label().optional().describe("Name of its pool; directly below the cluster if absent."),
  cpu: controls.optional().describe("CPU shares, reservation and limit."),
  priority: field
    .whole(0, 255)
    .optional()
    .describe("Who starts first after a failure: highest; 100 if absent."),
  start: field.ns().optional().describe("When it comes; 0 s if absent."),
  stop: field.someNs().optional().describe("When it goes; never if absent."),
});

const pool = z.strictObject({
  name: field.label().describe("Name of the pool."),
  pool: field.label().optional().describe("Pool it is in; directly below the cluster if absent."),
  cpu: controls.optional().describe("CPU controls of the pool as a whole, over all hosts."),
});

const hostName = field.label().describe("Name of a host.");
const vmName = field.label().describe("Name of a VM.");
const event = z.strictObject({
  at: field.ns().describe("When; it happens at the start of the interval."),
  fail: z
    .strictObject({
      host: hostName,
      for: field.someNs().optional().describe("Back after that; never if absent."),
    })
    .optional()
    .describe("A host fails; its VMs start elsewhere by priority."),
  add: z.strictObject({ host: hostName }).optional().describe("A host comes that was not there before."),
  remove: z.strictObject({ host: hostName }).optional().describe("A host's VMs move away, then it is out."),
  start: z.strictObject({ vm: vmName }).optional().describe("A VM comes."),
  stop: z.strictObject({ vm: vmName }).optional().describe("A VM goes."),
  set: z
    .strictObject({
      vm: vmName.optional(),
      pool: field.label().optional().describe("Name of a pool."),
      cpu: controls.optional().describe("Controls from now on; those not named stay."),
    })
    .optional()
    .describe("Changes controls of a VM or a pool."),
});

const balance = z.looseObject({
  name: field.label().describe("static npa dvfs consolidation, or short such as thr-mmt-0.8."),
  every: field
    .someNs()
    .optional()
    .describe("Time between decisions, a multiple of the interval; each if absent."),
});

const policies = z.strictObject({
  balance: z
    .union([field.label(), balance], { error: "the name of a policy, or a map" })
    .optional()
    .describe("Who decides on moves; static if absent."),
  placement: z
    .enum(["most-free", "first-fit", "least-power"])
    .optional()
    .describe("Where VMs without a host go; most-free if absent."),
  migration: z
    .strictObject({
      rule: z.enum(["pre-copy", "half-link"]).optional().describe("What moves cost; pre-copy if absent."),
      dirty: field
        .manyPpm()
        .optional()
        .describe("Active memory written a second under pre-copy; 1 % if absent."),
    })
    .optional()
    .describe("How long moves take and what they cost."),
  memory: z
    .strictObject({
      idleTax: field
        .ppmWithin(0, 990_000, "0 % to 99 %")
        .optional()
        .describe("Idle memory tax; 75 % if absent."),
      balloon: field.ppm().optional().describe("Most that a balloon takes of a VM; 65 % if absent."),
      sharing: field
        .ppmWithin(0, 990_000, "0 % to 99 %")
        .optional()
        .describe("Part of what VMs hold that sharing saves; 0 % if absent."),
    })
    .optional()
    .describe("Hosts that have too little memory."),
  restart: field.ns().optional().describe("From a failure until VMs are up elsewhere; 60 s if absent."),
});

const cluster = z.strictObject(
  {
    $schema: z.string().optional().describe("For editors; ignored."),
    ballast: z.literal(1).describe("Version of the scenario format."),
    name: field.label().optional().describe("Name in reports; the file's name if absent."),
    description: z.string().max(10_000).optional().describe("For readers; ignored."),
    seed: field.whole(0, Number.MAX_SAFE_INTEGER).optional().describe("Seed of every draw; 1 if absent."),
    duration: field.someNs().optional().describe("Simulated time; the trace's, or 24 h, if absent."),
    resolution: z.literal("fluid").describe("Amounts per interval; hosts and VMs by the thousand."),
    every: field.someNs().optional().describe("An interval; the trace's, or 5 min, if absent."),
    hosts: field.list(host, 1, 100_000).describe("Physical machines."),
    pools: field.list(pool, 0, 10_000).optional().describe("Resource pools over all hosts."),
    vms: field.list(vm, 0, 1_000_000).optional().describe("VMs, and controls for those of the trace."),
    demand: demand.optional().describe("A trace of demand."),
    rules: z.array(z.unknown()).max(100_000).optional().describe("Placement rules, as for `ballast place`."),
    events: z.array(event).max(100_000).optional().describe("What happens while it runs."),
    policies: policies.optional().describe("Who decides, and how."),
  },
  {
    error: ({ code }) =>
      code === "invalid_type" ? "a map with ballast, resolution, hosts and vms or demand" : undefined,
  },
);

/** The schema of a scenario with `resolution: fluid`. */
export const clusterSchema = cluster;
export type ParsedCluster = z.output<typeof clusterSchema>;
/** A cluster scenario as a JavaScript object. */
export type ClusterInput = z.input<typeof clusterSchema>;

function keys(schema: { readonly shape: object }, path: string, ...later: string[]): Keys {
  const known = Object.keys(schema.shape);
  const page = keysAt[path]?.known ?? [];
  const hint = "only with resolution: page";
  return {
    known,
    later,
    elsewhere: { here: "fluid", keys: page.filter((key) => !known.includes(key)), hint },
  };
}

/** The keys of every map, by its path without list indices. */
export const clusterKeysAt: Readonly<Record<string, Keys>> = {
  "": keys(cluster, ""),
  hosts: keys(host, "hosts", "start"),
  "hosts.cpu": keys(hostCpu, "hosts.cpu"),
  demand: keys(demand, ""),
  vms: keys(vm, "vms"),
  "vms.cpu": keys(controls, "vms.cpu"),
  pools: keys(pool, "pools"),
  "pools.cpu": keys(controls, "pools.cpu"),
  events: keys(event, "events", "migrate"),
  "events.fail": keys(event.shape.fail.unwrap(), ""),
  "events.set": keys(event.shape.set.unwrap(), "events.set"),
  "events.set.cpu": keys(controls, "events.set.cpu"),
  policies: keys(policies, "policies", "power"),
  "policies.migration": keys(policies.shape.migration.unwrap(), ""),
  "policies.memory": keys(policies.shape.memory.unwrap(), "policies.memory"),
};
