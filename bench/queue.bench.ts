/**
 * Question: is the core's queue as fast as the same tree in C, and how much faster than the queues one would take
 * elsewhere? The hold model: the earliest event happens, and is due again a random while later.
 *
 * Three kinds of whiles: uniform; skewed, a fifth of them 16 times as long as the others in the mean, so that 20 % of the
 * events take 80 % of the time; bursts, whole milliseconds, so that many events are due at one time. Cases agree on the
 * times and rows of events in their order.
 */
import FlatQueue from "flatqueue";
import type { Core } from "../src/core/boot.ts";
import { queueCore } from "../test/support/queue.ts";
import { baseOf, writeTable } from "./columns.ts";
import { faster, parameter, run } from "./harness.ts";
import { tournamentTree } from "./model/queue.ts";
import { nativeModule } from "./native.ts";
import { xorshift32 } from "./random.ts";

const STEPS = parameter("steps", 500, 100_000);
const MASK = parameter("increments", 1 << 10, 1 << 16) - 1;
const TABLE_ROWS = 8;

const MS = 1_000_000;
const unit = (draw: () => number): number => (draw() + 0.5) / 2 ** 32;
const exponential = (mean: number, draw: () => number): number => Math.ceil(-mean * Math.log(unit(draw)));
/** Increments in ns, 10 ms or so in the mean. */
const KINDS = {
  uniform: (draw: () => number) => 1 + (draw() % (20 * MS)),
  skewed: (draw: () => number) => exponential(draw() % 5 === 0 ? 40 * MS : 2.5 * MS, draw),
  bursts: (draw: () => number) => MS * (1 + (draw() % 16)),
};

/** One that holds: lets `count` events happen after `from` of them, and answers with a digest of them. */
type Hold = (from: number, count: number) => number;

interface Load {
  readonly times: Float64Array;
  readonly increments: Uint32Array;
}

/** A core whose queue has the first times, and whose scratch the load. */
function queueOf({ times, increments }: Load) {
  const core = queueCore(times.length, TABLE_ROWS + times.length + increments.length / 2, "release");
  times.forEach((at, event) => {
    core.wasm.queue_schedule(event, BigInt(at));
  });
  const timesAt = baseOf(core, "scratchWord") + 8 * TABLE_ROWS;
  const incrementsAt = timesAt + 8 * times.length;
  new Float64Array(core.memory.buffer, timesAt).set(times);
  new Uint32Array(core.memory.buffer, incrementsAt).set(increments);
  return { core, timesAt, incrementsAt };
}

function holdInCore({ core, incrementsAt }: ReturnType<typeof queueOf>): Hold {
  return (from, count) => core.wasm.queue_hold(incrementsAt, MASK, from, count) >>> 0;
}

function bytesOf(core: Core): Uint8Array {
  return new Uint8Array(core.memory.buffer);
}

/** On the columns of a core that has filled them, and that stays in reach as long as C is. */
function holdInC(queue: ReturnType<typeof queueOf>) {
  const { core, incrementsAt } = queue;
  const native = nativeModule("queue", [], bytesOf(core));
  const { event, tree } = core.plan.rows;
  writeTable(core, ["eventAt", "treeDue", "treeWinner"], [incrementsAt, MASK, event, tree]);
  const hold = native?.control("hold");
  const tableOf = ({ core }: typeof queue): number => baseOf(core, "scratchWord");
  return {
    now: native?.now,
    hold: hold && ((from: number, count: number) => hold(tableOf(queue), from, count)),
  };
}

function holdInStd(queue: ReturnType<typeof queueOf>): Hold | undefined {
  const native = nativeModule("std-queue", [], bytesOf(queue.core));
  if (native === undefined) return undefined;
  native.control("fill")(queue.timesAt, queue.core.plan.rows.event);
  const hold = native.control("hold");
  return (from, count) => hold(queue.incrementsAt, MASK, from, count);
}

function fold(digest: number, at: number, event: number): number {
  return (Math.imul(digest, 0x9e3779b1) + (at | 0)) ^ event;
}

function holdInTwin({ times, increments }: Load): Hold {
  const queue = tournamentTree(times.length);
  times.forEach((at, event) => {
    queue.schedule(event, at);
  });
  return (from, count) => {
    let digest = 0;
    for (let step = from; step < from + count; step += 1) {
      const event = queue.earliest();
      const at = queue.at[event]!;
      digest = fold(digest, at, event);
      queue.schedule(event, at + increments[step & MASK]!);
    }
    return digest >>> 0;
  };
}

/** flatqueue orders by one number: time and row in one, exact as long as it stays below 2^53. */
function holdInFlatQueue({ times, increments }: Load): Hold {
  const rows = 2 ** Math.ceil(Math.log2(times.length));
  const queue = new FlatQueue(times.length);
  times.forEach((at, event) => {
    queue.push(event, at * rows + event);
  });
  return (from, count) => {
    let digest = 0;
    for (let step = from; step < from + count; step += 1) {
      const key = queue.peekValue()!;
      const event = queue.pop()!;
      const at = (key - event) / rows;
      digest = fold(digest, at, event);
      queue.push(event, (at + increments[step & MASK]!) * rows + event);
    }
    if (queue.peekValue()! >= 2 ** 52) throw new Error("queue bench: time and row are more than one number");
    return digest >>> 0;
  };
}

/** Each case on a clock of its own. Twice as many events happen first as are pending, so that what was put in has mixed. */
function onward(hold: Hold, events: number): () => number {
  let from = 0;
  const next = (count: number): number => {
    const digest = hold(from, count);
    from += count;
    return digest;
  };
  next(2 * events);
  return () => next(STEPS);
}

async function bench(events: number, kind: keyof typeof KINDS): Promise<void> {
  const draw = xorshift32(events);
  const load = {
    times: Float64Array.from({ length: events }, () => KINDS[kind](draw)),
    increments: Uint32Array.from({ length: MASK + 1 }, () => KINDS[kind](draw)),
  };
  const c = holdInC(queueOf(load));
  const std = holdInStd(queueOf(load));
  await run(
    `queue, ${events} pending, ${kind}`,
    {
      core: onward(holdInCore(queueOf(load)), events),
      C: c.hold && onward(c.hold, events),
      "std::priority_queue": std && onward(std, events),
      flatqueue: onward(holdInFlatQueue(load), events),
      twin: onward(holdInTwin(load), events),
    },
    {
      threadClock: c.now,
      goals: [
        faster("core", "C", events < 1_000_000 ? 0.75 : 0.65),
        faster("core", "std::priority_queue", 2.5),
        faster("core", "flatqueue", 2),
        faster("core", "twin"),
      ],
    },
  );
}

for (const events of [
  parameter("events", 5, 1000),
  parameter("events", 33, 16_384),
  parameter("events", 100, 131_072),
  parameter("events", 256, 1_000_000),
]) {
  for (const kind of ["uniform", "skewed", "bursts"] as const) await bench(events, kind);
}
