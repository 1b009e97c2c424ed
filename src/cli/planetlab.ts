/** `ballast reproduce planetlab --trace FILE`: CloudSim's consolidation experiment on a day of PlanetLab demand. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  checkPlanetlabPolicy,
  type PlanetlabOrder,
  type PlanetlabResult,
  type PlanetlabVm,
  parsePlanetlabCsv,
  parsePlanetlabFile,
  planetlab,
  TraceError,
} from "../index.ts";
import { fileTrouble, UsageError } from "./fail.ts";
import { readTextFile } from "./text-file.ts";

export interface PlanetlabFlags {
  readonly trace?: string;
  readonly policy?: string;
  readonly order?: string;
  readonly seed?: string;
  readonly json?: boolean;
}

/** What is run where no policy is named. */
const USUAL = "npa,dvfs,thr-mmt-0.8,iqr-mmt-1.5,mad-mmt-2.5,lr-mmt-1.2,lr-mc-1.2";

/** Runs one policy or several and prints what they come to. */
export function reproducePlanetlab(flags: PlanetlabFlags): void {
  const { trace, policy = USUAL, order = "ntfs", seed = "1" } = flags;
  const names = policy.split(",");
  for (const name of names) checkPolicy(name);
  if (trace === undefined || trace === "")
    throw new UsageError(
      "reproduce planetlab: expected --trace FILE, a packed CSV or a folder of PlanetLab files",
    );
  if (order !== "ntfs" && order !== "ascii")
    throw new UsageError(`--order: expected ntfs or ascii, got ${order}`);
  if (!/^\d{1,10}$/.test(seed) || Number(seed) >= 2 ** 32)
    throw new UsageError(
      `--seed: expected a whole number from 0 to ${2 ** 32 - 1}, got ${seed || "nothing"}`,
    );
  const vms = readTrace(trace);
  const options = { order: order as PlanetlabOrder, seed: Number(seed) };
  const results = names.map((name) => ({ name, result: run(vms, trace, { ...options, policy: name }) }));
  if (flags.json !== true) process.stdout.write(table(results));
  else {
    const all = results.map(({ name, result }) =>
      names.length === 1 ? result : { policy: name, ...result },
    );
    process.stdout.write(`${JSON.stringify(all.length === 1 ? all[0] : all)}\n`);
  }
}

/** Before the trace is read, or missed. */
function checkPolicy(name: string): void {
  try {
    checkPlanetlabPolicy(name);
  } catch (fault) {
    throw new UsageError(`--${(fault as Error).message}`);
  }
}

function run(
  vms: readonly PlanetlabVm[],
  trace: string,
  options: { readonly policy: string; readonly order: PlanetlabOrder; readonly seed: number },
): PlanetlabResult {
  try {
    return planetlab(vms, options);
  } catch (fault) {
    if (!(fault instanceof RangeError)) throw fault;
    throw new UsageError(`${trace}: ${fault.message}`);
  }
}

function readTrace(path: string): PlanetlabVm[] {
  try {
    if (!statSync(path).isDirectory()) return parsePlanetlabCsv(readTextFile(path), path);
    const names = readdirSync(path, { withFileTypes: true }).filter(
      (entry) => entry.isFile() && !entry.name.startsWith("."),
    );
    if (names.length === 0)
      throw new TraceError({ file: path, expected: "PlanetLab files", got: "an empty folder" });
    return names.map(({ name }) =>
      parsePlanetlabFile(readTextFile(join(path, name)), name, join(path, name)),
    );
  } catch (fault) {
    if (fault instanceof TraceError || fault instanceof UsageError) throw fault;
    throw new UsageError(`--trace ${path}: expected a readable file or folder, got ${fileTrouble(fault)}`);
  }
}

const COLUMNS = ["policy", "energy kWh", "migrations", "SLAV", "PDM", "SLATAH", "shutdowns"] as const;

function table(results: readonly { readonly name: string; readonly result: PlanetlabResult }[]): string {
  const rows = results.map(({ name, result }) => [
    name,
    result.energyKwh.toFixed(2),
    String(result.migrations),
    `${(result.slav * 100).toFixed(5)} %`,
    `${(result.pdm * 100).toFixed(2)} %`,
    `${(result.slatah * 100).toFixed(2)} %`,
    String(result.hostShutdowns),
  ]);
  const widths = COLUMNS.map((column, at) => Math.max(column.length, ...rows.map((row) => row[at]!.length)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join("  ");
  const [{ result } = { result: { hosts: 0, vms: 0 } }] = results;
  return `${[`${result.hosts} hosts, ${result.vms} VMs, one day`, "", line(COLUMNS), ...rows.map(line)].join("\n")}\n`;
}
