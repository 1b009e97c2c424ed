/** What files are, and the scenario that they make: `ballast import`, and the same for programs. */
import { stringify } from "yaml";
import {
  DEMAND_FORMATS,
  type DemandFile,
  demandFormat,
  filesOf,
  type Looked,
  look,
  type ReadDemandOptions,
  readLooked,
  shortened,
  sniffDemand,
} from "../demand/index.ts";
import { nameOf, TraceError, type TraceSource } from "../trace/index.ts";
import { type Assumptions, assume } from "./assumed.ts";
import type { Estate } from "./estate.ts";
import { estateScenario, traceScenario } from "./fluid-scenario.ts";
import { INVENTORY_FORMATS, sniffInventory } from "./formats.ts";
import { pageScenario, type ScenarioDocument } from "./page-scenario.ts";
import { estateOf } from "./read-estate.ts";

export interface ImportOptions extends Omit<ReadDemandOptions, "format"> {
  /** Of a trace or an inventory; absent: each file's begin tells. */
  readonly format?: string | undefined;
  readonly assumed?: Assumptions | undefined;
  /** Simulated time of the scenario, where the files do not give one; s. */
  readonly durationS?: number | undefined;
  /** Of the scenario; absent: page where hosts have at most 128 GiB together, else fluid. Traces are fluid. */
  readonly resolution?: "page" | "fluid" | undefined;
  /** Hosts of an inventory to keep, the first so many and what is on them. */
  readonly hostsMax?: number | undefined;
}

/** All formats that an import reads. */
export const IMPORT_FORMATS: readonly {
  readonly name: string;
  readonly about: string;
  readonly kind: "inventory" | "trace";
}[] = [
  ...INVENTORY_FORMATS.map((format) => ({ ...format, kind: "inventory" as const })),
  ...DEMAND_FORMATS.map((name) => ({ name, about: demandFormat(name).about, kind: "trace" as const })),
];

export type Imported =
  | {
      readonly kind: "inventory";
      readonly estate: Estate;
      readonly notes: readonly string[];
      readonly scenario: ScenarioDocument;
    }
  | {
      readonly kind: "trace";
      readonly demand: DemandFile;
      readonly notes: readonly string[];
      /** Names the files as they were given; `demand.file` has to be right from where the scenario will stand. */
      readonly scenario: ScenarioDocument;
      /** Whether the table is not what a run would read of the files: a part, other steps, another order. */
      readonly isCut: boolean;
    };

const DURATION_S = 60;
const PAGE_MIB = 128 * 1024;

/**
 * Reads files, whatever they are, and makes a scenario of them.
 *
 * @throws TraceError with file, line and column; MissingPackageError; the signal's reason
 */
export async function importFiles(
  sources: TraceSource | readonly TraceSource[],
  options: ImportOptions = {},
): Promise<Imported> {
  const list = Array.isArray(sources) ? (sources as readonly TraceSource[]) : [sources as TraceSource];
  const looked: Looked[] = [];
  for (const { source, isFound } of await filesOf(list, options.order ?? "ascii")) {
    options.signal?.throwIfAborted();
    looked.push(await look(source, isFound, options.packages));
  }
  const file = nameOf(looked[0]!.source);
  const name = file.replace(/^.*[\\/]/, "").replace(/\..*$/, "") || "imported";
  return kindOf(looked, options.format) === "trace"
    ? importTrace(looked, options, { list, name })
    : importEstate(looked, options, { file, name });
}

async function importTrace(
  looked: readonly Looked[],
  options: ImportOptions,
  { list, name }: { list: readonly TraceSource[]; name: string },
): Promise<Imported> {
  const demand = await readLooked(looked, options as ReadDemandOptions);
  const { document, notes } = traceScenario(demand, list.map(nameOf), { name });
  const { vmsMax, stepS, fromS, toS, order, reading, assumedCpu, machine } = options;
  const asked = [vmsMax, stepS, fromS, toS, order, reading, assumedCpu, machine];
  const isCut = asked.some((one) => one !== undefined);
  return { kind: "trace", demand, notes: [...demand.notes, ...notes], scenario: document, isCut };
}

async function importEstate(
  looked: readonly Looked[],
  options: ImportOptions,
  { file, name }: { file: string; name: string },
): Promise<Imported> {
  const estate = cut(await estateOf(looked, options), options);
  const loaded = assume(estate, options.assumed);
  if (loaded.vms.length === 0) {
    const got = estate.vms.length === 0 ? "none" : `${estate.vms.length} that do not`;
    throw new TraceError({ file, expected: "at least one VM that runs", got });
  }
  const { durationS } = options;
  const isPage = (options.resolution ?? resolutionOf(loaded.hosts)) === "page";
  const { document, notes } = isPage
    ? pageScenario(loaded, { name, durationS: durationS ?? DURATION_S })
    : estateScenario(loaded, estate.pools, { name, durationS });
  return {
    kind: "inventory",
    estate,
    notes: [...estate.notes, ...loaded.notes, ...notes],
    scenario: document,
  };
}

/** Page by page what a machine can hold, in an eighth of its size at the least. */
function resolutionOf(hosts: readonly { readonly memoryMib: number }[]): "page" | "fluid" {
  return hosts.reduce((sum, { memoryMib }) => sum + memoryMib, 0) <= PAGE_MIB ? "page" : "fluid";
}

function kindOf(looked: readonly Looked[], format: string | undefined): "inventory" | "trace" {
  const asked = IMPORT_FORMATS.find(({ name }) => name === format);
  if (asked !== undefined) return asked.kind;
  for (const { head } of looked) {
    if (sniffInventory(head) !== undefined) return "inventory";
    if (sniffDemand(head) !== undefined) return "trace";
  }
  const one = looked.find(({ isFound }) => !isFound) ?? looked[0]!;
  const [first] = one.head.lines;
  const got = one.head.binary ?? (first === undefined ? "an empty file" : `"${shortened(first)}"`);
  throw new TraceError({
    file: nameOf(one.source),
    line: 1,
    expected: "a trace or an inventory of a known form",
    got,
    hint: "ballast import --list-formats",
  });
}

/** The first hosts and what is on them; the first VMs. */
function cut(estate: Estate, { hostsMax, vmsMax }: ImportOptions): Estate {
  const hosts = hostsMax === undefined ? estate.hosts : estate.hosts.slice(0, hostsMax);
  const kept = new Set(hosts.map(({ name }) => name));
  const on =
    hostsMax === undefined ? estate.vms : estate.vms.filter(({ host }) => host === "" || kept.has(host));
  const vms = vmsMax === undefined ? on : on.slice(0, vmsMax);
  const notes = [
    ...estate.notes,
    ...(hosts.length < estate.hosts.length
      ? [`${estate.hosts.length - hosts.length} further hosts were left out`]
      : []),
    ...(vms.length < estate.vms.length
      ? [`${estate.vms.length - vms.length} further VMs were left out`]
      : []),
  ];
  return { ...estate, hosts, vms, notes };
}

/** A scenario as text, with comments on top. */
export function scenarioYaml(document: ScenarioDocument, comments: readonly string[]): string {
  const top = comments.map((line) => `# ${line.replace(/[\r\n]+/g, " ")}\n`).join("");
  return top + stringify(document, { lineWidth: 0, flowCollectionPadding: true });
}
