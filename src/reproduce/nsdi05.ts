/**
 * Live migration of Xen guests: a web server under load, and a program that does nothing but write.
 *
 * The guests are not published as dirty bitmaps, only as transfers. Here the web server is a curve that was fitted to its
 * first three rounds, D(T) = 16 (1 − e^(−T / 0.1 s)) + 508 (1 − e^(−T / 220 s)) MB, so that the first rounds say little
 * and what follows from the rule says more: how many bytes, how long, how long still. The writer runs over 256 MB faster
 * than any link. All published numbers are recalled, not read: approximate.
 *
 * Source: Clark et al., NSDI 2005, §6, Figures 9 and 12.
 */
import { lawful } from "../migrate/dirtying.ts";
import { type ModePlan, planMigration } from "../migrate/index.ts";
import { exp } from "../number/power.ts";
import { type Experiment, type Row, row } from "./experiment.ts";
import type { Plot, Point } from "./plot.ts";

const MB = 1e6;
const PAGES_PER_MB = MB / 4096;
/** Beyond it the curve is flat: no round lasts as long. */
const CURVE_END_S = 60;

/** The web server's migration: 100 to 500 Mbit/s, 50 above what is dirtied. */
export function webServer(rounds?: number): ModePlan {
  const law = (seconds: number): number => {
    const t = Math.min(seconds, CURVE_END_S);
    return (16 * (1 - exp(-t / 0.1)) + 508 * (1 - exp(-t / 220))) * PAGES_PER_MB;
  };
  return planMigration({
    memory: Math.round(676.8 * MB),
    bandwidth: "500Mbit/s",
    dirtying: lawful(law(CURVE_END_S), law),
    rule: "clark",
    // What resuming took in the paper.
    switchover: "9ms",
    mode: "pre-copy",
    ...(rounds === undefined ? {} : { rounds }),
  }).modes[0]!;
}

/** The writer's migration. */
export function diabolicalWriter(workingSet = "256MB"): ModePlan {
  return planMigration({
    memory: "512MB",
    workingSet,
    dirtyRate: "1000MB/s",
    pattern: "linear",
    bandwidth: "500Mbit/s",
    rule: "clark",
    mode: "pre-copy",
  }).modes[0]!;
}

const megabytes = (bytes: number): number => bytes / MB;

function roundsPlot(rounds: ModePlan["rounds"]): Plot {
  return {
    title: "Figure 9: what each round after the first sends",
    x: "round",
    y: "sent, MB",
    lines: [
      { name: "simulated", points: rounds.slice(1).map(({ bytes }, k): Point => [k + 2, megabytes(bytes)]) },
      {
        name: "published, approximate: 126.7 and 39 MB",
        points: [
          [2, 126.7],
          [3, 39],
        ],
        published: true,
      },
    ],
  };
}

function webServerRows({ rounds, bytesSent, totalNs, downtimeNs }: ModePlan): Row[] {
  const [, second = 0, third = 0] = rounds.map(({ bytes }) => megabytes(bytes));
  return [
    row("second round (fitted)", "K", "MB", { published: 126.7, simulated: second, tolerance: 2.5 }),
    row("third round (fitted)", "K", "MB", { published: 39, simulated: third, tolerance: 0.8 }),
    row("sent in all", "K", "MB", { published: 960, simulated: megabytes(bytesSent), tolerance: 96 }),
    row("in all", "K", "s", { published: 71, simulated: totalNs / 1e9, tolerance: 7.1 }),
    row("downtime", "K", "ms", { published: 210, simulated: downtimeNs / 1e6, tolerance: 52.5 }),
  ];
}

export const nsdiFig9: Experiment = {
  id: "nsdi05-fig9",
  title: "Live migration of a web server under SPECweb99",
  source: "Clark et al., NSDI 2005, §6.3, Figure 9 (the guest: a curve fitted to its first rounds)",
  async run() {
    const plan = webServer();
    return { rows: webServerRows(plan), plots: [roundsPlot(plan.rounds)] };
  },
  ablation: {
    what: "in two rounds",
    async run() {
      return webServerRows(webServer(2));
    },
  },
};

function writerRows({ rounds, downtimeNs, stopCopy }: ModePlan): Row[] {
  const last = rounds.at(-1)!;
  return [
    row("downtime", "K", "s", { published: 3.5, simulated: downtimeNs / 1e9, tolerance: 0.7 }),
    row("rate of the last round", "?", "Mbit/s", { published: 500, simulated: rateOf(last), tolerance: 1 }),
    row("sent while it stands still", "?", "MB", {
      published: 222.5,
      simulated: megabytes(stopCopy.bytes),
      tolerance: 44.5,
    }),
  ];
}

const rateOf = ({ bytes, ns }: ModePlan["rounds"][number]): number => (bytes * 8e3) / ns;

export const nsdiFig12: Experiment = {
  id: "nsdi05-fig12",
  title: "Live migration of a guest that writes 256 MB flat out",
  source: "Clark et al., NSDI 2005, §6.5, Figure 12",
  async run() {
    const plan = diabolicalWriter();
    const line = (name: string, value: (round: ModePlan["rounds"][number]) => number) => ({
      name,
      points: plan.rounds.map((round, at): Point => [at + 1, value(round)]),
    });
    const plot: Plot = {
      title: "Figure 12: rate and size of each round",
      x: "round",
      y: "Mbit/s, MB",
      lines: [
        line("rate, Mbit/s", rateOf),
        line("sent, MB", ({ bytes }) => megabytes(bytes)),
        {
          name: "published, approximate: 500 Mbit/s at the end",
          points: [[plan.rounds.length, 500]],
          published: true,
        },
      ],
    };
    return { rows: writerRows(plan), plots: [plot] };
  },
  ablation: {
    what: "with 16 MB to write instead of 256",
    async run() {
      return writerRows(diabolicalWriter("16MB"));
    },
  },
};
