/**
 * The bench harness: cases that first must agree, and then are timed against each other.
 *
 *   agree    every case runs once; cases that answer the same question must give the same digest
 *   warm     every case runs until the compiler is through with it
 *   time     rounds; in each, every case for a slice of time, in an order that rotates by one each round
 *   judge    value of a case = median over rounds; ratio = median over rounds of the ratio within the round
 *
 * tinybench runs and times the cases of one round (its samples, its median), but cannot interleave: it runs a case to
 * its end before the next, and a machine that gets slower in between then favours the first. So each round is one small
 * `Bench` of its own, and what goes over rounds is done here.
 *
 * With BENCH=full (as `npm run bench` sets it) all of this; else the smoke: small sizes, agreement only.
 */
import { createHash } from "node:crypto";
import { Bench } from "tinybench";
import { type CaseResult, publish, type RatioResult, type RunResult } from "./report.ts";

export const full: boolean = process.env["BENCH"] === "full";

const ROUNDS = 15;
const SLICE_MS = 20;
const SAMPLE_MS = 0.5;

/** A case; what it returns is its answer. */
export type Case = (() => unknown) | CaseOptions;

export interface CaseOptions {
  readonly run: () => unknown;
  /** The answer, read after `run`; what `run` returned if absent. Not timed. */
  readonly answer?: () => unknown;
  /** Only cases of the same question need the same answer. */
  readonly question?: string;
  /** Restores what `run` uses up; not timed, and then each call is timed by itself. */
  readonly prepare?: () => void;
  /** False: the case only confirms the answers of the others. */
  readonly timed?: boolean;
}

export interface Goal {
  /** What is divided by what, in words. */
  readonly name: string;
  /** The ratio, higher is better, from one round's times. NaN: that round is not fit to judge by. */
  readonly ratio: (time: Readonly<Record<string, number>>) => number;
  /** Cases whose times it reads: where one could not run, the goal is left out. */
  readonly needs: readonly string[];
  /** Absent: the ratio is shown, and no goal is set. */
  readonly atLeast?: number;
}

export interface RunOptions {
  /** Bytes that a call of any case works through: shown as GB/s. */
  readonly bytes?: number;
  readonly goals?: readonly Goal[];
  readonly rounds?: number;
  /** CPU time of this thread instead of time on the wall: for cases that run on this thread alone. */
  readonly threadClock?: (() => number) | undefined;
  /** Before each case is asked for its answer: wipes what the case before has left. */
  readonly clear?: () => void;
}

/** A size: the smoke's, or the full one. */
export function parameter(_name: string, smoke: number, whole: number): number {
  return full ? whole : smoke;
}

/** "a is so many times as fast as b". */
export function faster(a: string, b: string, atLeast?: number): Goal {
  const ratio: Goal["ratio"] = (time) => time[b]! / time[a]!;
  return { name: `${a} / ${b}`, needs: [a, b], ratio, ...(atLeast === undefined ? {} : { atLeast }) };
}

/** A short digest of results that lie in memory. */
export function digest(results: ArrayBufferView): string {
  // Copied, because hashes do not take shared memory.
  const bytes = new Uint8Array(results.byteLength);
  bytes.set(new Uint8Array(results.buffer, results.byteOffset, results.byteLength));
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}

/**
 * Lets cases agree, and times them if sizes are full.
 *
 * @param title    what is measured, with its size
 * @param cases    by name; an undefined case is one that this machine cannot run
 * @param options  see there
 * @throws if two cases of one question answer differently, or a case has no other to agree with
 */
export async function run(
  title: string,
  cases: Readonly<Record<string, Case | undefined>>,
  options: RunOptions = {},
): Promise<void> {
  const present = Object.entries(cases).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, typeof value === "function" ? { run: value } : value] as const],
  );
  const complete = present.length === Object.keys(cases).length;
  await agree(title, new Map(present), options.clear, complete);
  if (!full) {
    console.log(`${title}: ${present.length} cases agree`);
    return;
  }
  const timed = new Map(present.filter(([, options]) => options.timed !== false));
  publish(judge(title, await time(timed, options), options));
}

async function agree(
  title: string,
  cases: ReadonlyMap<string, CaseOptions>,
  clear: (() => void) | undefined,
  complete: boolean,
): Promise<void> {
  const answers = new Map<string, { name: string; answer: string; count: number }>();
  for (const [name, { run, answer, prepare, question = "" }] of cases) {
    clear?.();
    prepare?.();
    const returned = await run();
    const own = String(answer === undefined ? returned : answer());
    const first = answers.get(question) ?? { name, answer: own, count: 0 };
    if (own !== first.answer) {
      throw new Error(`${title}: "${name}" answers ${own}, but "${first.name}" answers ${first.answer}`);
    }
    answers.set(question, { ...first, count: first.count + 1 });
  }
  for (const { name, count } of answers.values()) {
    if (count < 2 && complete) throw new Error(`${title}: "${name}" has no other case to agree with`);
  }
}

/** Times in ms of one call, per round and case. */
async function time(
  cases: ReadonlyMap<string, CaseOptions>,
  options: RunOptions,
): Promise<Record<string, number>[]> {
  const now = options.threadClock ?? (() => performance.now());
  const repeats = new Map<string, number>();
  for (const [name, { run, prepare }] of cases) {
    repeats.set(name, prepare === undefined ? await warm(run, now) : await warmPrepared(run, prepare));
  }
  const names = [...cases.keys()];
  const rounds: Record<string, number>[] = [];
  for (let round = 0; round < (options.rounds ?? ROUNDS); round += 1) {
    const bench = new Bench({ time: SLICE_MS, iterations: 1, warmup: false, throws: true, now });
    const order = names.map((_, i) => names[(i + round) % names.length]!);
    for (const name of order) {
      const { run, prepare } = cases.get(name)!;
      const hooks = prepare === undefined ? {} : { beforeEach: prepare };
      bench.add(name, repeated(run, repeats.get(name)!), hooks);
    }
    const times: Record<string, number> = {};
    for (const task of await bench.run()) {
      const { result } = task;
      if (!("latency" in result)) throw new Error(`bench: "${task.name}" was not timed: ${result.state}`);
      times[task.name] = result.latency.p50 / repeats.get(task.name)!;
    }
    rounds.push(times);
  }
  return rounds;
}

/** Runs a case until its optimised code is surely in use; says how many calls make a sample worth a clock reading. */
async function warm(run: () => unknown, now: () => number): Promise<number> {
  let calls = 0;
  let waits = false;
  const start = now();
  do {
    const returned = run();
    if (returned instanceof Promise) {
      waits = true;
      await returned;
    }
    calls += 1;
  } while (now() - start < 5 * SLICE_MS || calls < 3);
  if (waits) return 1; // awaited one by one
  const each = (now() - start) / calls;
  return Math.max(1, Math.round(SAMPLE_MS / each));
}

/** The same for a case that is prepared before every call. */
async function warmPrepared(run: () => unknown, prepare: () => void): Promise<number> {
  for (let call = 0; call < 5; call += 1) {
    prepare();
    await run();
  }
  return 1;
}

function repeated(run: () => unknown, calls: number): () => unknown {
  if (calls === 1) return run;
  return () => {
    for (let call = 0; call < calls; call += 1) run();
  };
}

function judge(title: string, rounds: readonly Record<string, number>[], options: RunOptions): RunResult {
  const names = Object.keys(rounds[0]!);
  const cases = names.map((name): CaseResult => {
    const ms = median(rounds.map((times) => times[name]!));
    return {
      name,
      ns: ms * 1e6,
      ...(options.bytes === undefined ? {} : { bytesPerSecond: (options.bytes / ms) * 1e3 }),
    };
  });
  const ratios = (options.goals ?? []).flatMap((goal): RatioResult[] => {
    if (!goal.needs.every((name) => names.includes(name))) return [];
    const values = rounds.map((times) => goal.ratio(times)).filter((value) => Number.isFinite(value));
    const fit = values.length > 0;
    return [
      {
        name: goal.name,
        ratio: fit ? median(values) : null,
        min: fit ? Math.min(...values) : null,
        max: fit ? Math.max(...values) : null,
        rounds: values.length,
        ...(goal.atLeast === undefined ? {} : { atLeast: goal.atLeast }),
      },
    ];
  });
  const clock = options.threadClock === undefined ? "wall" : "thread CPU";
  return { title, rounds: rounds.length, clock, cases, ratios };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
