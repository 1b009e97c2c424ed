/**
 * Reads a trace of any known form into a demand table.
 *
 * What a file is, its begin tells; several files that belong together are read together: a table of VMs and its readings, a folder
 * with a file a VM. Memory: the table, as much again while it is read, and a chunk of a file.
 */
import { nameOf, TraceError, type TraceSource } from "../trace/index.ts";
import { type BuilderOptions, type BuildTally, DemandBuilder, DemandSizeError } from "./demand-builder.ts";
import type { DemandTable } from "./demand-table.ts";
import { baseOf, type FormatOptions, type FormatRun, type Part, type TraceHost } from "./format.ts";
import { type DemandFormatName, demandFormat, sniffDemand } from "./formats.ts";
import type { Packages } from "./packages.ts";
import { type RowReader, type ScanTally, type SkippedRow, scanLines, shortened } from "./scan.ts";
import { compareNames, type FileOrder, filesOf, type Looked, look } from "./sources.ts";

export interface ReadDemandOptions extends FormatOptions {
  /** Absent: each file's begin tells. */
  readonly format?: DemandFormatName | undefined;
  /** Leaves bad rows out and counts them, instead of throwing. */
  readonly lenient?: boolean | undefined;
  /** Keeps the first so many VMs. */
  readonly vmsMax?: number | undefined;
  /** Keeps readings from here, before there; s of the trace's own clock. */
  readonly fromS?: number | undefined;
  readonly toS?: number | undefined;
  /** Order of VMs by their ids: as they come (absent), by character, or as NTFS lists files. */
  readonly order?: FileOrder | undefined;
  /** Values that the table may have, CPU and memory together; 2^29 if absent. */
  readonly cellsMax?: number | undefined;
  /** Packages for Parquet and SQLite, where they cannot be imported by name. */
  readonly packages?: Packages | undefined;
  /** Rejects with its reason, between two chunks. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ReadDemandProgress) => void) | undefined;
}

export interface ReadDemandProgress {
  readonly file: string;
  /** Of how many, from 1. */
  readonly number: number;
  readonly files: number;
  /** So far. */
  readonly rows: number;
}

/** A trace as it was read. */
export interface DemandFile extends DemandTable {
  readonly format: DemandFormatName;
  /** Of the files read; a folder's are counted, not named. */
  readonly files: readonly { readonly file: string; readonly part: string }[];
  readonly rows: number;
  readonly skippedRows: number;
  /** The first few. */
  readonly skipped: readonly SkippedRow[];
  readonly tally: Readonly<BuildTally>;
  /** Machines that the trace tells of; most tell of none. */
  readonly hosts: readonly TraceHost[];
  /** What was assumed and what does not show, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Reads a trace.
 *
 * @param sources  a file, bytes, a blob, a folder (Node); or several that belong together
 * @throws         TraceError with file, line and column for what is none; MissingPackageError; the signal's reason
 */
export async function readDemand(
  sources: TraceSource | readonly TraceSource[],
  options: ReadDemandOptions = {},
): Promise<DemandFile> {
  const list = Array.isArray(sources) ? (sources as readonly TraceSource[]) : [sources as TraceSource];
  const looked: Looked[] = [];
  for (const { source, isFound } of await filesOf(list, options.order ?? "ascii")) {
    options.signal?.throwIfAborted();
    looked.push(await look(source, isFound, options.packages));
  }
  return readLooked(looked, options);
}

/** The same for files that have been looked at. */
export async function readLooked(
  looked: readonly Looked[],
  options: ReadDemandOptions = {},
): Promise<DemandFile> {
  const { format: formatName, known } = recognise(looked, options.format);
  const format = demandFormat(formatName);
  const own = format.builder.stepS;
  const builder = new DemandBuilder({ ...format.builder, seriesStepS: own, ...chosen(options, own) });
  const run = format.begin(builder, options);
  const tally: ScanTally = { rows: 0, skippedRows: 0, skipped: [] };
  const places = new Map(format.parts.map(({ name }, at) => [name, at]));
  const ordered = [...known].sort((one, other) => places.get(one.part.name)! - places.get(other.part.name)!);
  try {
    for (const [at, one] of ordered.entries()) {
      const file = nameOf(one.looked.source);
      options.onProgress?.({ file, number: at + 1, files: ordered.length, rows: tally.rows });
      await readFile(one, {
        run,
        options,
        tally,
        onChunk: () =>
          options.onProgress?.({ file, number: at + 1, files: ordered.length, rows: tally.rows }),
      });
    }
    const table = builder.finish();
    const notes = [...(run.finish?.() ?? []), ...notesOf(builder.tally)];
    return {
      ...(options.order === undefined ? table : orderDemand(table, options.order)),
      format: formatName,
      files: ordered.map(({ looked: { source }, part }) => ({ file: nameOf(source), part: part.name })),
      ...tally,
      tally: builder.tally,
      hosts: run.hosts?.() ?? [],
      notes,
    };
  } catch (fault) {
    if (!(fault instanceof DemandSizeError)) throw fault;
    const [, expected = "", got = ""] = /expected (.*), got (.*)/.exec(fault.message) ?? [];
    const hint = got === "none" ? undefined : "keep fewer VMs, a shorter time, or longer steps";
    throw new TraceError({ file: nameOf(looked[0]!.source), expected, got, hint });
  } finally {
    for (const { tables } of looked) tables?.close();
  }
}

/** The part of the trace that is asked for, and its steps. */
function chosen(
  { stepS, vmsMax, fromS, toS, cellsMax }: ReadDemandOptions,
  ownStepS: number,
): Omit<BuilderOptions, "cpuIn" | "memoryIn"> {
  if (stepS !== undefined && !(stepS > 0))
    throw new RangeError(`stepS: expected seconds above 0, got ${stepS}`);
  return { stepS: stepS ?? ownStepS, vmsMax, fromS, toS, cellsMax };
}

interface Known {
  readonly looked: Looked;
  readonly part: Part;
  /** Of a file with several. */
  readonly table?: string;
}

/** Tells the format of all files; those of a folder that belong to none are left out. */
function recognise(
  looked: readonly Looked[],
  asked: DemandFormatName | undefined,
): { format: DemandFormatName; known: Known[] } {
  let format = asked;
  let of = "";
  const known: Known[] = [];
  for (const one of looked) {
    const file = nameOf(one.source);
    const sniffed = sniffDemand(one.head, format);
    if (sniffed === undefined) {
      if (one.isFound) continue;
      const expected = asked === undefined ? "a trace of a known form" : `a file of ${asked}`;
      const other = sniffDemand(one.head);
      if (other === undefined || asked !== undefined)
        throw new TraceError({ file, line: 1, expected, got: beginOf(one) });
      throw new TraceError({
        file,
        expected: `a file of ${format}, as ${of} is`,
        got: `one of ${other.format}`,
      });
    }
    format ??= sniffed.format;
    if (of === "") of = file;
    known.push(...partsOf(one, format, sniffed.part));
  }
  if (format === undefined || known.length === 0) {
    const file = nameOf(looked[0]!.source);
    throw new TraceError({ file, expected: "a trace of a known form", got: "no file of one" });
  }
  return { format, known };
}

/** A database holds several parts, each a table. */
function partsOf(looked: Looked, format: DemandFormatName, part: Part): Known[] {
  const tables = Object.entries(looked.head.tables ?? {});
  if (tables.length < 2) return [{ looked, part, ...(tables[0] ? { table: tables[0][0] } : {}) }];
  return tables.flatMap(([table, columns]) => {
    const found = demandFormat(format).parts.find((one) =>
      one.matches({ ...looked.head, tables: { [table]: columns } }),
    );
    return found === undefined ? [] : [{ looked, part: found, table }];
  });
}

async function readFile(
  { looked, part, table }: Known,
  {
    run,
    options,
    tally,
    onChunk,
  }: { run: FormatRun; options: ReadDemandOptions; tally: ScanTally; onChunk: () => void },
): Promise<void> {
  const file = nameOf(looked.source);
  const reader: RowReader = run.reader(part.name, file, baseOf(file));
  const { lenient, signal } = options;
  const scan = { file, names: part.names, paths: part.paths, lenient, signal, onChunk };
  if (looked.tables !== undefined) await looked.tables.read(table ?? "", reader, scan, tally);
  else await scanLines((await looked.open()).chunks, reader, scan, tally);
}

/** The first line of a file, for people. */
export function beginOf({ head }: Looked): string {
  if (head.binary !== undefined) return `a ${head.binary} file`;
  const [first] = head.lines;
  return first === undefined ? "an empty file" : `"${shortened(first)}"`;
}

function notesOf(tally: BuildTally): string[] {
  const notes: readonly (readonly [count: number, one: string, many: string])[] = [
    [
      tally.cut,
      "reading was above what the VM has and counts as all of it",
      "readings were above what the VM has and count as all of it",
    ],
    [
      tally.repeated,
      "step has no reading and repeats the one before",
      "steps have no reading and repeat the one before",
    ],
    [
      tally.peaks,
      "VM has no size and counts as large as its largest reading",
      "VMs have no size and count as large as their largest reading",
    ],
    [
      tally.assumed,
      "VM has no readings: its demand is assumed and constant",
      "VMs have no readings: their demand is assumed and constant",
    ],
    [tally.absent, "VM was named but never there", "VMs were named but never there"],
    [tally.vmsLeftOut, "further VM was left out", "further VMs were left out"],
  ];
  return notes
    .filter(([count]) => count > 0)
    .map(([count, one, many]) => `${count} ${count === 1 ? one : many}`);
}

/** The same table with its VMs ordered by id. */
export function orderDemand(table: DemandTable, order: FileOrder): DemandTable {
  const { steps, vms } = table;
  const compare = compareNames(order);
  const rows = vms.map((_, row) => row).sort((one, other) => compare(vms[one]!.id, vms[other]!.id));
  const moved = (values: Float32Array): Float32Array => {
    const ordered = new Float32Array(values.length);
    for (const [place, row] of rows.entries())
      ordered.set(values.subarray(row * steps, (row + 1) * steps), place * steps);
    return ordered;
  };
  return {
    ...table,
    vms: rows.map((row) => vms[row]!),
    cpu: moved(table.cpu),
    ...(table.memory ? { memory: moved(table.memory) } : {}),
  };
}
