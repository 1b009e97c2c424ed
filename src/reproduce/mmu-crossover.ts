/**
 * Nested against shadow paging: who wins depends on what a guest does, and on its pages.
 *
 * Published: on a Xeon 5500 nested paging gave up to 48 % on MMU-intensive benchmarks and up to 600 % on microbenchmarks over shadow paging;
 * some loads with many TLB misses lost, unless they used large pages. The loads are not published as accesses and edits: here a load is uniform
 * accesses to 1 GiB, with so many edits of page tables between them, and work of its own beside. What is held is the shape: who wins, and on which side
 * of the crossing; costs of exits and of references are approximate, those of the monitor's work guesses (docs/mmu/costs.md).
 *
 * Source: VMware, "Performance evaluation of Intel EPT hardware assist" (figures by way of its blog); Bhargava et al., ASPLOS 2008.
 */
import { type Crossover, type CrossoverPoint, crossover } from "../translate/crossover.ts";
import { bounded, type Experiment, type Row } from "./experiment.ts";
import type { Plot, Point } from "./plot.ts";

/** Cycles of work an access, beside its translation: a program that works on what it reads, and one that does little else than fork. */
const WORK = 200;
const LITTLE_WORK = 20;
/** Edits an access: a compile that starts programs, and a loop of forks. */
const COMPILE_EDITS = 1e-2;
const FORK_EDITS = 1e-1;

/** 64 MiB: what a compiler works on, beside 1 GiB of a program that jumps about in all its memory. */
const COMPILE_PAGES = 2 ** 14;

interface Sides {
  readonly compile: Crossover;
  readonly small: Crossover;
  readonly large: Crossover;
}

async function sides(areExitsFree = false): Promise<Sides> {
  const free = { exit: 0, hiddenFault: 0, traceFault: 0, reflection: 0, shadowCr3: 0 };
  const costs = areExitsFree ? free : {};
  return {
    compile: await crossover({ pages: COMPILE_PAGES, edits: [COMPILE_EDITS], costs }),
    small: await crossover({ levels: 4, costs }),
    large: await crossover({ levels: 3, costs }),
  };
}

const at = ({ points }: Crossover, edits: number): CrossoverPoint =>
  points.find((point) => point.edits === edits)!;

/** How many times as long the load takes with shadow tables. */
const shadowTakes = ({ shadow, nested }: CrossoverPoint, work: number): number =>
  (work + shadow) / (work + nested);

function rowsOf({ compile: compiler, small, large }: Sides): Row[] {
  const forks = shadowTakes(at(small, FORK_EDITS), LITTLE_WORK);
  const compile = shadowTakes(at(compiler, COMPILE_EDITS), WORK);
  const misses = 1 / shadowTakes(at(small, 0), WORK);
  const missesLarge = 1 / shadowTakes(at(large, 0), WORK);
  return [
    bounded("at least", "a loop of forks: shadow takes, against nested", "?", "×", {
      published: 1.5,
      simulated: forks,
    }),
    bounded("at least", "edits as in a compile: shadow takes, against nested", "?", "×", {
      published: 1.3,
      simulated: compile,
    }),
    bounded("at least", "random accesses, 4 KiB: nested takes, against shadow", "?", "×", {
      published: 1.05,
      simulated: misses,
    }),
    bounded("at most", "random accesses, 2 MiB on both sides: nested takes, against shadow", "?", "×", {
      published: 1.05,
      simulated: missesLarge,
    }),
    bounded("at most", "crossing with 2 MiB, of that with 4 KiB", "?", "×", {
      published: 0.5,
      simulated: Number.isFinite(small.at) && small.at > 0 ? large.at / small.at : 1,
    }),
  ];
}

function plotOf(title: string, { points }: Crossover): Plot {
  const line = (name: "native" | "shadow" | "nested") => ({
    name,
    points: points.map((point, index): Point => [index, point[name]]),
  });
  return {
    title,
    x: "edits an access: none, 1 in 10,000, 1000, 100",
    y: "translation, cycles an access",
    // The last point would leave nothing to be seen of the others.
    lines: [line("native"), line("shadow"), line("nested")].map(({ name, points: all }) => ({
      name,
      points: all.slice(0, -1),
    })),
  };
}

export const mmuCrossover: Experiment = {
  id: "mmu-crossover",
  title: "Nested paging against shadow paging",
  source: "VMware, Intel EPT on Xeon 5500 (by way of its blog); Bhargava et al., ASPLOS 2008: shape only",
  async run() {
    const both = await sides();
    return {
      rows: rowsOf(both),
      plots: [plotOf("4 KiB pages", both.small), plotOf("2 MiB pages in guest and host", both.large)],
    };
  },
  ablation: {
    what: "exits that cost nothing",
    async run() {
      return rowsOf(await sides(true));
    },
  },
};
