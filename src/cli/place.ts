/** `ballast place`: which hosts VMs go to, every heuristic side by side. */
import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import {
  addExact,
  bestOf,
  checkRules,
  estateTables,
  type HeuristicName,
  type Inventory,
  joinTypes,
  loadCore,
  namesOf,
  type Packing,
  type Placed,
  type PlaceNames,
  type PlaceResult,
  placementCsv,
  placeProblem,
  placeReport,
  readEstate,
  readInstances,
  readInventory,
  readRules,
  readTable,
  type Table,
  whyUnplaced,
} from "../index.ts";
import { fileTrouble, UsageError } from "./fail.ts";
import { placeRoadef } from "./place-roadef.ts";
import { colors, statusLine } from "./terminal.ts";
import { readTextFile } from "./text-file.ts";

interface PlaceFlags {
  readonly vms?: string;
  readonly hosts?: string;
  readonly estate?: readonly string[];
  readonly overcommit?: string;
  readonly roadef?: readonly string[];
  readonly rules?: string;
  readonly types?: string;
  readonly instance?: string;
  readonly heuristic?: string;
  readonly dimensions?: string;
  readonly spread?: boolean;
  readonly effort?: string;
  readonly seed?: string;
  readonly exact?: string | true;
  readonly out?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** VMs times hosts from which on the core is worth loading. */
const CORE_FROM = 1_000_000;

const HELP = `
Tables have a header; the first column is the name, \`count\` stands for so many
rows, and every column of numbers that both tables have is a dimension. Sizes
may have units (4GiB). Other columns label hosts and VMs, for rules. Instances
are .vbp, OR-Library or BPPLIB text; gzip too.

Examples:
  $ ballast place --vms vms.csv --hosts hosts.csv
  $ ballast place --vms vms.csv --hosts hosts.csv --rules rules.yaml
  $ ballast place --vms pods.csv --hosts nodes.csv --dimensions cpu,gpu=num_gpu
  $ ballast place --estate RVTools_export.xlsx --heuristic ffd,local-search
  $ ballast place --instance class1_40_3_0.vbp --heuristic ffd --json`;

/** The verb's arguments and options. */
export function registerPlace(command: Command): void {
  command
    .option("--vms <csv>", "what is to be placed")
    .option("--hosts <csv>", "where")
    .option(
      "--estate <files...>",
      "both from an inventory: RVTools, openb pods and nodes, …; see ballast import",
    )
    .option("--overcommit <n>", "vCPUs a core takes (--estate); 4, or 1 where VMs ask for cores")
    .option("--types <csv>", "instance types that VMs name, with what each has")
    .option("--rules <yaml>", "affinity, anti-affinity, bans, host rules, requests, quotas")
    .option("--instance <file>", "a published instance instead: .vbp, OR-Library or BPPLIB text")
    .option("--roadef <files...>", "machine reassignment: MODEL ASSIGNMENT, and a SOLUTION to check")
    .option("--heuristic <names>", "some of them, with commas; all if absent")
    .option("--dimensions <names>", "columns, with commas; host=vm where their names differ")
    .option("--spread", "every host may be chosen from the start, not only when no open one has room")
    .option("--effort <looks>", "how long local-search looks; 20 million and more if absent")
    .option("--seed <n>", "of local-search; 1 if absent")
    .option(
      "--exact [solver]",
      "the optimum too, for small problems: own or highs; the one, then the other if absent",
    )
    .option("--out <csv>", "write where each VM goes, by the best heuristic asked for")
    .option("--json", "print one JSON document on stdout and nothing else")
    .option("--quiet", "no progress, no notes")
    .addHelpText("after", HELP)
    .action(place);
}

async function place(flags: PlaceFlags): Promise<void> {
  const { instance, estate, roadef, vms, hosts } = flags;
  const ways = [instance, estate, roadef, vms ?? hosts].filter((way) => way !== undefined).length;
  if (ways !== 1)
    throw new UsageError("place: expected --vms CSV and --hosts CSV, --estate FILES, or --instance FILE");
  if (roadef !== undefined) await placeRoadef(roadef, flags);
  else if (instance !== undefined) await placeInstance(flags, instance);
  else if (estate !== undefined) await placeEstate(flags, estate);
  else if (vms === undefined || hosts === undefined) {
    throw new UsageError(
      `place: expected --vms and --hosts, got ${vms === undefined ? "no --vms" : "no --hosts"}`,
    );
  } else
    await placeInventory(flags, readTable(readTextFile(vms), vms), readTable(readTextFile(hosts), hosts));
}

/** VMs and hosts of one inventory. */
async function placeEstate(flags: PlaceFlags, files: readonly string[]): Promise<void> {
  const estate = await readEstate(files.map((path) => ({ path })));
  if (estate.hosts.length === 0)
    throw new UsageError(`--estate: expected an inventory with hosts, got ${estate.format} with none`);
  const { vms, hosts } = estateTables(estate, overcommitOf(flags.overcommit));
  const named = (what: string): string => `${files.join(" ")} (${what})`;
  await placeInventory(flags, readTable(vms, named("VMs")), readTable(hosts, named("hosts")));
}

function overcommitOf(text: string | undefined): { readonly overcommit?: number } {
  if (text === undefined) return {};
  const overcommit = Number(text);
  if (/^\d+(?:\.\d+)?$/.test(text) && overcommit > 0) return { overcommit };
  throw new UsageError(`--overcommit: expected a number above 0, such as 4, got ${text || "nothing"}`);
}

async function placeInventory(flags: PlaceFlags, vms: Table, hosts: Table): Promise<void> {
  const dimensions = flags.dimensions?.split(",");
  const inventory = readInventory(
    flags.types === undefined ? vms : joinTypes(vms, readTable(readTextFile(flags.types), flags.types)),
    hosts,
    dimensions === undefined ? {} : { dimensions },
  );
  if (flags.quiet !== true) for (const note of inventory.notes) process.stderr.write(`note: ${note}\n`);
  const rules =
    flags.rules === undefined
      ? readRules(inventory)
      : readRules(inventory, readTextFile(flags.rules), flags.rules);
  const ruleNames = namesOf(inventory);
  checkRules(inventory.problem, rules, ruleNames);
  const problem = Object.keys(rules).length === 0 ? inventory.problem : { ...inventory.problem, rules };
  const isLarge = problem.items * problem.bins > CORE_FROM;
  const { result, packings } = await run(problem, flags, isLarge ? await loadCore() : undefined);
  const best = bestOf(packings);
  const left = best === undefined ? [] : whyUnplaced(problem, best, ruleNames);
  const names: PlaceNames = {
    title: vms.file,
    bin: "host",
    item: "VM",
    available: inventory.hostNames.length,
    dimensions: inventory.dimensions,
    left: left.map(({ item, reason }) => `${inventory.vmNames[item]!}: ${reason}`),
  };
  if (flags.out !== undefined && best !== undefined) writeOut(flags.out, inventory, best);
  const reasons = left.map(({ item, reason }) => ({ vm: inventory.vmNames[item]!, reason }));
  print([{ result: { ...result, names: inventory.dimensions, left: reasons }, names }], flags);
}

async function placeInstance(flags: PlaceFlags, file: string): Promise<void> {
  if (flags.out !== undefined) throw new UsageError("place: --out is for --vms and --hosts");
  const shown: { result: PlaceResult; names: PlaceNames }[] = [];
  for (const { name, format, bestKnown, problem } of readInstances(
    readTextFile(file),
    file.replace(/\.gz$/, ""),
  )) {
    const { result } = await run(problem, flags);
    const about = {
      ...(name === undefined ? {} : { name }),
      format,
      ...(bestKnown === undefined ? {} : { bestKnown }),
    };
    shown.push({
      result: { ...about, ...result },
      names: { title: name ?? file, bin: "bin", item: "item", bestKnown },
    });
  }
  print(shown, flags);
}

async function run(
  problem: Inventory["problem"],
  flags: PlaceFlags,
  core?: WebAssembly.Module,
): Promise<Placed> {
  const { exact } = flags;
  if (exact !== undefined && exact !== true && exact !== "own" && exact !== "highs") {
    throw new UsageError(`--exact: expected own, highs or nothing, got ${exact}`);
  }
  const { show, clear } = statusLine(flags.quiet !== true && flags.json !== true);
  try {
    const placed = placeProblem(problem, {
      ...(flags.heuristic === undefined ? {} : { heuristics: flags.heuristic.split(",") as HeuristicName[] }),
      ...(flags.spread === true ? { spread: true } : {}),
      ...numberOf("effort", flags.effort, 1e12),
      ...numberOf("seed", flags.seed, 2 ** 32 - 1),
      ...(core === undefined ? {} : { core }),
      onProgress: show,
    });
    if (exact === undefined) return placed;
    show("exact");
    return await addExact(problem, placed, exact === true ? {} : { solver: exact });
  } finally {
    clear();
  }
}

function numberOf(name: "effort" | "seed", text: string | undefined, most: number): Record<string, number> {
  if (text === undefined) return {};
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= most))
    throw new UsageError(`--${name}: expected a whole number from 0 to ${most}, got ${text}`);
  return { [name]: value };
}

function print(shown: readonly { result: PlaceResult; names: PlaceNames }[], { json }: PlaceFlags): void {
  if (json === true) {
    const all = shown.map(({ result }) => result);
    process.stdout.write(`${JSON.stringify(all.length === 1 ? all[0] : { problems: all })}\n`);
    return;
  }
  const { bold, dim, green } = colors();
  const palette = { bold, dim, strong: (text: string) => bold(green(text)) };
  process.stdout.write(
    `${shown.map(({ result, names }) => placeReport(result, names, palette)).join("\n\n")}\n`,
  );
}

function writeOut(file: string, inventory: Inventory, best: Packing): void {
  try {
    writeFileSync(file, placementCsv(inventory, best));
  } catch (fault) {
    throw new UsageError(`--out ${file}: expected a place to write to, got ${fileTrouble(fault)}`);
  }
}
