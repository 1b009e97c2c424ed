/** What a trace format is: the files it consists of, how each is told, and who reads its rows. */
import type { BuilderOptions, DemandBuilder } from "./demand-builder.ts";
import { Fields } from "./fields.ts";
import { plainName } from "./row.ts";
import { delimiterOf, type RowReader } from "./scan.ts";

/** The begin of a file, as formats look at it. */
export interface Head {
  /** As the user named it. */
  readonly name: string;
  /** Last part of the name, without the ending of a packer. */
  readonly base: string;
  readonly bytes: Uint8Array;
  /** Whole lines of text, without empty ones and comments; the first few. Empty for what is no text. */
  readonly lines: readonly string[];
  /** Fields of the first lines. */
  readonly cells: readonly (readonly string[])[];
  /** Names of the first line as `plainName` writes them. */
  readonly columns: ReadonlySet<string>;
  readonly binary?: "parquet" | "sqlite" | "zip" | undefined;
  /** Of Parquet and SQLite: names of columns, and of tables. */
  readonly tables?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** One kind of file that belongs to a format. */
export interface Part {
  readonly name: string;
  /** Names of the columns of a file without header. */
  readonly names?: readonly string[];
  /** Paths of JSON objects that may be missing in the first. */
  readonly paths?: readonly string[];
  matches(head: Head): boolean;
}

/** What a format makes of a builder: a reader for each file of each part. */
export interface FormatRun {
  /**
   * @param part  name of it
   * @param file  as the user named it
   * @param base  without folder and endings
   */
  reader(part: string, file: string, base: string): RowReader;
  /** After all files; sentences on what was assumed. */
  finish?(): string[];
  /** After all files; machines that the trace tells of. */
  hosts?(): readonly TraceHost[];
}

/** A machine that a trace tells of. */
export interface TraceHost {
  readonly name: string;
  /** 0 unknown. */
  readonly cores: number;
  readonly mhz: number;
  readonly memoryMib: number;
}

export interface DemandFormat {
  readonly name: string;
  /** In a few words, for lists. */
  readonly about: string;
  /** In the order in which they are read. */
  readonly parts: readonly Part[];
  /** What readings are, and how long a step is unless the user says otherwise. */
  readonly builder: Pick<BuilderOptions, "stepS" | "cpuIn" | "memoryIn">;
  begin(builder: DemandBuilder, options: FormatOptions): FormatRun;
}

/** What users may ask of formats. */
export interface FormatOptions {
  /** Seconds of a step; absent: the trace's own, mostly 300. Finer readings become means. */
  readonly stepS?: number | undefined;
  /** Which reading counts where a trace has several: the mean of a step (absent) or its maximum. */
  readonly reading?: "average" | "maximum" | undefined;
  /** CPU of VMs that a trace says nothing of, as part of theirs. */
  readonly assumedCpu?: number | undefined;
  /** What "one machine" is in traces that only say parts of it; see each format. */
  readonly machine?: { readonly vcpus: number; readonly memoryMib: number } | undefined;
}

const LINES = 20;

/** Looks at the begin of a file. */
export function headOf(name: string, bytes: Uint8Array, isWhole: boolean): Head {
  const binary = binaryOf(bytes);
  const text = binary === undefined ? new TextDecoder().decode(bytes).replace(/^\uFEFF/, "") : "";
  const all = text.split(/\r?\n/);
  if (!isWhole && all.length > 1) all.pop();
  const lines = all.filter((line) => line.trim() !== "" && !line.startsWith("#")).slice(0, LINES);
  const cells = lines.map(cellsOf);
  const base = baseOf(name);
  return { name, base, bytes, lines, cells, columns: new Set((cells[0] ?? []).map(plainName)), binary };
}

/** Last part of a path, without the ending of a packer. */
export function baseOf(name: string): string {
  return name
    .slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1)
    .replace(/\.(?:gz|zst)$/i, "");
}

/** Whether the first line names all of these columns. */
export function hasColumns({ columns }: Head, ...names: readonly string[]): boolean {
  return names.every((name) => columns.has(plainName(name)));
}

/** Whether lines have so many fields, and those named are numbers or empty: the first one, and most of the others. */
export function hasNumbers({ cells }: Head, counts: readonly number[], numbers: readonly number[]): boolean {
  return isMostly(
    cells,
    (row) =>
      counts.includes(row.length) &&
      numbers.every((at) => row[at] === "" || Number.isFinite(Number(row[at]))),
  );
}

/** Whether the first row is so, and three of four: a bad line is told as one, and not the file as unknown. */
export function isMostly(
  rows: readonly (readonly string[])[],
  isSo: (row: readonly string[]) => boolean,
): boolean {
  const [first] = rows;
  if (first === undefined || !isSo(first)) return false;
  const alike = rows.filter(isSo).length;
  return alike >= rows.length * 0.75 || (rows.length <= 3 && alike >= rows.length - 1);
}

function binaryOf(bytes: Uint8Array): Head["binary"] {
  const magic = new TextDecoder("latin1").decode(bytes.subarray(0, 16));
  if (magic.startsWith("PAR1")) return "parquet";
  if (magic.startsWith("SQLite format 3\0")) return "sqlite";
  return magic.startsWith("PK\u0003\u0004") ? "zip" : undefined;
}

function cellsOf(line: string): string[] {
  const fields = new Fields();
  const bytes = new TextEncoder().encode(line);
  fields.split(bytes, 0, bytes.length, delimiterOf(line));
  return Array.from({ length: fields.count }, (_, at) => fields.text(at));
}
