/** Shape of what a scenario says about processors: hosts, controls, pools, the CPU policy, events. */
import * as z from "zod";
import { type PowerTable, pcpusMax, powerTables, schedulerNames, vcpusMax } from "./cpu-defaults.ts";
import * as field from "./fields.ts";
import * as mem from "./mem-schema.ts";
import * as move from "./move-schema.ts";

const tableNames = Object.keys(powerTables) as [PowerTable, ...PowerTable[]];

export const llc = z.strictObject({
  size: field.someBytes().optional().describe("Size of one; 8MiB if absent."),
  cores: field
    .whole(1, pcpusMax)
    .optional()
    .describe("Cores that share one; those of a socket if absent. Divides the cores of a socket."),
  ways: field.whole(1, 32).optional().describe("Ways that VMs can be confined to; 16 if absent."),
  miss: field.ns().optional().describe("What a miss costs; 60ns if absent."),
});

/** Its upper bound is the threads of a core: a rule. */
const gain = z.number().min(1);

export const hostCpu = z.strictObject({
  sockets: field.whole(1, pcpusMax).optional().describe("Processor packages; 1 if absent."),
  cores: field.whole(1, pcpusMax).optional().describe("Cores per socket; 1 if absent."),
  threads: z
    .literal([1, 2, 4, 8])
    .optional()
    .describe("Hardware threads per core: 1, 2, 4 or 8; 1 if absent."),
  mhz: field
    .mhz()
    .optional()
    .describe("Clock of a core: a number of MHz, or text such as 2.6GHz; 2000 if absent."),
  smtGain: z
    .union([gain, field.list(gain, 1, 8)], { error: "a number such as 1.25, or a list of them" })
    .optional()
    .describe(
      "Throughput of a core with all threads busy against one; or a list for 1, 2 … busy threads. 1.25 if absent.",
    ),
  llc: llc.optional().describe("Last-level caches."),
});

export const powerMap = z.strictObject({
  table: z
    .union([z.enum(tableNames), z.array(z.number().min(0).max(1e6)).length(11, field.ofList)], {
      error: "the name of a table, or 11 numbers of watts",
    })
    .describe("Power at 0 %, 10 % … 100 % busy: a name, or 11 numbers of watts."),
  states: z
    .array(
      z
        .string()
        .meta({ pattern: "^ *[0-9]+(\\.[0-9]+)? *(MHz|GHz|%) *$", examples: ["1.2GHz", "60%"] })
        .transform((value, context) => {
          const amount = field.readCpuAmount(value);
          if (!("expected" in amount)) return amount;
          context.addIssue({ code: "custom", message: "a clock such as 1.2GHz or 60%" });
          return z.NEVER;
        }),
    )
    .max(64, field.ofList)
    .optional()
    .describe("Clocks to choose from, such as 1.2GHz or 60%; the nominal one is always among them."),
  governor: z
    .enum(["performance", "powersave", "on-demand"])
    .optional()
    .describe(
      "Who chooses the clock: always the highest, the lowest that reservations allow, or by load. performance if absent.",
    ),
});

export const power = z.union([z.enum(tableNames), powerMap], { error: "the name of a table, or a map" });

export const interrupt = z.strictObject({
  name: field.label().describe("Name of the source."),
  vm: field.label().optional().describe("VM on whose behalf; the host's own if absent."),
  rate: field.gapNs().describe("Interrupts per time, such as 10000/s."),
  cost: field.someNs().describe("Time that one takes."),
  arrivals: z
    .enum(["constant", "exponential"])
    .optional()
    .describe("Gaps between interrupts; constant if absent."),
});

const shares = z
  .union([z.enum(["low", "normal", "high"]), field.whole(1, 1_000_000)], {
    error: "a whole number, or low, normal or high",
  })
  .describe("A whole number for the whole VM or pool, or low, normal or high for each vCPU.");

export const controls = z.strictObject({
  shares: shares.optional().describe("Weight among its siblings: 1 … 1000000, or low, normal, high."),
  reservation: field
    .cpuAmountOrNone()
    .optional()
    .describe("Guaranteed: MHz, or percent of one pCPU; none if absent."),
  limit: field
    .cpuAmountOrNone()
    .optional()
    .describe("Never more: MHz, or percent of one pCPU; none if absent."),
});

export const pool = z.strictObject({
  name: field.label().describe("Name of the pool."),
  pool: field.label().optional().describe("Pool it is in; directly below its host if absent."),
  host: field.label().optional().describe("Name of its host; where its VMs are if absent."),
  owner: field.label().optional().describe("Who may change what is below the pool, and nothing of its own."),
  expandable: z
    .boolean()
    .optional()
    .describe("Whether it may ask its parent for more reservation than its own; true if absent."),
  cpu: controls.optional().describe("CPU controls of the pool as a whole."),
  mem: mem.controls.optional().describe("Memory controls of the pool as a whole."),
  memory: mem.controls.optional().describe("As mem."),
});

export const smt = z.strictObject({
  sharing: z
    .enum(["any", "internal", "none"])
    .optional()
    .describe("Who may run beside it on a core: anybody, its own vCPUs, nobody. any if absent."),
  interference: field.ppm().optional().describe("How much it slows its core mates down; 0 % if absent."),
});

export const vmCache = z.strictObject({
  workingSet: field
    .someBytes()
    .optional()
    .describe("What a vCPU wants in its cache, and has to fetch again after a migration; 0 if absent."),
  references: field
    .perMs()
    .optional()
    .describe("References to the last-level cache per second of work, such as 20M/s; goes with misses."),
  misses: z
    .array(z.tuple([field.someBytes(), field.ppm()], { error: "a pair such as [1MiB, 40%]" }))
    .min(1, field.ofList)
    .max(64, field.ofList)
    .optional()
    .describe("Part of the references that miss, by cache that it has; straight lines between."),
  ways: z
    .string()
    .meta({ pattern: "^[0-9]{1,2}(-[0-9]{1,2})?$", examples: ["0-7", "3"] })
    .regex(/^\d{1,2}(-\d{1,2})?$/, { error: "a range of ways, such as 0-7" })
    .optional()
    .describe("Ways of the cache that it may fill, such as 0-7; all if absent."),
});

export const guest = z.strictObject({
  panic: field
    .someNs()
    .optional()
    .describe("Waiting longer by spinning is a panic of the guest; never if absent."),
  ticks: field
    .gapNs()
    .optional()
    .describe("Rate of the guest's timer, such as 100/s; no guest time if absent."),
  lateTicks: z
    .enum(["process", "sponge", "steal"])
    .optional()
    .describe("Whom the guest charges late ticks to; process if absent."),
  catchUp: field.manyPpm().optional().describe("Rate of late ticks beside the nominal one; 100 % if absent."),
});

const hour = 3_600_000_000_000;

export const cpuPolicy = z.strictObject({
  name: field.label().optional().describe("CPU policy; fixed, which leaves the controls alone, if absent."),
  every: field.someNs().optional().describe("How often the policy decides; 1 s if absent."),
  options: z
    .record(z.string(), z.union([z.number(), z.string().max(200)], { error: "a number or text" }))
    .optional()
    .describe("Options of the policy; times and percentages with their unit."),
  scheduler: z.enum(schedulerNames).optional().describe("Who runs next; virtual-time if absent."),
  queues: z
    .enum(["per-pcpu", "host"])
    .optional()
    .describe(
      "A run queue a pCPU, or one for the host; per-pcpu for virtual-time and credit, else host, if absent.",
    ),
  quantum: field
    .nsWithin(10_000, hour, "10 us to 1 h")
    .optional()
    .describe(
      "Longest time before another's turn; 50 ms, or 200 ms for esx6, or 30 ms for credit, if absent.",
    ),
  wakeupPreemption: z
    .boolean()
    .optional()
    .describe("Whether who wakes up may interrupt who runs; false, or true for credit, if absent."),
  wakeupMargin: field.ns().optional().describe("How far behind it has to be for that; 1 ms if absent."),
  boundLag: field
    .whole(0, 1_000_000)
    .optional()
    .describe("Quanta that a sleeper may be behind; 8 if absent."),
  limitPeriod: field
    .nsWithin(1_000_000, hour, "1 ms to 1 h")
    .optional()
    .describe("Limits hold within each such period; 100 ms if absent."),
  coscheduling: z
    .enum(["none", "strict", "relaxed", "per-vcpu"])
    .optional()
    .describe("How vCPUs of a VM are kept together; strict for esx2, else per-vcpu, if absent."),
  skew: z
    .strictObject({
      costop: field.someNs().optional().describe("A vCPU this far ahead stops; 3 ms if absent."),
      costart: field.someNs().optional().describe("It goes on when this far ahead; 2 ms if absent."),
      poll: field.nsWithin(10_000, hour, "10 us to 1 h").optional().describe("How often; 1 ms if absent."),
    })
    .optional()
    .describe("Thresholds of co-scheduling."),
  balance: z
    .union(
      [
        z.literal("none"),
        z.strictObject({
          every: field
            .nsWithin(100_000, hour, "100 us to 1 h")
            .optional()
            .describe("How often; 20 ms if absent."),
          margin: field.ns().optional().describe("How far behind it has to be; 2 quanta if absent."),
        }),
      ],
      { error: "a map with every and margin, or none" },
    )
    .optional()
    .describe("Scan for vCPUs that fall behind on their pCPU; none switches it off."),
  credit: z
    .strictObject({
      tick: field
        .nsWithin(1_000, hour, "1 us to 1 h")
        .optional()
        .describe(
          "How often boosts end; credits are handed out about once a quantum; a third of it if absent.",
        ),
      boost: z
        .boolean()
        .optional()
        .describe("Whether who wakes up with credits left goes before all others; true if absent."),
    })
    .optional()
    .describe("Settings of the scheduler credit."),
  entitlements: z
    .union(
      [
        z.literal("none"),
        z.strictObject({
          every: field
            .nsWithin(1_000_000, hour, "1 ms to 1 h")
            .optional()
            .describe("How often they are worked out; 100 ms if absent."),
        }),
      ],
      { error: "a map with every, or none" },
    )
    .optional()
    .describe(
      "What virtual time goes by where somebody reserves or limits; none: shares, and tags for reservations.",
    ),
  wholeCore: field
    .ns()
    .optional()
    .describe("Who is this far behind may have a whole core; 4 quanta if absent."),
  guestSlice: field
    .nsWithin(10_000, hour, "10 us to 1 h")
    .optional()
    .describe("Turn of a guest's thread on its vCPU; 10 ms if absent."),
  refill: field.ns().optional().describe("Time to fetch 1 MiB of working set again; 100 us if absent."),
  refillFar: field
    .ns()
    .optional()
    .describe("The same after a move to another socket; 1.5 times refill if absent."),
  samples: field
    .perSecondOrNone()
    .optional()
    .describe("Rate at which system time is sampled beside the exact account; 128/s if absent."),
});

const vmName = field.label().describe("Name of a VM.");

const change = z.strictObject({
  vm: field.label().optional().describe("Name of the VM to change."),
  pool: field
    .label()
    .optional()
    .describe("Name of the pool to change; beside vm: where that VM goes, none for directly below its host."),
  cpu: controls.optional().describe("CPU controls to change."),
  "cpu.shares": shares.optional().describe("As cpu: { shares }."),
  "cpu.reservation": field.cpuAmountOrNone().optional().describe("As cpu: { reservation }."),
  "cpu.limit": field.cpuAmountOrNone().optional().describe("As cpu: { limit }."),
  mem: mem.controls.optional().describe("Memory controls to change."),
  "mem.shares": mem.shares.optional().describe("As mem: { shares }."),
  "mem.reservation": field.memoryOrNone().optional().describe("As mem: { reservation }."),
  "mem.limit": field.memoryOrNone().optional().describe("As mem: { limit }."),
  vcpus: field.whole(1, vcpusMax).optional().describe("vCPUs of the VM from now on: hot-add or hot-unplug."),
});

export const event = z.strictObject({
  at: field.ns().describe("When."),
  actor: field.label().optional().describe("Who acts, an owner of pools; the administrator if absent."),
  start: z.strictObject({ vm: vmName }).optional().describe("Powers a VM on."),
  stop: z.strictObject({ vm: vmName }).optional().describe("Powers a VM off."),
  reset: z
    .strictObject({ vm: vmName })
    .optional()
    .describe(
      "The guest starts again: its balloon driver is gone until it is up, its memory is written anew.",
    ),
  remove: z
    .strictObject({
      vm: field.label().optional().describe("Name of a VM: it is powered off, and there no more."),
      pool: field.label().optional().describe("Name of a pool that has nothing in it."),
    })
    .optional()
    .describe("A VM or a pool goes for good."),
  idleTax: mem.tax().optional().describe("Idle memory tax of the policy from now on, 0 % to 99 %."),
  migrate: move.migrate.optional().describe("Moves a running VM to another host."),
  fail: move.fail.optional().describe("A host or a link fails."),
  repair: move.repair.optional().describe("A link works again."),
  set: change.optional().describe("Changes controls or vCPUs of a VM or a pool."),
});
