/**
 * Dynamic reallocation: five Windows VMs of 1472 MB in all boot together on a machine with 1 GB for them.
 *
 * Windows zeroes all of memory at boot, before there are balloon drivers: the host has to page out. Offering pages for sharing
 * first finds nearly all of them to be zero. Then applications fill memory, sharing collapses, and balloons take over. The VM
 * that runs SQL Server falls to its minimum while it is idle, and climbs when a long query starts.
 *
 * The paper names the VMs, their sizes, and that min = max / 2 and shares are proportional to max. What the applications do,
 * and how close together the VMs are started, is not published; here each reads files and computes over memory of its own,
 * and they start 10 s apart, in numbers that fit what the figure shows.
 *
 * Source: ESX'02 §6.3, Figure 8.
 */
import type { Result } from "../report/result.ts";
import { resolveScenario, type ScenarioInput } from "../scenario/index.ts";
import { simulate } from "../sim/simulate.ts";
import { bounded, type Experiment, type Row, row } from "./experiment.ts";
import { lineOf, type Plot, publishedSpan } from "./plot.ts";

const MB = 256;
const MINUTE = 60e9;
/** When the query starts, min. */
const QUERY = 40;

type Work = Extract<ScenarioInput["vms"][number]["workload"], readonly unknown[]>[number];

/** Memory that a program touches over and over. */
const program = (size: number, rate: number, more: Partial<Work> = {}): Work => ({
  pattern: "zipf" as const,
  exponent: 0.3,
  rate: `${rate}/s`,
  writes: "30%",
  size: `${size}MiB`,
  ...more,
});

/** Files that are read once in a while, in order: they fill the guest's cache. */
const files = (name: string, size: number, rate: number, more: Partial<Work> = {}): Work => ({
  memory: "file" as const,
  file: name,
  pattern: "sequential" as const,
  rate: `${rate}/s`,
  size: `${size}MiB`,
  ...more,
});

/** Sessions of terminal users log in one after another. */
const sessions = (count: number, size: number) =>
  Array.from({ length: count }, (_, k) => program(size, 150, { start: `${2 + 8 * k}min` }));

/** What all of them have: the system's own programs and libraries, the same everywhere. */
const system = [files("windows-system", 78, 160)];

const WORK: readonly (readonly [name: string, mb: number, workload: readonly Work[]])[] = [
  ["exchange-server", 256, [program(90, 600), files("mail", 300, 60)]],
  ["exchange-client", 256, [program(50, 300), files("messages", 200, 90, { stop: "12min" })]],
  ["metaframe-server", 320, [...sessions(6, 30), files("office", 280, 90, { stop: "12min" })]],
  ["metaframe-client", 320, [program(60, 300), files("scripts", 250, 90, { stop: "12min" })]],
  [
    "sql-server",
    320,
    [
      files("tables", 280, 120, { stop: "10min" }),
      program(150, 4000, { start: `${QUERY}min`, exponent: 0.1 }),
      files("tables", 280, 90, { start: `${QUERY}min` }),
    ],
  ],
];

export interface BootStorm {
  /** Pages are offered for sharing before they are paged out. */
  readonly shareFirst: boolean;
}

/** The hour, as a scenario. */
export function bootStorm({ shareFirst }: BootStorm): ScenarioInput {
  return {
    ballast: 1,
    name: "fig8",
    seed: 8,
    duration: "60min",
    series: { every: "2s" },
    // 1 GB for VMs and their overhead, beside the 6 % that are to be free.
    hosts: [{ name: "netfinity", memory: "1090MiB", cpu: { cores: 8, mhz: 550 }, swap: "hdd" }],
    vms: WORK.map(([name, mb, workload], k) => ({
      name,
      memory: `${mb}MiB`,
      overhead: "32MiB",
      start: `${10 * k}s`,
      mem: { reservation: "50%" },
      os: { kind: "windows", kernelCommon: "25%" },
      disk: { kind: "hdd", read: "500us", write: "500us" },
      workload: [...system, ...workload],
    })),
    policies: { memory: { name: "min-funding", reclaim: { shareFirst } } },
  };
}

/** Runs the hour. */
export function runBootStorm(options: BootStorm): Promise<Result> {
  return simulate(resolveScenario(bootStorm(options)));
}

const largest = (values: readonly number[]): number =>
  values.reduce((most, value) => Math.max(most, value), 0);

/** Mean of a series in MB from one minute to another. */
function meanMb({ series }: Result, pages: readonly number[], from: number, to: number): number {
  const inside = pages.filter((_, k) => series.atNs[k]! >= from * MINUTE && series.atNs[k]! <= to * MINUTE);
  return inside.reduce((sum, value) => sum + value, 0) / inside.length / MB;
}

/** Minutes until a series is above 0. */
function firstMinute({ series }: Result, values: readonly number[]): number {
  const index = values.findIndex((value) => value > 0);
  return index < 0 ? Number.POSITIVE_INFINITY : series.atNs[index]! / MINUTE;
}

/** The table of the figure. */
export function bootStormRows(result: Result): Row[] {
  const host = result.series.hosts["netfinity"]!;
  const sql = result.series.vms["sql-server"]!;
  const { stateNs } = result.hosts[0]!.memory;
  const boot = host.savedPages.filter((_, k) => result.series.atNs[k]! <= 3 * MINUTE);
  const approximately = (what: string, published: number, simulated: number): Row =>
    row(what, "K", "MB", { published, simulated, tolerance: 0.15 * published });
  const swappedLater = host.swappedPages.filter((_, k) => result.series.atNs[k]! > 10 * MINUTE);
  return [
    approximately("boot: reclaimed by sharing, mostly zero pages, peak", 325, largest(boot) / MB),
    approximately("boot: really paged out, peak", 35, largest(host.swappedPages) / MB),
    bounded("at most", "later: paged out", "S", "MB", {
      published: 20,
      simulated: largest(swappedLater) / MB,
    }),
    approximately("allocated to all VMs, peak", 1200, largest(host.grantedPages) / MB),
    approximately("sharing settles at", 200, meanMb(result, host.savedPages, 30, 60)),
    bounded("at least", "time in the states high and soft", "?", "%", {
      published: 95,
      simulated: (100 * (stateNs.high + stateNs.soft)) / result.simulatedNs,
    }),
    bounded("at least", "from the first page-out to balloons", "?", "min", {
      published: 0,
      simulated: firstMinute(result, host.balloonPages) - firstMinute(result, host.swapOuts),
    }),
    approximately(
      "SQL Server, idle: memory used falls to its minimum",
      160,
      meanMb(result, sql.consumedPages, QUERY - 5, QUERY),
    ),
    bounded("at least", "SQL Server, memory used 4 min after the query began", "?", "MB", {
      published: 220,
      simulated: meanMb(result, sql.consumedPages, QUERY + 4, QUERY + 5),
    }),
  ];
}

function plotsOf(result: Result): Plot[] {
  const { vms, hosts } = result.series;
  const host = hosts["netfinity"]!;
  const x = "time, min";
  const y = "memory, MB";
  return [
    {
      title: "Figure 8a: all VMs",
      x,
      y,
      lines: [
        lineOf("allocated", result, host.grantedPages),
        publishedSpan("published: peak ≈ 1200", 1200, 0.5, 3),
        lineOf("saved by sharing", result, host.savedPages),
        publishedSpan("published: zero pages at boot ≈ 325", 325, 0.5, 3),
        publishedSpan("published: settles ≈ 200", 200, 30, 60),
        lineOf("ballooned", result, host.balloonPages),
        lineOf("paged out", result, host.swappedPages),
        publishedSpan("published: peak ≈ 35", 35, 0.5, 3),
      ],
    },
    ...WORK.map(([name, mb]) => {
      const vm = vms[name]!;
      const floor = name === "sql-server" ? [publishedSpan("published: idle ≈ 160", 160, 20, QUERY)] : [];
      return {
        title: `${name}, ${mb} MB`,
        x,
        y,
        lines: [
          lineOf("allocated", result, vm.grantedPages),
          lineOf("used: less what is shared", result, vm.consumedPages),
          ...floor,
          lineOf("active, estimated", result, vm.activeEstimatePages),
          lineOf("ballooned", result, vm.balloonPages),
        ],
      };
    }),
  ];
}

export const fig8: Experiment = {
  id: "esx02-fig8",
  title: "Dynamic reallocation: five Windows VMs boot on too little memory",
  source: "Waldspurger, OSDI 2002, §6.3, Figure 8",
  async run() {
    const result = await runBootStorm({ shareFirst: true });
    return { rows: bootStormRows(result), plots: plotsOf(result) };
  },
  ablation: {
    what: "without share before swap",
    async run() {
      return bootStormRows(await runBootStorm({ shareFirst: false }));
    },
  },
};
