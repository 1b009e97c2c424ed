/**
 * `npm run scale [-- NAME]`: the sizes that people ask about, as whole runs: wall time, pages scanned per second, peak
 * memory. By hand only; nothing here is a test. Results are kept in bench/results/scale.json.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { machine } from "../report.ts";

interface Case {
  readonly name: string;
  readonly about: string;
  readonly hosts: string;
  readonly vms: Readonly<Record<string, unknown>>;
  readonly content?: "bytes";
}

const MIX = { zero: "30%", common: "40%", unique: "30%" };
const CASES: readonly Case[] = [
  {
    name: "sharing-40",
    about: "40 GiB of content ids in 20 VMs, scanned to completion",
    hosts: "64GiB",
    vms: { name: "vm", count: 20, memory: "2GiB", image: MIX },
  },
  {
    name: "sharing-512",
    about: "512 GiB of content ids in 16 VMs, scanned to completion",
    hosts: "512GiB",
    vms: { name: "vm", count: 16, memory: "32GiB", image: MIX },
  },
  {
    name: "bytes-3.5",
    about: "3.5 GiB of real bytes in 7 VMs, scanned to completion",
    hosts: "4GiB",
    vms: { name: "vm", count: 7, memory: "512MiB", image: MIX },
    content: "bytes",
  },
];

/** What a run measured, as the child prints it. */
interface Outcome {
  readonly wallSeconds: number;
  readonly scannedPagesPerSecond: number;
  readonly savedFraction: number;
  readonly peakBytes: number;
}

async function runHere(name: string): Promise<void> {
  const { resolveScenario, simulate } = await import("../../src/index.ts");
  const { hosts, vms, content } = CASES.find((one) => one.name === name)!;
  const scenario = resolveScenario({
    ballast: 1,
    name,
    duration: "10s",
    ...(content === undefined ? {} : { content }),
    hosts: [{ name: "h1", memory: hosts }],
    vms: [vms as never],
    policies: { memory: { sharing: { rate: "none" } } },
  });
  const result = await simulate(scenario);
  const { memory } = result.hosts[0]!;
  if (memory.unvisitedPages > 0) throw new Error(`${name}: the scan is not complete`);
  const outcome: Outcome = {
    wallSeconds: result.hostMachine.wallMs / 1000,
    scannedPagesPerSecond: result.hostMachine.scannedPagesPerSecond,
    savedFraction: memory.savedPages / memory.grantedPages,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
  process.stdout.write(JSON.stringify(outcome));
}

function runApart(name: string): Outcome {
  const self = fileURLToPath(import.meta.url);
  const strip = fileURLToPath(new URL("../../scripts/strip.mjs", import.meta.url));
  const text = execFileSync(process.execPath, [strip, self, "--child", name], { encoding: "utf8" });
  return JSON.parse(text) as Outcome;
}

function main(): void {
  const file = fileURLToPath(new URL("../results/scale.json", import.meta.url));
  const wanted = process.argv.slice(2);
  const rows: Record<string, unknown>[] = [];
  for (const { name, about } of CASES.filter((one) => wanted.every((word) => one.name.includes(word)))) {
    const outcome = runApart(name);
    rows.push({ name, about, ...outcome });
    const { wallSeconds, scannedPagesPerSecond, peakBytes } = outcome;
    console.log(
      `${about}: ${wallSeconds.toFixed(1)} s, ${(scannedPagesPerSecond / 1e6).toFixed(1)} M pages/s, ` +
        `peak ${(peakBytes / 2 ** 30).toFixed(2)} GiB`,
    );
  }
  if (wanted.length > 0) return;
  writeFileSync(file, `${JSON.stringify({ ...machine(), rows }, undefined, 2)}\n`);
}

if (process.argv[2] === "--child") await runHere(process.argv[3]!);
else main();
