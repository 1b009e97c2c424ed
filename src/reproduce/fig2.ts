/**
 * A balloon against a smaller machine: dbench with 40 clients in a Linux VM of 256 MB that is ballooned down to 128 … 224 MB,
 * and in VMs that have that size.
 *
 * The ballooned VM is a little slower, the more the balloon takes: its kernel's tables and the memory it keeps free are sized
 * for 256 MB.
 *
 * Source: ESX'02 §3.2, Figure 2. The throughputs themselves are not published with it in our facts, only the deficits at both
 * ends; between them it is to fall.
 */
import { resolveScenario } from "../scenario/index.ts";
import { simulate } from "../sim/simulate.ts";
import { type Experiment, type Row, row } from "./experiment.ts";
import type { Plot, Point } from "./plot.ts";

const SIZES = [128, 160, 192, 224] as const;
const FULL = 256;
const MINUTE = 60e9;
/**
 * Pages of the kernel, and the part of memory that its tables take (a row for every page, hash tables of pages, buffers, names).
 * The part is not published; this one makes the deficits at both ends miss by equally little.
 */
const KERNEL_BASE = 1024;
const KERNEL_PART = 0.048;
/** Measured from here to the end, min: caches are full and the balloon is still. */
const FROM = 3;
const END = 10;

/** Of an operation of the preset. */
const ACCESSES = 8;

export interface GuestSize {
  /** Memory that it was configured with. */
  readonly configuredMb: number;
  /** Machine memory that it may have; less than configured: it is ballooned. */
  readonly limitMb: number;
  /** Kernel and free memory do not grow with the configured memory. */
  readonly fixedKernel?: boolean;
}

/** Runs dbench in a VM; operations per second once it is steady. */
export async function dbench({ configuredMb, limitMb, fixedKernel = false }: GuestSize): Promise<number> {
  const sized = { kernel: `${4 * Math.round(KERNEL_BASE + KERNEL_PART * configuredMb * 256)}KiB` };
  const fixed = { kernel: "8MiB", free: { min: "512KiB", low: "1MiB", high: "2MiB" } };
  const scenario = resolveScenario({
    ballast: 1,
    name: `fig2, ${limitMb} of ${configuredMb} MB`,
    seed: 2,
    duration: `${END}min`,
    series: { every: "10s" },
    hosts: [{ name: "precision", memory: "1GiB", cpu: { mhz: 800 } }],
    vms: [
      {
        name: "dbench",
        memory: `${configuredMb}MiB`,
        mem: { limit: `${limitMb}MiB` },
        // All of its memory has been used before, so that host and guest mean the same by its size.
        os: { kind: "linux", bootZeroes: true, ...(fixedKernel ? fixed : sized) },
        // An arm that reads ahead.
        disk: { kind: "hdd", read: "1ms", write: "1ms" },
        workload: { preset: "linux-dbench" },
      },
    ],
    policies: { memory: { name: "min-funding", sharing: "none" } },
  });
  const { series } = await simulate(scenario);
  const { accesses } = series.vms["dbench"]!;
  const steady = accesses.filter((_, k) => series.atNs[k]! > FROM * MINUTE);
  return steady.reduce((sum, value) => sum + value, 0) / ((END - FROM) * 60) / ACCESSES;
}

interface Pair {
  readonly mb: number;
  readonly native: number;
  readonly ballooned: number;
}

async function measure(sizes: readonly number[], fixedKernel: boolean): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (const mb of sizes) {
    const native = await dbench({ configuredMb: mb, limitMb: mb, fixedKernel });
    pairs.push({ mb, native, ballooned: await dbench({ configuredMb: FULL, limitMb: mb, fixedKernel }) });
  }
  return pairs;
}

const deficit = ({ native, ballooned }: Pair): number => 100 * (1 - ballooned / native);

function rowsOf(pairs: readonly Pair[]): Row[] {
  const deficits = pairs.map(deficit);
  const rises = deficits.filter((value, k) => k > 0 && value > deficits[k - 1]!).length;
  const points = (what: string, published: number, simulated: number): Row =>
    row(what, "K", "%", { published, simulated, tolerance: 1 });
  return [
    points("ballooned to 128 MB: slower by", 4.4, deficits[0]!),
    points("ballooned to 224 MB: slower by", 1.4, deficits.at(-1)!),
    row("sizes at which the deficit rises", "?", "", { published: 0, simulated: rises, tolerance: 0 }),
  ];
}

function plotsOf(pairs: readonly Pair[]): Plot[] {
  const x = "memory of the VM, MB";
  return [
    {
      title: "Figure 2: throughput",
      x,
      y: "operations per second",
      lines: [
        { name: "configured with it", points: pairs.map(({ mb, native }): Point => [mb, native]) },
        { name: "256 MB, ballooned to it", points: pairs.map(({ mb, ballooned }): Point => [mb, ballooned]) },
      ],
    },
    {
      title: "How much slower the ballooned VM is",
      x,
      y: "%",
      lines: [
        { name: "deficit", points: pairs.map((pair): Point => [pair.mb, deficit(pair)]) },
        {
          name: "published, approximate: 4.4 and 1.4 %",
          points: [
            [128, 4.4],
            [224, 1.4],
          ],
          published: true,
        },
      ],
    },
  ];
}

export const fig2: Experiment = {
  id: "esx02-fig2",
  title: "Balloon: a large VM ballooned down against a small one",
  source: "Waldspurger, OSDI 2002, §3.2, Figure 2",
  async run() {
    const pairs = await measure(SIZES, false);
    return { rows: rowsOf(pairs), plots: plotsOf(pairs) };
  },
  ablation: {
    what: "with a kernel of the same size in any memory",
    async run() {
      return rowsOf(await measure([SIZES[0], SIZES[3]], true));
    },
  },
};
