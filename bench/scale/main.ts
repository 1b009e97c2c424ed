/**
 * `npm run scale [-- NAME]`: the sizes that people ask about, as whole runs: time, pages scanned or vCPUs dispatched per
 * second, peak memory. By hand only; nothing here is a test. Results are kept in bench/results/scale.json.
 *
 * A run is one thread's work; its CPU time counts what else Node does (compiling, collecting garbage) too.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bootStorm } from "../../src/reproduce/fig8.ts";
import { machine } from "../report.ts";

interface Case {
  readonly name: string;
  readonly about: string;
  /** Absent: plans, which have none. */
  readonly scenario?: Readonly<Record<string, unknown>>;
  /** What a second's worth is counted in. */
  readonly counts: "pages" | "dispatches" | "accesses" | "plans";
}

const MIX = { zero: "30%", common: "40%", unique: "30%" };

/** A host whose VMs' pages are scanned to completion. */
function sharing(memory: string, vms: Readonly<Record<string, unknown>>, content = "auto") {
  return {
    duration: "10s",
    content,
    hosts: [{ name: "h1", memory }],
    vms: [vms],
    // Nothing is paged out here, and a swap file would take 8 bytes a page.
    policies: { memory: { sharing: { rate: "none" }, reclaim: "none" } },
  };
}

/** 64 GiB of contents of its own from one host to the other, 12 MiB/s of them written meanwhile. */
function moving() {
  return {
    duration: "70s",
    hosts: [
      { name: "h1", memory: "65GiB" },
      { name: "h2", memory: "65GiB" },
    ],
    vms: [
      {
        name: "vm",
        host: "h1",
        memory: "64GiB",
        image: { zero: "0%", common: "0%", unique: "100%" },
        workload: { pattern: "uniform", rate: "3000/s", writes: "100%", size: "1GiB" },
      },
    ],
    policies: { memory: { sharing: "none", reclaim: "none", sampling: "none" } },
    events: [{ at: "1s", migrate: { vm: "vm", to: "h2", rule: "qemu" } }],
  };
}

const POOLS = [
  { name: "gold", cpu: { shares: 8000 } },
  { name: "gold-web", pool: "gold", cpu: { shares: 3000 } },
  { name: "gold-db", pool: "gold", cpu: { shares: 5000 } },
  { name: "silver", cpu: { shares: 4000, limit: "40GHz" } },
  { name: "silver-web", pool: "silver", cpu: { shares: 1000 } },
  { name: "silver-db", pool: "silver", cpu: { shares: 2000, limit: "24GHz" } },
  { name: "bronze", cpu: { shares: 2000, limit: "16GHz" } },
  { name: "batch", cpu: { shares: 1000 } },
];

/** An hour of 64 pCPUs: 128 VMs of four vCPUs in pools, three of them and some VMs with limits. */
function hour() {
  const places = ["gold-web", "gold-db", "silver-web", "silver-db", "bronze", "batch"];
  const vm = { vcpus: 4, memory: "1MiB", workload: { run: "4ms", sleep: "1ms", threads: 4 } };
  const vms = Array.from({ length: 128 }, (_, i) => ({
    ...vm,
    name: `vm${i}`,
    pool: places[i % places.length]!,
    cpu: { shares: 1000 * (1 + (i % 3)), ...(i % 8 === 0 ? { limit: "2GHz" } : {}) },
  }));
  return {
    duration: "1h",
    hosts: [{ name: "h1", memory: "1GiB", cpu: { sockets: 4, cores: 16, mhz: 2000 } }],
    pools: POOLS,
    vms,
    policies: { cpu: { coscheduling: "relaxed" } },
  };
}

const CASES: readonly Case[] = [
  {
    name: "sharing-40",
    about: "40 GiB of content ids in 20 VMs, scanned to completion",
    scenario: sharing("64GiB", { name: "vm", count: 20, memory: "2GiB", image: MIX }),
    counts: "pages",
  },
  {
    name: "sharing-512",
    about: "512 GiB of content ids in 16 VMs, scanned to completion",
    scenario: sharing("512GiB", { name: "vm", count: 16, memory: "32GiB", image: MIX }),
    counts: "pages",
  },
  {
    name: "bytes-3.5",
    about: "3.5 GiB of real bytes in 7 VMs, scanned to completion",
    scenario: sharing("4GiB", { name: "vm", count: 7, memory: "512MiB", image: MIX }, "bytes"),
    counts: "pages",
  },
  {
    name: "cpu-hour",
    about:
      "an hour of 64 pCPUs and 128 VMs of 4 vCPUs that run 4 ms and sleep 1 ms, in pools with limits; to take less than 60 s",
    scenario: hour(),
    counts: "dispatches",
  },
  {
    name: "figure-8",
    about: "an hour of five Windows guests on 1 GB, as Figure 8 of ESX'02; to take less than 20 s",
    scenario: { ...bootStorm({ shareFirst: true }) },
    counts: "accesses",
  },
  {
    name: "migration-64",
    about: "a VM of 64 GiB moves page by page over 10 Gbit/s while it writes; to take less than 10 s",
    scenario: moving(),
    counts: "accesses",
  },
  {
    name: "plans",
    about: "200,000 fluid plans of migrations, whole; to be 100,000 a second and more",
    counts: "plans",
  },
  { name: "plan-costs", about: "4 million costs of migrations, by columns", counts: "plans" },
];

/** What a run measured, as the child prints it. */
interface Outcome {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly scannedPagesPerSecond?: number;
  readonly savedFraction?: number;
  readonly dispatches?: number;
  readonly dispatchesPerSecond?: number;
  readonly accesses?: number;
  readonly accessesPerSecond?: number;
  readonly plans?: number;
  readonly plansPerSecond?: number;
  readonly peakBytes: number;
}

async function runHere(name: string): Promise<void> {
  const { resolveScenario, simulate } = await import("../../src/index.ts");
  const { scenario, counts } = CASES.find((one) => one.name === name)!;
  if (scenario === undefined || counts === "plans") {
    await planHere(name);
    return;
  }
  const resolved = resolveScenario({ ballast: 1, name, ...scenario } as never);
  const before = process.cpuUsage();
  const result = await simulate(resolved);
  const { user, system } = process.cpuUsage(before);
  const wallSeconds = result.hostMachine.wallMs / 1000;
  const { memory } = result.hosts[0]!;
  if (memory.unvisitedPages > 0 && counts === "pages") throw new Error(`${name}: the scan is not complete`);
  const dispatches = result.vms.reduce((sum, { cpu }) => sum + (cpu?.dispatches ?? 0), 0);
  const accesses = result.vms.reduce((sum, vm) => sum + vm.memory.accesses, 0);
  const counted = {
    pages: {
      scannedPagesPerSecond: result.hostMachine.scannedPagesPerSecond,
      savedFraction: memory.savedPages / memory.grantedPages,
    },
    dispatches: { dispatches, dispatchesPerSecond: dispatches / wallSeconds },
    accesses: { accesses, accessesPerSecond: accesses / wallSeconds },
  };
  const outcome: Outcome = {
    wallSeconds,
    cpuSeconds: (user + system) / 1e6,
    ...counted[counts],
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
  process.stdout.write(JSON.stringify(outcome));
}

async function planHere(name: string): Promise<void> {
  const { costColumns, wholePlans } = await import("./plans.ts");
  const before = process.cpuUsage();
  const done = name === "plans" ? wholePlans() : costColumns();
  const { user, system } = process.cpuUsage(before);
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  process.stdout.write(JSON.stringify({ ...done, cpuSeconds: (user + system) / 1e6, peakBytes }));
}

function runApart(name: string): Outcome {
  const self = fileURLToPath(import.meta.url);
  const strip = fileURLToPath(new URL("../../scripts/strip.mjs", import.meta.url));
  const text = execFileSync(process.execPath, [strip, self, "--child", name], { encoding: "utf8" });
  return JSON.parse(text) as Outcome;
}

function speedOf({
  scannedPagesPerSecond,
  dispatchesPerSecond,
  accessesPerSecond,
  plansPerSecond,
}: Outcome): string {
  const millions = (value: number, digits: number): string => (value / 1e6).toFixed(digits);
  if (dispatchesPerSecond !== undefined) return `${millions(dispatchesPerSecond, 2)} M dispatches/s`;
  if (accessesPerSecond !== undefined) return `${millions(accessesPerSecond, 2)} M accesses/s`;
  if (plansPerSecond !== undefined) return `${millions(plansPerSecond, 3)} M plans/s`;
  return `${millions(scannedPagesPerSecond!, 1)} M pages/s`;
}

function main(): void {
  const file = fileURLToPath(new URL("../results/scale.json", import.meta.url));
  const wanted = process.argv.slice(2);
  const rows: Record<string, unknown>[] = [];
  for (const { name, about } of CASES.filter((one) => wanted.every((word) => one.name.includes(word)))) {
    const outcome = runApart(name);
    rows.push({ name, about, ...outcome });
    const { wallSeconds, cpuSeconds, peakBytes } = outcome;
    const speed = speedOf(outcome);
    console.log(
      `${about}: ${wallSeconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of CPU), ${speed}, ` +
        `peak ${(peakBytes / 2 ** 30).toFixed(2)} GiB`,
    );
  }
  if (wanted.length > 0) return;
  writeFileSync(file, `${JSON.stringify({ ...machine(), rows }, undefined, 2)}\n`);
}

if (process.argv[2] === "--child") await runHere(process.argv[3]!);
else main();
