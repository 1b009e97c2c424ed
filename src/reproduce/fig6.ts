/**
 * Statistical sampling of active memory: a program in a Windows VM touches more and more memory, then less and less, and the
 * host's estimate from 100 pages per 30 s follows: at once when use rises, slowly when it falls.
 *
 * When the program gives memory back, the zero-page thread of Windows touches it once more: the spike after each exit.
 *
 * Here the VM has 320 MB, since 250 MB and what else is active do not fit one of 256. The walk is repeated, so that the
 * error of the estimate can be told from chance.
 *
 * Source: ESX'02 §5.3, Figure 6.
 */
import type { Result } from "../report/result.ts";
import { resolveScenario } from "../scenario/index.ts";
import { simulate } from "../sim/simulate.ts";
import { bounded, type Experiment, type Row, row } from "./experiment.ts";
import { lineOf, type Plot, type Point } from "./plot.ts";

const MB = 256;
const VM_PAGES = 320 * MB;
const SAMPLES = 100;
/** Periods of 30 s. */
const PERIOD = 30;
/** Memory touched in each step of a walk, MB, and periods that a step takes. */
const WALK = [0, 50, 100, 150, 200, 250, 0, 200, 50] as const;
const STEP = 14;
const WALKS = 2;
const BOOT = 4;
/** Gain of the fast average: it keeps so much. */
const FAST_KEEP = 0.25;

/** Steps in the order of time: first period, and MB touched. */
const steps = Array.from({ length: WALKS }, (_, walk) =>
  WALK.map((mb, k) => ({ from: BOOT + (walk * WALK.length + k) * STEP, mb })),
).flat();

/** Runs the walks; `fastPercent` 75 has no fast average. */
export function runToucher(options: { readonly fastPercent: number }): Promise<Result> {
  const touch = ({ from, mb }: { from: number; mb: number }) => ({
    pattern: "sequential" as const,
    // Each page at least once a period.
    rate: `${Math.ceil((1.25 * mb * MB) / PERIOD)}/s`,
    writes: "50%",
    size: `${mb}MiB`,
    start: `${from * PERIOD}s`,
    stop: `${(from + STEP) * PERIOD}s`,
  });
  const scenario = resolveScenario({
    ballast: 1,
    name: "fig6",
    seed: 6,
    duration: `${(BOOT + steps.length * STEP) * PERIOD}s`,
    series: { every: `${PERIOD}s` },
    hosts: [{ name: "host", memory: "1GiB", cpu: { mhz: 800 } }],
    vms: [
      {
        name: "windows",
        memory: "320MiB",
        os: { kind: "windows", boot: "30s" },
        workload: [{ preset: "windows-idle" }, ...steps.filter(({ mb }) => mb > 0).map(touch)],
      },
    ],
    policies: {
      memory: {
        name: "min-funding",
        sharing: "none",
        sampling: {
          every: `${PERIOD}s`,
          pages: SAMPLES,
          slow: "75%",
          fast: `${options.fastPercent}%`,
        },
      },
    },
  });
  return simulate(scenario);
}

/** A period that has ended: what was touched in it, what the host says. Parts of the VM's memory. */
interface Period {
  readonly truth: number;
  readonly estimate: number;
  /** What was touched of the pages watched, worked back from the fast average. */
  readonly sampled: number;
}

/** The periods of a run, the first of which ends after one period. */
function periods({ series }: Result, fastKeep: number): Period[] {
  const vm = series.vms["windows"]!;
  return vm.activePages.slice(1).map((active, k) => {
    const [before, now] = [vm.activeFastPages[k]! / VM_PAGES, vm.activeFastPages[k + 1]! / VM_PAGES];
    const sampled = k === 0 ? now : (now - fastKeep * before) / (1 - fastKeep);
    return { truth: active / VM_PAGES, estimate: vm.activeEstimatePages[k + 1]! / VM_PAGES, sampled };
  });
}

/** Standard error of a part that is estimated from the pages watched. */
function sigma(part: number): number {
  return Math.sqrt((part * (1 - part)) / SAMPLES) * Math.sqrt((VM_PAGES - SAMPLES) / (VM_PAGES - 1));
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The table of the figure. */
export function samplingRows(result: Result, fastKeep = FAST_KEEP): Row[] {
  const all = periods(result, fastKeep);
  // The first two periods of a step hold its change, and the zero-page thread.
  const steady = steps.flatMap(({ from }) => all.slice(from + 2, from + STEP));
  const covered = steady.filter(
    ({ truth, sampled }) => Math.abs(sampled - truth) <= 1.96 * sigma(truth) + 5e-3,
  );
  // Well into a step: the slow average has come down too.
  const settled = steps.flatMap(({ from }) => all.slice(from + STEP - 2, from + STEP));
  const rises = steps.filter(({ mb }, k) => k > 0 && mb - steps[k - 1]!.mb === 50);
  const isLow = ({ truth, estimate }: (typeof all)[number]): boolean => estimate < truth - 2 * sigma(truth);
  const falls = steps.filter(({ mb }, k) => k > 0 && steps[k - 1]!.mb - mb >= 150);
  // Part of the fall that the estimate still holds after three periods.
  const held = falls.map(({ from }) => {
    const before = all[from - 1]!.estimate;
    const { truth, estimate } = all[from + 2]!;
    return (100 * (estimate - truth)) / (before - truth);
  });
  const exits = steps.filter(({ mb }, k) => k > 0 && mb === 0 && steps[k - 1]!.mb === 250);
  const spike = exits.map(({ from }) => ((all[from]!.truth - all[from + 3]!.truth) * VM_PAGES) / MB);
  const low = steady.filter(isLow);
  return [
    row("periods whose sample is within 95 % of chance", "K", "%", {
      published: 95,
      simulated: (100 * covered.length) / steady.length,
      tolerance: 3,
    }),
    // One in twenty misses by chance.
    bounded("at least", "rises of 50 MB that the estimate has within a period", "?", "%", {
      published: 85,
      simulated: (100 * rises.filter(({ from }) => !isLow(all[from + 1]!)).length) / rises.length,
    }),
    bounded("at least", "of a fall it still holds after 3 periods", "K", "%", {
      published: 25,
      simulated: mean(held),
    }),
    row("steady periods with an estimate below truth by over 2 σ", "K", "%", {
      published: 0,
      simulated: (100 * low.length) / steady.length,
      tolerance: 1,
    }),
    row("settled: mean estimate above truth", "?", "MB", {
      published: 0,
      simulated: (mean(settled.map(({ truth, estimate }) => estimate - truth)) * VM_PAGES) / MB,
      tolerance: 16,
    }),
    row("exit of 250 MB: the zero-page thread touches", "?", "MB", {
      published: 250,
      simulated: mean(spike),
      tolerance: 25,
    }),
    row("active without the program", "K", "MB", {
      published: 15,
      simulated: mean(exits.map(({ from }) => (all[from + 5]!.truth * VM_PAGES) / MB)),
      tolerance: 5,
    }),
  ];
}

function plotsOf(result: Result): Plot[] {
  const vm = result.series.vms["windows"]!;
  const touched = steps.slice(0, WALK.length).flatMap(({ from, mb }): Point[] => [
    [from / 2, mb],
    [(from + STEP) / 2, mb],
  ]);
  const end = (BOOT + WALK.length * STEP) / 2;
  const first = (line: ReturnType<typeof lineOf>) => ({
    ...line,
    points: line.points.filter(([at]) => at <= end),
  });
  return [
    {
      title: "Figure 6: the first walk",
      x: "time, min",
      y: "memory, MB",
      lines: [
        first(lineOf("estimate", result, vm.activeEstimatePages)),
        first(lineOf("touched, truly", result, vm.activePages)),
        first(lineOf("slow average", result, vm.activeSlowPages)),
        first(lineOf("fast average", result, vm.activeFastPages)),
        { name: "the program's size, as published: 50 to 250 MB", points: touched, published: true },
      ],
    },
  ];
}

export const fig6: Experiment = {
  id: "esx02-fig6",
  title: "Active memory by statistical sampling",
  source: "Waldspurger, OSDI 2002, §5.3, Figure 6",
  async run() {
    const result = await runToucher({ fastPercent: 100 * FAST_KEEP });
    return { rows: samplingRows(result), plots: plotsOf(result) };
  },
  ablation: {
    what: "without the fast average",
    async run() {
      return samplingRows(await runToucher({ fastPercent: 75 }), 0.75);
    },
  },
};
