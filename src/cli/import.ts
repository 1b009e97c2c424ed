/** `ballast import FILE…`: what files are, and a scenario of them that runs. */
import { dirname, relative, resolve } from "node:path";
import { type Command, Option } from "commander";
import {
  demandCsvLines,
  type Estate,
  estateTables,
  type FileOrder,
  formatBytes,
  IMPORT_FORMATS,
  type Imported,
  type ImportOptions,
  importFiles,
  nearest,
  parseNs,
  parsePpm,
  scenarioYaml,
  type TraceSource,
} from "../index.ts";
import { UsageError } from "./fail.ts";
import { writeFiles } from "./files.ts";
import { watchInterrupt } from "./interrupt.ts";
import { statusLine } from "./terminal.ts";

interface ImportFlags {
  readonly out?: string;
  readonly place?: string;
  readonly format?: string;
  readonly lenient?: boolean;
  readonly listFormats?: boolean;
  readonly vms?: string;
  readonly hosts?: string;
  readonly step?: string;
  readonly from?: string;
  readonly to?: string;
  readonly order?: FileOrder;
  readonly reading?: "average" | "maximum";
  readonly duration?: string;
  readonly resolution?: "page" | "fluid";
  readonly assumeCpu?: string;
  readonly assumeMemory?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Files that a scenario names; more are written into one. */
const FILES_MAX = 1000;

const HELP = `
FILEs belong together: the tabs of an RVTools export, a table of VMs and their
readings, a folder with a file a VM; gzip and zstd are unpacked; - is standard
input. What they are, their first lines tell; --format overrides it.

Examples:
  $ ballast import RVTools_export.xlsx --out estate.yaml
  $ ballast import RVTools_tabvInfo.csv RVTools_tabvHost.csv --place plan
  $ ballast import vmtable.csv.gz vm_cpu_readings-file-1-of-125.csv.gz --vms 500
  $ virsh dumpxml web | ballast import - --out web.yaml`;

/** The verb's arguments and options. */
export function registerImport(command: Command): void {
  command
    .argument("[FILE...]", "files, folders, or - for standard input")
    .option("--out <yaml>", "write the scenario")
    .option("--place <dir>", "write vms.csv and hosts.csv for ballast place (inventories)")
    .option("--format <name>", "what the files are; see --list-formats")
    .option("--list-formats", "print all formats and stop")
    .option("--lenient", "leave bad rows out, and say how many")
    .option("--vms <n>", "keep the first so many VMs")
    .option("--hosts <n>", "keep the first so many hosts, and what is on them (inventories)")
    .option("--step <time>", "length of a step of a trace, such as 5min")
    .option("--from <time>", "keep readings from here, on the trace's own clock (traces)")
    .option("--to <time>", "keep readings before there (traces)")
    .addOption(new Option("--order <order>", "order of VMs by name (traces)").choices(["ascii", "ntfs"]))
    .addOption(
      new Option("--reading <which>", "which reading counts, where there are several (traces)").choices([
        "average",
        "maximum",
      ]),
    )
    .addOption(
      new Option("--resolution <which>", "of an inventory's scenario; absent: by its size").choices([
        "page",
        "fluid",
      ]),
    )
    .option("--duration <time>", "simulated time of an inventory; 60s (page), 24h (fluid)")
    .option("--assume-cpu <percent>", "CPU of VMs that nothing is known of; 20% if absent")
    .option("--assume-memory <percent>", "active memory of VMs that nothing is known of; 25% if absent")
    .option("--json", "print one JSON document on stdout and nothing else")
    .option("--quiet", "no progress")
    .addHelpText("after", HELP)
    .action(importAction);
}

async function importAction(files: readonly string[], flags: ImportFlags): Promise<void> {
  if (flags.listFormats === true) {
    listFormats(flags.json === true);
    return;
  }
  if (files.length === 0) throw new UsageError("import: expected at least one FILE, got none");
  checkFormat(flags.format);
  const sources = files.map(
    (path): TraceSource => (path === "-" ? { name: "standard input", chunks: process.stdin } : { path }),
  );
  const interrupt = watchInterrupt(() => files.includes("-") && process.stdin.destroy());
  const { show, clear } = statusLine(flags.quiet !== true && flags.json !== true);
  try {
    const options: ImportOptions = {
      ...optionsOf(flags),
      signal: interrupt.signal,
      onProgress: ({ file, number, files: all, rows }) => show(`${file} (${number} of ${all}), ${rows} rows`),
    };
    const imported = await importFiles(sources, options);
    clear();
    const written = await write(imported, flags, files);
    if (flags.json === true) process.stdout.write(`${JSON.stringify({ ...summary(imported), written })}\n`);
    else process.stdout.write(`${described(imported, written)}\n`);
  } finally {
    clear();
    if (files.includes("-")) process.stdin.destroy();
    interrupt.done();
  }
}

function listFormats(isJson: boolean): void {
  if (isJson) process.stdout.write(`${JSON.stringify(IMPORT_FORMATS)}\n`);
  else {
    const width = IMPORT_FORMATS.reduce((most, { name }) => Math.max(most, name.length), 0);
    for (const kind of ["inventory", "trace"] as const) {
      process.stdout.write(`${kind === "inventory" ? "Inventories" : "\nTraces"}\n`);
      for (const one of IMPORT_FORMATS.filter((format) => format.kind === kind))
        process.stdout.write(`  ${one.name.padEnd(width)}  ${one.about}\n`);
    }
  }
}

function checkFormat(format: string | undefined): void {
  if (format === undefined || IMPORT_FORMATS.some(({ name }) => name === format)) return;
  if (format === "ksm-spec")
    throw new UsageError("--format ksm-spec: not simulated by this version of ballast");
  const names = IMPORT_FORMATS.map(({ name }) => name);
  const meant = nearest(format, names);
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
  throw new UsageError(`--format: expected any of ${names.join(", ")}, got ${format || "nothing"}${hint}`);
}

function optionsOf(flags: ImportFlags): ImportOptions {
  return {
    format: flags.format,
    lenient: flags.lenient,
    order: flags.order,
    reading: flags.reading,
    resolution: flags.resolution,
    vmsMax: countOf("vms", flags.vms),
    hostsMax: countOf("hosts", flags.hosts),
    stepS: secondsOf("step", flags.step, true),
    fromS: secondsOf("from", flags.from),
    toS: secondsOf("to", flags.to),
    durationS: secondsOf("duration", flags.duration, true),
    assumedCpu: partOf("assume-cpu", flags.assumeCpu),
    assumed: {
      cpu: partOf("assume-cpu", flags.assumeCpu),
      memory: partOf("assume-memory", flags.assumeMemory),
    },
  };
}

function countOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new UsageError(`--${flag}: expected a whole number from 1, got ${text || "nothing"}`);
}

function secondsOf(flag: string, text: string | undefined, isPositive = false): number | undefined {
  if (text === undefined) return undefined;
  const seconds = parsed(flag, text, parseNs) / 1e9;
  if (isPositive && !(seconds > 0)) throw new UsageError(`--${flag}: expected more than 0, got ${text}`);
  return seconds;
}

function partOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return parsed(flag, text, parsePpm) / 1e6;
}

function parsed(flag: string, text: string, parse: (text: string) => number): number {
  try {
    return parse(text);
  } catch (fault) {
    throw new UsageError(`--${flag}: ${fault instanceof Error ? fault.message : String(fault)}`);
  }
}

async function write(imported: Imported, flags: ImportFlags, files: readonly string[]): Promise<string[]> {
  const texts: Record<string, string> = {};
  if (flags.out !== undefined) {
    const comments = [
      `What ballast import made of ${files.map((file) => (file === "-" ? "standard input" : file)).join(", ")}.`,
      ...imported.notes.map((note) => `${note[0]!.toUpperCase()}${note.slice(1)}.`),
    ];
    texts[flags.out] = scenarioYaml(scenarioOf(imported, flags.out, files, texts), comments);
  }
  if (flags.place !== undefined) {
    if (imported.kind !== "inventory")
      throw new UsageError("--place: expected an inventory, got a trace, whose VMs have no hosts");
    const { vms, hosts } = estateTables(imported.estate);
    texts[`${flags.place}/vms.csv`] = vms;
    texts[`${flags.place}/hosts.csv`] = hosts;
  }
  await writeFiles(texts);
  return Object.keys(texts);
}

/** The scenario, naming its trace from where it will stand; a part of one is written beside it. */
function scenarioOf(
  imported: Imported,
  out: string,
  files: readonly string[],
  texts: Record<string, string>,
): Readonly<Record<string, unknown>> {
  const { scenario } = imported;
  if (imported.kind !== "trace") return scenario;
  const own = `${out.replace(/\.(?:ya?ml|json)$/i, "")}.demand.csv`;
  const isOwn = imported.isCut || files.includes("-") || files.length > FILES_MAX;
  if (isOwn) texts[own] = [...demandCsvLines(imported.demand)].join("");
  const from = dirname(resolve(out));
  const named = (isOwn ? [own] : files).map((file) => relative(from, resolve(file)));
  const demand = { ...(scenario["demand"] as object), file: named.length === 1 ? named[0] : named };
  return { ...scenario, demand };
}

/** What is printed as JSON. */
function summary(imported: Imported): Readonly<Record<string, unknown>> {
  const { kind, notes } = imported;
  if (imported.kind === "trace") {
    const { format, files, rows, skippedRows, skipped, vms, steps, stepNs, tally, memory } = imported.demand;
    const mean = meanOf(imported.demand.cpu);
    const means = { cpuMean: mean, ...(memory ? { memoryMean: meanOf(memory) } : {}) };
    return {
      kind,
      format,
      files,
      rows,
      skippedRows,
      skipped,
      vms: vms.length,
      steps,
      stepNs,
      ...means,
      tally,
      notes,
    };
  }
  const { format, files, rows, skippedRows, skipped, hosts, vms, clusters, pools } = imported.estate;
  const on = vms.filter(({ isOn }) => isOn);
  return {
    kind,
    format,
    files,
    rows,
    skippedRows,
    skipped,
    hosts: hosts.length,
    cores: sum(hosts, ({ sockets, coresPerSocket }) => sockets * coresPerSocket),
    hostMemoryMib: sum(hosts, ({ memoryMib }) => memoryMib),
    vms: vms.length,
    vmsOn: on.length,
    vcpus: sum(vms, ({ vcpus }) => vcpus),
    vmMemoryMib: sum(vms, ({ memoryMib }) => memoryMib),
    gpus: sum(hosts, ({ gpus }) => gpus),
    clusters: clusters.length,
    pools: pools.length,
    notes,
  };
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return Math.round(items.reduce((total, item) => total + of(item), 0) * 1e6) / 1e6;
}

function meanOf(values: Float32Array): number {
  let [total, count] = [0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    total += value;
    count += 1;
  }
  return count === 0 ? 0 : total / count;
}

function described(imported: Imported, written: readonly string[]): string {
  const source = imported.kind === "trace" ? imported.demand : imported.estate;
  const { format, files, rows, skippedRows, skipped } = source;
  const about = IMPORT_FORMATS.find(({ name }) => name === format)!.about;
  const parts = new Map<string, number>();
  for (const { part } of files) parts.set(part, (parts.get(part) ?? 0) + 1);
  const named = [...parts].map(([part, count]) => (count === 1 ? part : `${count} × ${part}`)).join(", ");
  const lines = [
    `${format}: ${about}`,
    `  files   ${files.length} (${named}), ${counted(rows, "row")}${skippedRows > 0 ? `, ${skippedRows} skipped` : ""}`,
    ...skipped.map(({ file, line, reason }) => `          ${file}:${line}: ${reason}`),
    ...(imported.kind === "trace" ? traceLines(imported) : estateLines(imported.estate)),
    ...imported.notes.map((note) => `  note    ${note}`),
    ...written.map((file) => `wrote ${file}`),
  ];
  if (written.length === 0) lines.push("nothing written: --out FILE.yaml writes a scenario");
  return lines.join("\n");
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function traceLines({ demand }: Extract<Imported, { kind: "trace" }>): string[] {
  const { vms, steps, stepNs, cpu, memory } = demand;
  const percent = (values: Float32Array): string => `${(meanOf(values) * 100).toFixed(2)} %`;
  const use = `CPU ${percent(cpu)}${memory ? `, memory ${percent(memory)}` : ""} on average`;
  return [`  VMs     ${vms.length}, ${counted(steps, "step")} of ${stepNs / 1e9} s`, `  demand  ${use}`];
}

function estateLines({ hosts, vms, clusters, pools }: Estate): string[] {
  const memory = (mib: number): string => formatBytes(mib * 2 ** 20);
  const cores = sum(hosts, ({ sockets, coresPerSocket }) => sockets * coresPerSocket);
  const gpus = sum(hosts, (host) => host.gpus);
  const on = vms.filter(({ isOn }) => isOn).length;
  const more = [
    ...(clusters.length > 0 ? [`${clusters.length} clusters`] : []),
    ...(pools.length > 0 ? [`${pools.length} pools`] : []),
  ];
  return [
    `  hosts   ${hosts.length}, ${cores} cores, ${memory(sum(hosts, (host) => host.memoryMib))}${gpus > 0 ? `, ${gpus} GPUs` : ""}${more.length > 0 ? `; ${more.join(", ")}` : ""}`,
    `  VMs     ${vms.length}, ${on} run; ${sum(vms, ({ vcpus }) => vcpus)} vCPUs, ${memory(sum(vms, (vm) => vm.memoryMib))}`,
  ];
}
