/**
 * Page sharing at its best: 1 to 10 identical Linux VMs of 40 MB run SPEC95 for half an hour.
 *
 * The paper gives the outcome, not the guests' memory. Here a guest holds what the published figures for one VM and
 * for ten imply: zero pages (55 % of the 5 MB that one VM saves), copies within the VM (the rest of them), contents
 * that all VMs have, and pages of its own. SPEC writes to its own pages, and the scan has to keep up.
 *
 * Source: ESX'02 §4.4, Figure 4. Scan rates: ESX 2.x Administration Guide (50 pages/s a VM, 200 in all).
 */
import type { Result } from "../report/result.ts";
import { resolveScenario } from "../scenario/index.ts";
import { simulate } from "../sim/simulate.ts";
import { type Experiment, type Row, row } from "./experiment.ts";
import type { Plot } from "./plot.ts";

const MB = 256;
const VM_PAGES = 40 * MB;
const ZERO_PAGES = 704;
const COPIES = 576;
/** Contents that every VM has, once each. */
const COMMON = 5581;

/** Contents of one VM: zeroes, the common ones, second copies of some of them, its own. */
function guestContents(vm: number): BigUint64Array {
  const ids = new BigUint64Array(VM_PAGES);
  for (let page = ZERO_PAGES; page < VM_PAGES; page += 1) {
    const index = page - ZERO_PAGES;
    if (index < COMMON) ids[page] = BigInt(1 + index);
    else if (index < COMMON + COPIES) ids[page] = BigInt(1 + index - COMMON);
    else ids[page] = (BigInt(vm + 1) << 32n) + BigInt(index);
  }
  return ids;
}

/** Runs the experiment with a number of clones; `sharing` false: none. */
export async function runClones(clones: number, sharing = true): Promise<Result> {
  const firstOwn = ZERO_PAGES + COMMON + COPIES;
  const scenario = resolveScenario({
    ballast: 1,
    name: `fig4 with ${clones} clones`,
    seed: 2002,
    duration: "30min",
    hosts: [{ name: "poweredge", memory: "512MiB" }],
    vms: Array.from({ length: clones }, (_, vm) => ({
      name: `spec-${vm + 1}`,
      memory: "40MiB",
      workload: {
        pattern: "uniform",
        rate: "5/s",
        writes: "50%",
        offset: `${firstOwn * 4}KiB`,
        size: `${(VM_PAGES - firstOwn) * 4}KiB`,
      },
    })),
    ...(sharing ? {} : { policies: { memory: { sharing: "none" } } }),
  });
  const images = Object.fromEntries(scenario.vms.map(({ name }, vm) => [name, guestContents(vm)]));
  return simulate(scenario, { images });
}

/** What a number of clones comes to, MB. */
interface Clones {
  readonly clones: number;
  readonly shared: number;
  readonly saved: number;
  readonly common: number;
  readonly zeroPercent: number;
}

async function measure(clones: number, sharing = true): Promise<Clones> {
  const { memory } = (await runClones(clones, sharing)).hosts[0]!;
  return {
    clones,
    shared: memory.sharedPages / MB,
    saved: memory.savedPages / MB,
    common: memory.commonPages / MB,
    zeroPercent: memory.savedPages === 0 ? 0 : (100 * (memory.zeroPages - 1)) / memory.savedPages,
  };
}

function rowsOf(all: readonly Clones[]): Row[] {
  const one = all.find(({ clones }) => clones === 1)!;
  const ten = all.find(({ clones }) => clones === 10)!;
  const total = (10 * VM_PAGES) / MB;
  const common = all.filter(({ clones }) => clones > 1).map((each) => each.common);
  return [
    row("one VM reclaims", "K", "MB", { published: 5, simulated: one.saved, tolerance: 0.5 }),
    row("of it zero pages", "K", "%", { published: 55, simulated: one.zeroPercent, tolerance: 3 }),
    row("ten VMs: shared", "S", "%", { published: 67, simulated: (100 * ten.shared) / total, tolerance: 3 }),
    row("ten VMs: reclaimed", "K", "%", {
      published: 60,
      simulated: (100 * ten.saved) / total,
      tolerance: 3,
    }),
    row("shared − reclaimed, 2 to 10 VMs: spread", "K", "MB", {
      published: 0,
      simulated: Math.max(...common) - Math.min(...common),
      tolerance: 3,
    }),
  ];
}

function plotOf(all: readonly Clones[]): Plot {
  const line = (name: string, key: "shared" | "saved" | "common") => ({
    name,
    points: all.map((each) => [each.clones, each[key]] as const),
  });
  const total = 10 * (VM_PAGES / MB);
  return {
    title: "Figure 4: clones that share",
    x: "VMs",
    y: "memory, MB",
    lines: [
      line("shared", "shared"),
      { name: "published: 67 % shared", points: [[10, 0.67 * total]], published: true },
      line("reclaimed", "saved"),
      {
        name: "published, approximate: 5 MB, 60 % reclaimed",
        points: [
          [1, 5],
          [10, 0.6 * total],
        ],
        published: true,
      },
      line("shared − reclaimed", "common"),
    ],
  };
}

export const fig4: Experiment = {
  id: "esx02-fig4",
  title: "Page sharing, best case: identical Linux VMs",
  source: "Waldspurger, OSDI 2002, §4.4, Figure 4",
  async run() {
    const all: Clones[] = [];
    for (let clones = 1; clones <= 10; clones += 1) all.push(await measure(clones));
    return { rows: rowsOf(all), plots: [plotOf(all)] };
  },
  ablation: {
    what: "without page sharing",
    async run() {
      return rowsOf([await measure(1, false), await measure(2, false), await measure(10, false)]);
    },
  },
};
