/**
 * What the guests of NSDI'05 felt of their migrations: a web server's throughput, and packets of a game's server.
 *
 * Figure 8: a web server sends 512 KB files at 870 Mbit/s; sending at 100 Mbit/s takes 12 % of the processor (recalled too),
 * of which none is free. That is what takes its throughput down, by 12 % at first and more as the rate climbs. How its
 * memory is dirtied is ours: 9 MB at once, then 0.75 MB a second, so that what follows the first pass takes ten seconds.
 *
 * Figures 10 and 11: a game's server of 64 MB. Its rounds are recalled, not read, and not sure; the guest is a curve
 * fitted to the first three. Its packets go out every 50 ms (ours), and none while it stands still.
 *
 * Source: Clark et al., NSDI 2005, §6.2, §6.4, Figures 8, 10 and 11; all numbers are recalled: approximate.
 */
import { lawful } from "../migrate/dirtying.ts";
import { cpuPart } from "../migrate/guest.ts";
import { type MigrationOptions, type ModePlan, planMigration } from "../migrate/index.ts";
import { resolveMigration } from "../migrate/resolve.ts";
import { exp } from "../number/power.ts";
import { bounded, type Experiment, type Row, row } from "./experiment.ts";
import type { Plot, Point } from "./plot.ts";

const MB = 1e6;
const PAGES_PER_MB = MB / 4096;
const BEFORE_MBIT = 870;

/** The web server: what is asked for. `spare`: of a core, free beside it. */
export function webServerOptions(spare: string): MigrationOptions {
  const law = (seconds: number): number =>
    (9 * (1 - exp(-Math.min(seconds, 10) / 0.05)) + 0.75 * Math.min(seconds, 200)) * PAGES_PER_MB;
  return {
    memory: 776 * MB,
    bandwidth: "500Mbit/s",
    dirtying: lawful(law(200), law),
    rule: "clark",
    switchover: "9ms",
    sendCpu: "120%",
    spareCpu: spare,
    mode: "pre-copy",
  };
}

interface Stretch {
  readonly fromS: number;
  readonly toS: number;
  readonly mbit: number;
}

/** The server's throughput, round by round; 10 s before and behind. */
function throughput(options: MigrationOptions): { plan: ModePlan; stretches: Stretch[] } {
  const plan = planMigration(options).modes[0]!;
  const migration = resolveMigration(options);
  const stretches: Stretch[] = [{ fromS: -10, toS: 0, mbit: BEFORE_MBIT }];
  let nowS = 0;
  for (const { ns, bytes } of plan.rounds) {
    const toS = nowS + ns / 1e9;
    const mbit = BEFORE_MBIT * cpuPart(migration, (bytes / ns) * 1e9);
    stretches.push({ fromS: nowS, toS, mbit });
    nowS = toS;
  }
  const runsS = nowS + plan.downtimeNs / 1e9;
  stretches.push({ fromS: nowS, toS: runsS, mbit: 0 }, { fromS: runsS, toS: runsS + 10, mbit: BEFORE_MBIT });
  return { plan, stretches };
}

function webRows(options: MigrationOptions): Row[] {
  const { plan, stretches } = throughput(options);
  const [, first, ...later] = stretches.slice(0, -2);
  const seconds = later.reduce((sum, { fromS, toS }) => sum + toS - fromS, 0);
  const mean = later.reduce((sum, { fromS, toS, mbit }) => sum + mbit * (toS - fromS), 0) / seconds;
  return [
    row("first pass", "K", "s", { published: 62, simulated: first!.toS, tolerance: 1.5 }),
    row("throughput meanwhile", "K", "Mbit/s", { published: 765, simulated: first!.mbit, tolerance: 15 }),
    row("further rounds", "K", "s", { published: 9.8, simulated: seconds, tolerance: 2 }),
    row("throughput meanwhile", "K", "Mbit/s", { published: 694, simulated: mean, tolerance: 50 }),
    row("downtime", "K", "ms", { published: 165, simulated: plan.downtimeNs / 1e6, tolerance: 40 }),
  ];
}

function webPlot(options: MigrationOptions): Plot {
  const points = throughput(options).stretches.flatMap(({ fromS, toS, mbit }): Point[] => [
    [fromS, mbit],
    [toS, mbit],
  ]);
  const span = (name: string, y: number, from: number, to: number) => ({
    name,
    points: [
      [from, y],
      [to, y],
    ] as Point[],
    published: true,
  });
  return {
    title: "Figure 8: throughput of the web server",
    x: "time, s",
    y: "Mbit/s",
    lines: [
      { name: "simulated", points },
      span("published, approximate: 870", 870, -10, 0),
      span("published, approximate: 765", 765, 0, 62),
      span("published, approximate: 694", 694, 62, 71.8),
    ],
  };
}

export const nsdiFig8: Experiment = {
  id: "nsdi05-fig8",
  title: "What a busy web server feels of its migration",
  source: "Clark et al., NSDI 2005, §6.2, Figure 8 (how its memory is dirtied: ours)",
  async run() {
    const options = webServerOptions("0%");
    return { rows: webRows(options), plots: [webPlot(options)] };
  },
  ablation: {
    what: "with a processor to spare",
    async run() {
      return webRows(webServerOptions("100%"));
    },
  },
};

/** Rounds of the game's server as recalled; MB. */
const PUBLISHED_ROUNDS = [56.3, 20.4, 4.6, 1.6, 1.2, 0.9, 1.2, 1.1, 0.8, 0.2, 0.1];
const PACKET_MS = 50;

/** The game's server. */
export function gameServer(mode: "pre-copy" | "stop-and-copy" = "pre-copy"): ModePlan {
  const curve = [
    [0.37, 1.6],
    [1.63, 4.6],
    [4.5, 20.4],
  ].map(([seconds, mb]) => ({ seconds: seconds!, pages: mb! * PAGES_PER_MB }));
  return planMigration({
    memory: Math.round(56.3 * MB),
    bandwidth: "500Mbit/s",
    curve,
    rule: "clark",
    // What starting it again took in the paper.
    switchover: "40ms",
    mode,
  }).modes[0]!;
}

/** When packets reach a client around the stop, s, and how long after the one before, ms. */
function arrivals({ totalNs, downtimeNs }: ModePlan): Point[] {
  const stopMs = (totalNs - downtimeNs) / 1e6;
  const points: Point[] = [];
  let [dueMs, beforeMs] = [PACKET_MS, 0];
  while (dueMs < totalNs / 1e6 + 2000) {
    // The game goes on where it was: its clock stood still too.
    const atMs = dueMs > stopMs ? dueMs + downtimeNs / 1e6 : dueMs;
    points.push([atMs / 1e3, atMs - beforeMs]);
    beforeMs = atMs;
    dueMs += PACKET_MS;
  }
  return points;
}

function packetRows(plan: ModePlan): Row[] {
  const gap = Math.max(...arrivals(plan).map(([, ms]) => ms)) - PACKET_MS;
  return [
    row("downtime", "K", "ms", { published: 60, simulated: plan.downtimeNs / 1e6, tolerance: 20 }),
    row("longest wait for a packet, beyond the usual", "K", "ms", {
      published: 50,
      simulated: gap,
      tolerance: 15,
    }),
  ];
}

export const nsdiFig10: Experiment = {
  id: "nsdi05-fig10",
  title: "Packets of a game's server that moves",
  source: "Clark et al., NSDI 2005, §6.4, Figure 10 (packets every 50 ms: ours)",
  async run() {
    const plan = gameServer();
    const plot: Plot = {
      title: "Figure 10: time between packets at a client",
      x: "time, s",
      y: "ms",
      lines: [
        { name: "simulated", points: arrivals(plan) },
        {
          name: "published, approximate: 50 ms beyond the usual",
          points: [[plan.totalNs / 1e9, PACKET_MS + 50]],
          published: true,
        },
      ],
    };
    return { rows: packetRows(plan), plots: [plot] };
  },
  ablation: {
    what: "all at once, while it stands still",
    async run() {
      return packetRows(gameServer("stop-and-copy"));
    },
  },
};

function gameRows(plan: ModePlan): Row[] {
  const sent = (round: number): number => (plan.rounds[round]?.bytes ?? 0) / MB;
  return [
    row("second round (fitted)", "?", "MB", { published: 20.4, simulated: sent(1), tolerance: 0.5 }),
    row("third round (fitted)", "?", "MB", { published: 4.6, simulated: sent(2), tolerance: 0.5 }),
    bounded("at most", "largest round behind the fourth", "?", "MB", {
      published: 1.6,
      simulated: Math.max(0, ...plan.rounds.slice(4).map(({ bytes }) => bytes / MB)),
    }),
    row("sent in all", "?", "MB", { published: 88, simulated: plan.bytesSent / MB, tolerance: 9 }),
    row("in all", "K", "s", { published: 7, simulated: plan.totalNs / 1e9, tolerance: 0.8 }),
    row("downtime", "K", "ms", { published: 60, simulated: plan.downtimeNs / 1e6, tolerance: 20 }),
  ];
}

export const nsdiFig11: Experiment = {
  id: "nsdi05-fig11",
  title: "Rounds of a game's server that moves",
  source: "Clark et al., NSDI 2005, §6.4, Figure 11 (the guest: a curve fitted to its first rounds)",
  async run() {
    const plan = gameServer();
    const plot: Plot = {
      title: "Figure 11: what each round after the first sends",
      x: "round",
      y: "sent, MB",
      lines: [
        {
          name: "simulated",
          points: plan.rounds.slice(1).map(({ bytes }, at): Point => [at + 2, bytes / MB]),
        },
        {
          name: "recalled, not sure",
          points: PUBLISHED_ROUNDS.slice(1).map((mb, at): Point => [at + 2, mb]),
          published: true,
        },
      ],
    };
    return { rows: gameRows(plan), plots: [plot] };
  },
  ablation: {
    what: "all at once, while it stands still",
    async run() {
      return gameRows(gameServer("stop-and-copy"));
    },
  },
};
