/** Shape of what a VM does: streams of memory accesses and CPU work. Which keys go together is checked in rules. */
import * as z from "zod";
import { vcpusMax } from "./cpu-defaults.ts";
import * as field from "./fields.ts";
import { presetNames } from "./guest-presets.ts";

const threads = field.whole(1, 4 * vcpusMax);
const times = field.whole(1, 1_000_000_000);

/** A length of time, fixed or drawn. */
const length = () =>
  z.union(
    [
      field.ns(),
      z.strictObject({
        mean: field.someNs().describe("Mean length."),
        spread: field.ns().optional().describe("uniform: half the width; normal: standard deviation."),
        draw: z
          .enum(["uniform", "exponential", "normal"])
          .optional()
          .describe("Distribution; uniform with a spread, exponential without, if absent."),
      }),
    ],
    { error: "a time with a unit, such as 4ms, or a map with mean, spread and draw" },
  );

const stepShape = {
  run: length().optional().describe("Computes for this much CPU time."),
  sleep: length().optional().describe("Sleeps for this long; beside run: after it."),
  busy: z
    .union([z.literal(true), field.someNs()], { error: "true, or a time with a unit, such as 10s" })
    .optional()
    .describe("Computes for this much CPU time; true: for ever."),
  timer: field.someNs().optional().describe("Sleeps until this long after the last release by a timer."),
  lock: field.label().optional().describe("Takes the lock of this name."),
  unlock: field.label().optional().describe("Releases it."),
  barrier: field.label().optional().describe("Waits until every thread that has it is there."),
  suspend: field.label().optional().describe("Waits for a resume of this name."),
  resume: field
    .label()
    .optional()
    .describe("Lets all threads go on that are suspended on this name; lost if none is."),
  times: times.optional().describe("So many times; once if absent."),
};

/** One phase without repeats. */
export const plainPhase = z.strictObject(stepShape);

/** A phase that may repeat phases of the kind given. */
function withRepeat<Inner extends z.ZodType>(inner: Inner) {
  const repeat = z.strictObject({
    times: times.optional().describe("So many times; for ever if absent."),
    phases: field.list(inner, 1, 1000).describe("What is repeated."),
  });
  return z.strictObject({ ...stepShape, repeat: repeat.optional().describe("Phases to repeat.") });
}

/** Five levels, so that one too many is told by the rule that says how many there may be. */
export const phase = withRepeat(withRepeat(withRepeat(withRepeat(withRepeat(plainPhase)))));

/** A length of time as read: fixed or drawn. */
export type Length = NonNullable<z.output<typeof plainPhase>["run"]>;
/** A phase with the phases that it repeats. */
export type Phase = z.output<typeof plainPhase> & {
  readonly repeat?: { readonly times?: number | undefined; readonly phases: readonly Phase[] } | undefined;
};

export const sync = z.strictObject({
  name: field.label().describe("Name in lock and unlock, or in barrier."),
  kind: z
    .enum(["spin", "ticket", "mutex", "spin-barrier", "barrier"])
    .describe("How threads wait: spin, ticket and spin-barrier keep their vCPU busy."),
});

export const hot = z.strictObject({
  pages: field.ppm().optional().describe("Part of the range that is hot; 10 % if absent."),
  accesses: field.ppm().optional().describe("Part of the accesses that go there; 90 % if absent."),
});

export const content = z.strictObject({
  zero: field.ppm().optional().describe("Part of the writes that leave a page of zeroes; 0 % if absent."),
  common: field.ppm().optional().describe("Part of the writes that leave a common page; 0 % if absent."),
  same: field
    .ppm()
    .optional()
    .describe(
      "Part of the writes that leave the content as it was; they break sharing all the same. 0 % if absent.",
    ),
});

/** Keys of a stream of memory accesses. */
const streamShape = {
  preset: z
    .enum(presetNames)
    .optional()
    .describe(
      "A named workload of ballast's own round numbers; only start and stop go with it, and size with toucher.",
    ),
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
  size: field
    .someMemory()
    .optional()
    .describe(
      "Length of the range: a size, or percent of the VM's memory. To the end of memory if absent; with an os, what its kernel leaves.",
    ),
  pages: z
    .union([field.whole(1, 2 ** 40), z.string().min(1).max(4096)], {
      error: "a whole number, or the file of a page trace",
    })
    .optional()
    .describe(
      "A number: length of the range in pages, instead of size. A file: a page trace, instead of a pattern.",
    ),
  memory: z
    .enum(["anonymous", "file"])
    .optional()
    .describe("With an os: memory of a program, or a file in the page cache. anonymous if absent."),
  file: field
    .label()
    .optional()
    .describe(
      "With memory: file. Name of the file: equal names are equal files; a file of its own if absent.",
    ),
  accesses: field
    .whole(1, 1_000_000)
    .optional()
    .describe(
      "Accesses of an operation, instead of a rate; goes with work. Threads wait for pages that are not there.",
    ),
  work: length().optional().describe("CPU time of an operation, after its accesses."),
  exponent: z.number().gt(0).max(4).optional().describe("Exponent of zipf; 0.99 if absent."),
  hot: hot.optional().describe("The hot part of hot-cold, at the start of the range."),
  content: content.optional().describe("What writes leave behind; the rest is a content never seen before."),
};

export const barrier = z.strictObject({
  threads: threads.optional().describe("Threads that meet; one a vCPU if absent."),
  work: length().describe("CPU time of a thread between two meetings."),
  spin: z.boolean().optional().describe("Whether they wait by spinning; true if absent."),
  rounds: times.optional().describe("Meetings; for ever if absent."),
});

export const lock = z.strictObject({
  threads: threads.optional().describe("Threads that compete; one a vCPU if absent."),
  hold: length().describe("CPU time with the lock."),
  between: length().describe("CPU time without it."),
  kind: z.enum(["spin", "ticket", "mutex"]).optional().describe("How they wait; spin if absent."),
});

export const work = z.strictObject({
  ...streamShape,
  busy: z.literal(true).optional().describe("Threads that compute for ever."),
  run: length().optional().describe("CPU time of a round; each round is an operation."),
  sleep: length().optional().describe("Sleep after each round or operation; none if absent."),
  phases: field.list(phase, 1, 1000).optional().describe("Steps of a thread, each pass an operation."),
  times: times.optional().describe("Passes through phases; for ever if absent."),
  syncs: field.list(sync, 0, 1000).optional().describe("Kinds of the locks and barriers that phases name."),
  requests: field.gapNs().optional().describe("Requests per time, such as 100/s; each is an operation."),
  arrivals: z
    .enum(["exponential", "constant"])
    .optional()
    .describe("Gaps between requests; exponential if absent."),
  service: length().optional().describe("CPU time of a request."),
  barrier: barrier
    .optional()
    .describe("Threads that meet after each round of work; a round is an operation."),
  lock: lock.optional().describe("Threads that compete for a lock; each time with it is an operation."),
  trace: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe("CSV of utilization over time, or JSON of rt-app; relative to the scenario file."),
  gaps: z
    .enum(["fault", "hold"])
    .optional()
    .describe("hold: where a regular CSV lacks a row, the one before holds; a fault if absent."),
  threads: threads
    .optional()
    .describe("Threads that do so; if absent, one for operations on memory, else one a vCPU."),
  start: field.ns().optional().describe("When it starts; CPU work: after power-on. 0 s if absent."),
  stop: field
    .someNs()
    .optional()
    .describe(
      "When it stops; CPU work: after power-on, no round begins later. The end of the run if absent.",
    ),
});

/** Keys that only streams of memory accesses have. */
export const streamKeys: readonly string[] = Object.keys(streamShape);
