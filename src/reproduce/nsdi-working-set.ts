/**
 * Writable working sets: what programs write per 50 ms, and the downtimes that predicts per bandwidth and rounds of pre-copy.
 *
 * The paper traced real programs in a VM of 512 MB. Here guests of the same size run in simulation, and their dirty bitmap
 * is read every 50 ms; what they do is ours, one guest in the manner of each of the paper's programs. What is judged is
 * what the figures are there to show: that most is saved by the first round, that further ones save less and less, that
 * a faster link helps more than in proportion, and that the set changes with what a program is at.
 *
 * Source: Clark et al., NSDI 2005, §4, Figures 2 to 6. No number of theirs is at hand: shape only.
 */

import { replay } from "../migrate/dirty-replay.ts";
import type { DirtySeries } from "../migrate/dirty-series.ts";
import { type PredictedDowntime, predictDowntimes } from "../migrate/index.ts";
import { resolveScenario } from "../scenario/index.ts";
import { recordDirty } from "../sim/record-dirty.ts";
import { bounded, type Experiment, type Row } from "./experiment.ts";
import type { Plot, Point } from "./plot.ts";

const EVERY_NS = 50e6;
const MEMORY_MIB = 512;
const MEMORY_PAGES = MEMORY_MIB * 256;
const MBITS = [128, 256, 512];
const ROUNDS = 4;
const SECONDS = 12;
const PAGES_PER_MB = 256;

type Stream = Readonly<Record<string, unknown>>;

/** A guest of 512 MB that runs these streams, and its dirty bitmap every 50 ms. */
export async function trace(name: string, seconds: number, streams: readonly Stream[]): Promise<DirtySeries> {
  const scenario = resolveScenario({
    ballast: 1,
    name,
    seed: 5,
    duration: `${seconds}s`,
    hosts: [{ name: "h1", memory: "1GiB" }],
    vms: [{ name: "vm", memory: `${MEMORY_MIB}MiB`, workload: streams }],
    policies: { memory: { sharing: "none", reclaim: "none" } },
  } as never);
  return recordDirty(scenario, { vm: "vm", everyNs: EVERY_NS });
}

const writes = (pattern: string, rate: number, mib: number, offset: number, more: Stream = {}): Stream => ({
  pattern,
  rate: `${rate}/s`,
  writes: "100%",
  size: `${mib}MiB`,
  offset: `${offset}MiB`,
  ...more,
});

/** What the guests do: a hot set that is written again and again, and one that the program wanders through. */
const GUESTS = {
  "nsdi05-fig3": {
    about: "a compiler",
    figure: 3,
    streams: [writes("zipf", 20_000, 48, 0), writes("sequential", 700, 256, 64)],
  },
  "nsdi05-fig4": {
    about: "a database that takes orders",
    figure: 4,
    streams: [writes("zipf", 12_000, 128, 0), writes("uniform", 400, 256, 128)],
  },
  "nsdi05-fig5": { about: "a game's server", figure: 5, streams: [writes("zipf", 8_000, 24, 0)] },
  "nsdi05-fig6": {
    about: "a web server under load",
    figure: 6,
    streams: [writes("zipf", 15_000, 32, 0), writes("sequential", 1_200, 400, 64)],
  },
} as const;

type GuestId = keyof typeof GUESTS;

/** A guest without a working set: any page of all of its memory, faster than the slowest link. */
const NO_SET = [writes("uniform", 40_000, MEMORY_MIB, 0)];

function predict(series: DirtySeries): PredictedDowntime[] {
  return predictDowntimes(series, {
    bandwidthsBitsPerS: MBITS.map((mbit) => mbit * 1e6),
    roundsMax: ROUNDS,
    memoryPages: MEMORY_PAGES,
  });
}

function downtimeRows(series: DirtySeries): Row[] {
  const all = predict(series);
  const mean = (mbit: number, rounds: number): number =>
    all.find((one) => one.bandwidthBitsPerS === mbit * 1e6 && one.rounds === rounds)!.downtimeNs.mean / 1e9;
  const firstSaves = Math.min(...MBITS.map((mbit) => mean(mbit, 0) / mean(mbit, 1)));
  const laterSave = Math.max(
    ...MBITS.map((mbit) => {
      const first = mean(mbit, 0) - mean(mbit, 1);
      // Nothing more to save than the first did, which was nothing.
      return first > 0 ? (mean(mbit, 1) - mean(mbit, ROUNDS)) / first : 1;
    }),
  );
  return [
    bounded("at least", "first round shortens the downtime", "?", "times", {
      published: 2,
      simulated: firstSaves,
    }),
    bounded("at most", "what three more save, of what the first saves", "?", "%", {
      published: 50,
      simulated: 100 * laterSave,
    }),
    bounded("at least", "four times the bandwidth, four rounds: shorter", "?", "times", {
      published: 4,
      simulated: mean(128, ROUNDS) / mean(512, ROUNDS),
    }),
  ];
}

function downtimePlot(figure: number, about: string, series: DirtySeries): Plot {
  const all = predict(series);
  return {
    title: `Figure ${figure}: predicted downtime of ${about}`,
    x: "rounds of pre-copy",
    y: "downtime, s",
    lines: MBITS.map((mbit) => ({
      name: `${mbit} Mbit/s`,
      points: all
        .filter((one) => one.bandwidthBitsPerS === mbit * 1e6 && one.rounds > 0)
        .map(({ rounds, downtimeNs }): Point => [rounds, downtimeNs.mean / 1e9]),
    })),
  };
}

function rateLine(series: DirtySeries): Plot["lines"][number] {
  const step = Math.max(1, Math.ceil(series.samples.length / 400));
  const points = series.samples.flatMap(({ pages, seconds }, at): Point[] =>
    at % step === 0 ? [[(at * EVERY_NS) / 1e9, pages / PAGES_PER_MB / (seconds * 20)]] : [],
  );
  return { name: "written per 50 ms", points };
}

function downtimeExperiment(id: GuestId): Experiment {
  const { about, figure, streams } = GUESTS[id];
  return {
    id,
    title: `Downtime of ${about}, by bandwidth and rounds`,
    source: `Clark et al., NSDI 2005, §4.2, Figure ${figure} (the guest: ours, in its manner)`,
    async run() {
      const series = await trace(id, SECONDS, streams);
      const rate: Plot = {
        title: `Figure ${figure}: what it writes`,
        x: "time, s",
        y: "MB",
        lines: [rateLine(series)],
      };
      return { rows: downtimeRows(series), plots: [downtimePlot(figure, about, series), rate] };
    },
    ablation: {
      what: "without a working set: any page of all of its memory",
      async run() {
        return downtimeRows(await trace(id, SECONDS, NO_SET));
      },
    },
  };
}

export const nsdiDowntimes: readonly Experiment[] = (Object.keys(GUESTS) as GuestId[]).map(
  downtimeExperiment,
);

/** A dozen programs, one behind the other: how much of the memory each writes, MiB, and how often. */
const PROGRAMS = [
  [180, 6000],
  [120, 3000],
  [90, 12_000],
  [4, 4000],
  [3, 2000],
  [150, 5000],
  [2, 1500],
  [60, 8000],
  [110, 9000],
  [70, 4000],
  [190, 15_000],
  [8, 3000],
] as const;
const PROGRAM_S = 10;
const WINDOW_S = 8;

async function setRows(programs: readonly (readonly [number, number])[]): Promise<[Row[], Plot]> {
  const series = await trace(
    "nsdi05-fig2",
    programs.length * PROGRAM_S,
    programs.map(([mib, rate], at) =>
      writes("zipf", rate, mib, 0, { start: `${at * PROGRAM_S}s`, stop: `${(at + 1) * PROGRAM_S}s` }),
    ),
  );
  const { distinct } = replay(series);
  const windows = Array.from(
    { length: Math.floor(series.seconds) - WINDOW_S },
    (_, at): Point => [at, distinct(at, WINDOW_S) / PAGES_PER_MB],
  );
  const short = programs.map((_, at) => distinct(at * PROGRAM_S + 1, WINDOW_S) / PAGES_PER_MB);
  const rows = [
    bounded("at least", "largest set of a program over the smallest", "?", "times", {
      published: 8,
      simulated: Math.max(...short) / Math.min(...short),
    }),
    bounded("at most", "largest set of any 8 s, of the memory", "?", "%", {
      published: 50,
      simulated: (100 * Math.max(...windows.map(([, mb]) => mb))) / MEMORY_MIB,
    }),
  ];
  const plot: Plot = {
    title: "Figure 2: writable working set of a run of programs",
    x: "time, s",
    y: "written, MB",
    lines: [{ name: "in 8 s", points: windows }, rateLine(series)],
  };
  return [rows, plot];
}

export const nsdiFig2: Experiment = {
  id: "nsdi05-fig2",
  title: "The writable working set changes with the program",
  source: "Clark et al., NSDI 2005, §4.1, Figure 2 (the programs: ours)",
  async run() {
    const [rows, plot] = await setRows(PROGRAMS);
    return { rows, plots: [plot] };
  },
  ablation: {
    what: "with programs that are all alike",
    async run() {
      const [rows] = await setRows(PROGRAMS.map(() => [90, 6000] as const));
      return rows;
    },
  },
};
