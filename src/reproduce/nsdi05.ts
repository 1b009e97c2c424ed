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
import { type Experiment, row } from "./experiment.ts";
import type { Plot, Point } from "./plot.ts";

const MB = 1e6;
const PAGES_PER_MB = MB / 4096;
/** Beyond it the curve is flat: no round lasts as long. */
const CURVE_END_S = 60;

/** The web server's migration: 100 to 500 Mbit/s, 50 above what is dirtied. */
export function webServer(): ModePlan {
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
  }).modes[0]!;
}

/** The writer's migration. */
export function diabolicalWriter(): ModePlan {
  return planMigration({
    memory: "512MB",
    workingSet: "256MB",
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

export const nsdiFig9: Experiment = {
  id: "nsdi05-fig9",
  title: "Live migration of a web server under SPECweb99",
  source: "Clark et al., NSDI 2005, §6.3, Figure 9 (the guest: a curve fitted to its first rounds)",
  async run() {
    const { rounds, bytesSent, totalNs, downtimeNs } = webServer();
    const [, second, third] = rounds.map(({ bytes }) => megabytes(bytes));
    const rows = [
      row("second round (fitted)", "K", "MB", { published: 126.7, simulated: second!, tolerance: 2.5 }),
      row("third round (fitted)", "K", "MB", { published: 39, simulated: third!, tolerance: 0.8 }),
      row("sent in all", "K", "MB", { published: 960, simulated: megabytes(bytesSent), tolerance: 96 }),
      row("in all", "K", "s", { published: 71, simulated: totalNs / 1e9, tolerance: 7.1 }),
      row("downtime", "K", "ms", { published: 210, simulated: downtimeNs / 1e6, tolerance: 52.5 }),
    ];
    return { rows, plots: [roundsPlot(rounds)] };
  },
};

export const nsdiFig12: Experiment = {
  id: "nsdi05-fig12",
  title: "Live migration of a guest that writes 256 MB flat out",
  source: "Clark et al., NSDI 2005, §6.5, Figure 12",
  async run() {
    const { rounds, downtimeNs, stopCopy } = diabolicalWriter();
    const last = rounds.at(-1)!;
    const rate = (last.bytes * 8e3) / last.ns;
    const rows = [
      row("downtime", "K", "s", { published: 3.5, simulated: downtimeNs / 1e9, tolerance: 0.7 }),
      row("rate of the last round", "?", "Mbit/s", { published: 500, simulated: rate, tolerance: 1 }),
      row("sent while it stands still", "?", "MB", {
        published: 222.5,
        simulated: megabytes(stopCopy.bytes),
        tolerance: 44.5,
      }),
    ];
    return { rows, plots: [] };
  },
};
