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

/** Runs the experiment with a number of clones. */
export async function runClones(clones: number): Promise<Result> {
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
  });
  const images = Object.fromEntries(scenario.vms.map(({ name }, vm) => [name, guestContents(vm)]));
  return simulate(scenario, { images });
}

export const fig4: Experiment = {
  id: "esx02-fig4",
  title: "Page sharing, best case: identical Linux VMs",
  source: "Waldspurger, OSDI 2002, §4.4, Figure 4",
  async run() {
    const rows: Row[] = [];
    const distinct: number[] = [];
    for (let clones = 1; clones <= 10; clones += 1) {
      const { memory } = (await runClones(clones)).hosts[0]!;
      const total = clones * VM_PAGES;
      if (clones > 1) distinct.push(memory.commonPages / MB);
      if (clones === 1) {
        rows.push(
          row("one VM reclaims", "K", "MB", {
            published: 5,
            simulated: memory.savedPages / MB,
            tolerance: 0.5,
          }),
          row("of it zero pages", "K", "%", {
            published: 55,
            simulated: (100 * (memory.zeroPages - 1)) / memory.savedPages,
            tolerance: 3,
          }),
        );
      }
      if (clones === 10) {
        rows.push(
          row("ten VMs: shared", "S", "%", {
            published: 67,
            simulated: (100 * memory.sharedPages) / total,
            tolerance: 3,
          }),
          row("ten VMs: reclaimed", "K", "%", {
            published: 60,
            simulated: (100 * memory.savedPages) / total,
            tolerance: 3,
          }),
        );
      }
    }
    const spread = Math.max(...distinct) - Math.min(...distinct);
    rows.push(
      row("shared − reclaimed, 2 to 10 VMs: spread", "K", "MB", {
        published: 0,
        simulated: spread,
        tolerance: 3,
      }),
    );
    return rows;
  },
};
