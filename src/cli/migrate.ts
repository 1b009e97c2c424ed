/** `ballast migrate`: one migration, what if; every mode side by side. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import {
  type DirtyTrace,
  loadScenario,
  MigrationError,
  type MigrationOptions,
  type MigrationPlan,
  migrateByPage,
  migrateReport,
  migrationFaultText,
  migrationHtml,
  parseBitsPerSecond,
  parseNs,
  planMigration,
  planPerfetto,
  readDirtyTrace,
  recordDirty,
  replay,
  solvedReport,
  solveMigration,
  sweepMigration,
  sweepReport,
  type WorkingSetResult,
  withFacts,
  workingSetOf,
  workingSetReport,
} from "../index.ts";
import { fileTrouble, UsageError } from "./fail.ts";
import { prepareFolder, writeFiles } from "./files.ts";
import { migrateTogether } from "./migrate-together.ts";
import { colors } from "./terminal.ts";

const HELP = `
Modes: stop-and-copy, pre-copy, post-copy, hybrid. Rules of pre-copy: qemu (the
remainder fits into the downtime limit), clark (the rate follows what is
dirtied), vmotion, xen, remaining (at most --threshold left).

Examples:
  $ ballast migrate --memory 8GiB --zero 5GiB --working-set 64MiB \\
      --dirty-rate 9000pages/s --bandwidth 1Gbit/s
  $ ballast migrate --memory 512MiB --working-set 256MiB --dirty-rate 1GB/s \\
      --bandwidth 500Mbit/s --rule clark --mode pre-copy --json`;

/** Options that take an amount, by their name in camel case, and what help says. */
const AMOUNTS: readonly (readonly [flags: string, help: string])[] = [
  ["--memory <size>", "all memory of the VM, video and ROM too"],
  ["--zero <size>", "how much of it is zero"],
  ["--working-set <size>", "what the guest writes to (default: what is not zero)"],
  ["--dirty-rate <rate>", "4000pages/s or 60MiB/s"],
  ["--pattern <pattern>", "cyclic, uniform or linear (default: cyclic)"],
  ["--bandwidth <rate>", "200Mbit/s or 25MB/s"],
  ["--link <rate>", "what the link carries when rule qemu lifts its cap at the end (default: the bandwidth)"],
  ["--downtime-limit <time>", "of rules qemu and remaining (default: 300ms)"],
  ["--mode <modes>", "one or several, with commas (default: all)"],
  ["--rule <rule>", "qemu, clark, vmotion, xen or remaining (default: qemu)"],
  ["--threshold <size>", "rule remaining: how much may be left (default: bandwidth × downtime limit)"],
  ["--ratio <percent>", "pre-copy ends when a round leaves more than this part of what it sent"],
  ["--rounds <n>", "most rounds of pre-copy; of hybrid, 1 if absent"],
  ["--rate-min <rate>", "rule clark: rate of the first round (default: 100Mbit/s)"],
  ["--rate-max <rate>", "rule clark: highest rate (default: 500Mbit/s)"],
  ["--rate-step <rate>", "rule clark: added to the dirty rate (default: 50Mbit/s)"],
  ["--latency <time>", "round trip (default: 0)"],
  ["--switchover <time>", "redirecting network and disks, part of the downtime (default: 0)"],
  ["--device-state <size>", "registers and devices (default: 0)"],
  ["--give-up <time>", "end a pre-copy that takes longer"],
  ["--dirty-limit <rate>", "rule qemu: most that a vCPU may write, 10MiB/s or pages/s"],
  ["--vcpus <n>", "that the dirty rate is spread over (default: 1)"],
  ["--stun <n>", "park n writing processes after 40 write faults each"],
  ["--freed <size>", "handed back by the guest before the first round"],
  ["--xbzrle <size>", "pages sent again go as deltas of this mean size"],
  ["--xbzrle-cache <size>", "what the source remembers (default: 64MiB)"],
  ["--compressed <percent>", "what compression leaves of a page"],
  ["--channels <n>", "connections, each no faster than --channel-rate (default: 1)"],
  ["--channel-rate <rate>", "fastest of one connection"],
  ["--guest-traffic <rate>", "the guest's own, on the same link"],
  ["--tracking <kind>", "write-protection, page-modification-log, ring or none (default: the first)"],
  ["--client-timeout <time>", "after which the guest's clients give up"],
  [
    "--spare-cpu <percent>",
    "of a core, free on the host: beyond it sending takes the guest's (default: enough)",
  ],
  ["--send-cpu <percent>", "of a core that sending takes per Gbit/s (default: 10%)"],
  ["--packets <rate>", "sent to the guest, 1000/s: how many are lost"],
  ["--lost-announcements <n>", "of the new place, the first n of five go unheard"],
  ["--disk <size>", "that is not shared: it goes over first, writes to it are mirrored"],
  ["--disk-writes <rate>", "to that disk, 20MB/s"],
  ["--disk-rate <rate>", "how fast the disk is read and written (default: as the link)"],
  ["--swapped <size>", "of the memory, swapped out by the source's host: read and sent"],
  ["--swap-rate <rate>", "how fast it is read (default: as the link)"],
  ["--shared <size>", "of the memory, pages that others of it equal"],
  ["--distinct <size>", "contents among them: sent once each (default: all)"],
  ["--fail <what>", "source, destination or link is lost, at --fail-at"],
  ["--fail-at <time>", "from the start"],
];

/** What is read here; everything else goes to the planner as it is. */
interface Flags extends Record<string, unknown> {
  readonly json?: boolean;
  readonly page?: boolean;
  readonly dirtyTrace?: string;
  readonly program?: string;
  readonly traceStart?: string;
  readonly wws?: boolean;
  readonly from?: string;
  readonly solve?: string;
  readonly sweep?: string | true;
  readonly out?: string;
  readonly scenario?: string;
  readonly vm?: string;
  readonly every?: string;
  readonly vms?: string;
  readonly atOnce?: string;
  readonly traffic?: string;
}

/** The verb's arguments and options. */
export function registerMigrate(command: Command): void {
  for (const [flags, help] of AMOUNTS) command.option(flags, help);
  command
    .option("--no-bubbling", "post-copy: push in the order of memory, not around the last fault")
    .option("--swap-shared", "both hosts have the swap file: swapped pages go as references")
    .option("--vms <csv>", "several VMs on one --link: name, memory, dirty-rate … as the options here")
    .option("--at-once <n>", "of --vms: at most so many at a time, in the order of the file")
    .option("--traffic <rates>", "of --vms: others' on the link, with commas")
    .option("--solve <what>", "bandwidth or downtime: what pre-copy needs to converge")
    .option("--sweep [rates]", "pre-copy at several rate limits, with commas (default: eight)")
    .option("--auto-converge", "rule qemu: slow down a guest that dirties too fast")
    .option(
      "--dirty-trace <file>",
      "what a program was measured to dirty: DTZ1 (also .zst), CSV of counts or windows",
    )
    .option("--scenario <file>", "instead of a trace: what --vm of this scenario writes, in simulation")
    .option("--vm <name>", "of --scenario (default: its first)")
    .option("--every <time>", "of --scenario: how often the dirty pages are read (default: 50ms)")
    .option("--program <name>", "which one, of a CSV of several")
    .option("--trace-start <time>", "where in a DTZ1 series the migration begins (default: 0)")
    .option("--wws", "only say what the trace dirties per window, and the downtimes that predicts")
    .option("--from <file>", "what QEMU or virsh said: info migrate, dirty rate, domjobinfo, domstats")
    .option("--out <folder>", "write report.html, plan.json and timeline.perfetto.json")
    .option("--page", "page by page")
    .option("--json", "print one JSON document on stdout and nothing else")
    .addHelpText("after", HELP)
    .action(migrate);
}

/** Page by page, in a world of two hosts. */
async function answerByPage(options: MigrationOptions, flags: Flags): Promise<void> {
  for (const name of ["dirtyTrace", "from", "scenario", "solve", "sweep", "wws", "out"] as const) {
    if (flags[name] !== undefined) throw new UsageError(`${flagOf(name)}: expected none beside --page`);
  }
  try {
    print(flags.json, await migrateByPage(options), migrateReport);
  } catch (fault) {
    if (!(fault instanceof MigrationError)) throw fault;
    throw new UsageError(migrationFaultText(fault.faults, flagOf));
  }
}

async function migrate(flags: Flags): Promise<void> {
  const { page, dirtyTrace, program, traceStart, from, scenario, vm, every, ...rest } = flags;
  const { json, wws, solve, sweep, out, ...given } = rest;
  if (flags.vms !== undefined) {
    migrateTogether(flags);
    return;
  }
  for (const name of ["atOnce", "traffic"] as const) {
    if (flags[name] !== undefined) throw new UsageError(`${flagOf(name)}: expected --vms beside it`);
  }
  beside(flags);
  if (page === true) {
    await answerByPage(given as unknown as MigrationOptions, flags);
    return;
  }
  let options = given as unknown as MigrationOptions;
  if (from !== undefined) options = named(() => withFacts(options, textOf(from), from));
  const trace = await traceOf(flags);
  if (trace !== undefined) {
    if (scenario !== undefined && options.memory === undefined) {
      options = { ...options, memory: `${trace.series!.span * 4}KiB` };
    }
    if (wws === true) {
      print(json, workingSet(trace, options), workingSetReport);
      return;
    }
    const { low, mean, high } = trace;
    options = { ...options, dirtying: mean, ...(low === high ? {} : { dirtyingBand: { low, high } }) };
  }
  await answer(options, flags);
}

/** Sweeps, solves or plans. */
async function answer(options: MigrationOptions, { json, sweep, solve, out }: Flags): Promise<void> {
  if (sweep !== undefined) {
    if (solve !== undefined) throw new UsageError("--sweep: expected none beside --solve");
    if (out !== undefined) throw new UsageError("--out: expected none beside --sweep");
    const rates = sweep === true ? undefined : sweep.split(",").map(rateOf);
    const steps = named(() => sweepMigration(options, rates));
    print(json, { sweep: steps }, (result, palette) => sweepReport(result.sweep, palette));
    return;
  }
  if (solve !== undefined) {
    if (solve !== "bandwidth" && solve !== "downtime") {
      throw new UsageError(`--solve: expected bandwidth or downtime, got ${solve || "nothing"}`);
    }
    const solved = named(() => solveMigration(options, solve));
    if (solved.plan !== undefined) await leave(out, solved.plan);
    print(json, solved, solvedReport);
    return;
  }
  const plan = named(() => planMigration(options));
  await leave(out, plan);
  print(json, plan, migrateReport);
}

/** Writes the report of a plan, where one is asked for. */
async function leave(out: string | undefined, plan: MigrationPlan): Promise<void> {
  if (out === undefined) return;
  await prepareFolder(out);
  await writeFiles({
    [join(out, "report.html")]: migrationHtml(plan),
    [join(out, "plan.json")]: `${JSON.stringify(plan)}\n`,
    [join(out, "timeline.perfetto.json")]: planPerfetto(plan),
  });
}

/** Flags that need another one, and those that do not go together. */
function beside({ dirtyTrace, scenario, program, traceStart, wws, vm, every }: Flags): void {
  const need = (given: Readonly<Record<string, unknown>>, what: string): void => {
    for (const [name, value] of Object.entries(given)) {
      if (value !== undefined) throw new UsageError(`${flagOf(name)}: expected ${what} beside it`);
    }
  };
  if (dirtyTrace === undefined) need({ program }, "--dirty-trace");
  if (dirtyTrace === undefined && scenario === undefined)
    need({ traceStart, wws }, "--dirty-trace or --scenario");
  if (scenario === undefined) need({ vm, every }, "--scenario");
  else if (dirtyTrace !== undefined) throw new UsageError("--scenario: expected none beside --dirty-trace");
}

/** What a program was measured to dirty, or what a VM dirties in simulation. */
async function traceOf({
  dirtyTrace,
  scenario,
  program,
  traceStart,
  vm,
  every = "50ms",
}: Flags): Promise<DirtyTrace | undefined> {
  const startS = traceStart === undefined ? 0 : timeOf("traceStart", traceStart) / 1e9;
  if (dirtyTrace !== undefined) {
    return readDirtyTrace(dirtyTrace, { startS, ...(program === undefined ? {} : { program }) });
  }
  if (scenario === undefined) return undefined;
  const loaded = await loadScenario(scenario);
  const everyNs = timeOf("every", every);
  try {
    const series = await recordDirty(loaded, { vm: vm ?? loaded.vms[0]!.name, everyNs });
    const mean = replay(series, startS);
    return { name: series.name, series, mean, low: mean, high: mean };
  } catch (fault) {
    if (fault instanceof RangeError) throw new UsageError(`--${fault.message}`);
    throw fault;
  }
}

function rateOf(text: string): number {
  try {
    return parseBitsPerSecond(text);
  } catch (fault) {
    throw new UsageError(`--sweep: ${(fault as Error).message}`);
  }
}

function print<Result>(
  json: boolean | undefined,
  result: Result,
  report: (result: Result, palette: ReturnType<typeof colors>) => string,
): void {
  process.stdout.write(json === true ? `${JSON.stringify(result)}\n` : `${report(result, colors())}\n`);
}

function workingSet(trace: DirtyTrace, { memory, bandwidth }: MigrationOptions): WorkingSetResult {
  if (trace.series === undefined) {
    throw new UsageError(`--wws: expected a DTZ1 series, got counts in ${trace.name}`);
  }
  return named(() =>
    workingSetOf(trace.series!, {
      ...(memory === undefined ? {} : { memory: String(memory) }),
      ...(bandwidth === undefined ? {} : { bandwidths: String(bandwidth).split(",") }),
    }),
  );
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (fault) {
    throw new UsageError(`--from ${file}: ${fileTrouble(fault)}`);
  }
}

function timeOf(path: string, text: string): number {
  try {
    return parseNs(text);
  } catch (fault) {
    throw new UsageError(`${flagOf(path)}: ${(fault as Error).message}`);
  }
}

/** What `run` gives; faults with options as they are written here. */
function named<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (fault) {
    if (!(fault instanceof MigrationError)) throw fault;
    throw new UsageError(migrationFaultText(fault.faults, flagOf));
  }
}

/** `--dirty-rate` of `dirtyRate`. */
function flagOf(path: string): string {
  return `--${path.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
