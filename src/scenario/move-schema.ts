/** The shape of what a scenario says about moving VMs: migrations, failures, links. */
import * as z from "zod";
import * as field from "./fields.ts";

/** Of a migration that has a second copy of the memory on the way. */
export const movePhases = [
  "reserved",
  "disk",
  "rounds",
  "stop",
  "state",
  "commits",
  "activates",
  "push",
] as const;

export const migrate = z.strictObject({
  vm: field.label().describe("Name of the VM."),
  to: field.label().describe("Name of the host that it goes to."),
  pool: field
    .label()
    .optional()
    .describe("Pool that it comes into, of the destination; directly below that host if absent."),
  mode: z
    .enum(["pre-copy", "post-copy", "hybrid", "stop-and-copy"])
    .optional()
    .describe("How; pre-copy if absent."),
  bandwidth: field.bitsPerSecond().optional().describe("Rate limit; none but the link's if absent."),
  rule: z
    .enum(["qemu", "clark", "vmotion", "xen", "remaining"])
    .optional()
    .describe("When pre-copy stops; qemu if absent."),
  downtimeLimit: field.someNs().optional().describe("Rules qemu and remaining; 300 ms if absent."),
  threshold: field
    .pages()
    .optional()
    .describe("Rule remaining: stops at so much, in place of downtimeLimit."),
  ratio: field
    .manyPpm()
    .optional()
    .describe("Stops where a round leaves more than this part of what it sent."),
  rounds: field
    .whole(1, 10_000)
    .optional()
    .describe("Rounds at the most; in mode hybrid before the switch, 1 if absent."),
  giveUp: field.someNs().optional().describe("Pre-copy ends then, as if its rounds were used up."),
  orElse: z
    .enum(["stop", "abort"])
    .optional()
    .describe(
      "Where pre-copy does not converge: stop the VM all the same, or leave it where it is; stop if absent.",
    ),
  rateMin: field.bitsPerSecond().optional().describe("Rule clark: first rate; 100Mbit/s if absent."),
  rateMax: field.bitsPerSecond().optional().describe("Rule clark: highest rate; 500Mbit/s if absent."),
  rateStep: field
    .bitsPerSecond()
    .optional()
    .describe("Rule clark: added to the dirty rate; 50Mbit/s if absent."),
  autoConverge: z.boolean().optional().describe("Rule qemu: slows a guest down that dirties too fast."),
  stun: field
    .whole(1, 1_000_000)
    .optional()
    .describe("Parks a stream of accesses after so many write faults; never if absent."),
  skipDirty: z
    .boolean()
    .optional()
    .describe("Leaves pages out of a round that have been dirtied again in it; by rule: clark and xen do."),
  skipFree: z
    .boolean()
    .optional()
    .describe("Leaves pages out that a guest with an os holds free; true if absent."),
  xbzrle: field
    .someBytes()
    .optional()
    .describe(
      "Pages sent again go as deltas: of this size where contents are ids, exact where they are bytes.",
    ),
  latency: field
    .ns()
    .optional()
    .describe("Round trip, where there is no link between the hosts that says so; 0 if absent."),
  switchover: field.ns().optional().describe("Redirecting network and disks; 0 if absent."),
  announce: field
    .ns()
    .optional()
    .describe("From the VM's running again until requests find it; 50 ms if absent."),
  deviceState: field.bytes().optional().describe("Registers and devices; 0 if absent."),
  disk: field
    .bytes()
    .optional()
    .describe("Disk that is not on shared storage: it is copied first; 0 if absent."),
  sharedSwap: z
    .boolean()
    .optional()
    .describe("Whether the swap file is on storage that both hosts see; false if absent."),
  bubbling: z.boolean().optional().describe("Post-copy: pages around the last fault first; true if absent."),
  cpuPerPage: field
    .ns()
    .optional()
    .describe("Processor time of a page on either host; 3280ns if absent: a core at 10 Gbit/s."),
});

export const fail = z.strictObject({
  host: field.label().optional().describe("Host that fails: its VMs are lost."),
  link: z
    .tuple([field.label(), field.label()])
    .optional()
    .describe("Two hosts between which no migration gets through any more."),
  phase: z
    .enum(movePhases)
    .optional()
    .describe("Not at `at`, but when a migration first comes to this phase after it."),
  vm: field.label().optional().describe("With phase: the VM whose migration is meant; any if absent."),
});

export const repair = z.strictObject({
  link: z
    .tuple([field.label(), field.label()])
    .describe("Two hosts between which migrations get through again."),
});

export const link = z.strictObject({
  between: z.tuple([field.label(), field.label()]).describe("The two hosts."),
  bandwidth: field.bitsPerSecond().describe("What it carries, each way."),
  latency: field.ns().optional().describe("Round trip; 0 if absent."),
});

export const limits = z.strictObject({
  concurrentMigrations: field
    .whole(1, 64)
    .optional()
    .describe(
      "VMs that can be on the move at once, each with a second range of pages; as many as are ever asked for, 8 at the most, if absent.",
    ),
});
