/**
 * Page sharing at three production sites: real servers, and how much of their memory was shared and reclaimed.
 *
 * The paper gives totals per site. Here a site's memory is made to have them (distinct = shared − reclaimed contents,
 * spread over all VMs) and then has to be found: by the scan in random order at ESX 2's rates, through hints, while the
 * guests rewrite pages and so break what is shared already, until the guests are still and the scan has caught up.
 *
 * Source: ESX'02 §4.4, Figure 5 (the VMs' own sizes are not published; here they are equal but for the remainder).
 */
import type { Result } from "../report/result.ts";
import { resolveScenario } from "../scenario/index.ts";
import { simulate } from "../sim/simulate.ts";
import { type Experiment, type Row, row } from "./experiment.ts";
import type { Plot, Point } from "./plot.ts";

const MB = 256;

export interface Site {
  readonly name: string;
  readonly vms: number;
  readonly totalMb: number;
  readonly sharedMb: number;
  readonly reclaimedMb: number;
  readonly sharedPercent: number;
  readonly reclaimedPercent: number;
}

export const SITES: readonly Site[] = [
  {
    name: "A",
    vms: 10,
    totalMb: 2048,
    sharedMb: 880,
    reclaimedMb: 673,
    sharedPercent: 42.9,
    reclaimedPercent: 32.9,
  },
  {
    name: "B",
    vms: 9,
    totalMb: 1846,
    sharedMb: 539,
    reclaimedMb: 345,
    sharedPercent: 29.2,
    reclaimedPercent: 18.7,
  },
  {
    name: "C",
    vms: 5,
    totalMb: 1658,
    sharedMb: 165,
    reclaimedMb: 120,
    sharedPercent: 10.0,
    reclaimedPercent: 7.2,
  },
];

/** Memory of a site's VMs in pages: equal parts, the remainder to the first ones. */
function vmPages(site: Site): number[] {
  const pages = site.totalMb * MB;
  return Array.from({ length: site.vms }, (_, vm) => Math.floor((pages + site.vms - 1 - vm) / site.vms));
}

/**
 * Contents of a site's pages, VM after VM: every distinct one at least twice, the zero page taking the rest of what is
 * shared, all other pages alone. Dealt out in strides, so that copies lie in different VMs.
 */
export function siteContents(site: Site): BigUint64Array[] {
  const pages = site.totalMb * MB;
  const shared = site.sharedMb * MB;
  const distinct = (site.sharedMb - site.reclaimedMb) * MB;
  const stride = 7919;
  const all = new BigUint64Array(pages);
  for (let index = 0; index < pages; index += 1) {
    // Content numbers 1 … distinct − 1 come round again and again, 0 fills up.
    const turn = Math.floor(index / (distinct - 1));
    const copies = Math.floor((0.75 * shared) / (distinct - 1));
    let id = BigInt(1e6 + index);
    if (index < shared) id = turn < Math.max(2, copies) ? BigInt(1 + (index % (distinct - 1))) : 0n;
    all[(index * stride) % pages] = id;
  }
  const images: BigUint64Array[] = [];
  let first = 0;
  for (const count of vmPages(site)) {
    images.push(all.slice(first, first + count));
    first += count;
  }
  return images;
}

/** Runs a site until its scan is complete; `sharing` false: there is none. */
export async function runSite(site: Site, sharing = true): Promise<Result> {
  const sizes = vmPages(site);
  const scenario = resolveScenario({
    ballast: 1,
    name: `fig5 site ${site.name}`,
    seed: 5,
    duration: "14h",
    hosts: [{ name: `site-${site.name}`, memory: "4GiB" }],
    vms: sizes.map((pages, vm) => ({
      name: `vm-${vm + 1}`,
      memory: `${pages * 4}KiB`,
      // Rewrites break sharing and leave the content, so that the totals stay the site's.
      workload: { pattern: "zipf", rate: "20/s", writes: "50%", content: { same: "100%" }, stop: "2h" },
    })),
    ...(sharing ? {} : { policies: { memory: { sharing: "none" } } }),
  });
  const contents = siteContents(site);
  const images = Object.fromEntries(scenario.vms.map(({ name }, vm) => [name, contents[vm]!]));
  return simulate(scenario, { images });
}

const tenth = (value: number): number => Math.round(10 * value) / 10;

/** What a site shares and saves, MB. */
interface Found {
  readonly site: Site;
  readonly shared: number;
  readonly saved: number;
}

async function find(site: Site, sharing = true): Promise<Found> {
  const { memory } = (await runSite(site, sharing)).hosts[0]!;
  return { site, shared: memory.sharedPages / MB, saved: memory.savedPages / MB };
}

function rowsOf({ site, shared, saved }: Found): Row[] {
  const percent = (mb: number): number => tenth((100 * mb) / site.totalMb);
  return [
    row(`${site.name}: shared`, "S", "MB", { published: site.sharedMb, simulated: shared, tolerance: 0 }),
    row(`${site.name}: reclaimed`, "S", "MB", {
      published: site.reclaimedMb,
      simulated: saved,
      tolerance: 0,
    }),
    row(`${site.name}: shared`, "S", "%", {
      published: site.sharedPercent,
      simulated: percent(shared),
      tolerance: 0.1,
    }),
    row(`${site.name}: reclaimed`, "S", "%", {
      published: site.reclaimedPercent,
      simulated: percent(saved),
      tolerance: 0.1,
    }),
  ];
}

function plotOf(found: readonly Found[]): Plot {
  const points = (value: (each: Found) => number) =>
    found.map((each): Point => [each.site.totalMb, value(each)]);
  return {
    title: "Figure 5: sites C, B, A by their memory",
    x: "memory of all VMs, MB",
    y: "memory, MB",
    lines: [
      { name: "shared", points: points(({ shared }) => shared) },
      { name: "published: shared", points: points(({ site }) => site.sharedMb), published: true },
      { name: "reclaimed", points: points(({ saved }) => saved) },
      { name: "published: reclaimed", points: points(({ site }) => site.reclaimedMb), published: true },
    ],
  };
}

export const fig5: Experiment = {
  id: "esx02-fig5",
  title: "Page sharing at three production sites",
  source: "Waldspurger, OSDI 2002, §4.4, Figure 5",
  async run() {
    const found: Found[] = [];
    for (const site of SITES) found.push(await find(site));
    return { rows: found.flatMap(rowsOf), plots: [plotOf(found)] };
  },
  ablation: {
    what: "without page sharing, site C",
    async run() {
      return rowsOf(await find(SITES[2]!, false));
    },
  },
};
