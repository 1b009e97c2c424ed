/**
 * Rows of Parquet and SQLite, which are read by place and not from begin to end.
 *
 * Parquet: a row group at a time through hyparquet, so that memory is bounded by it. SQLite: the file whole, through sql.js.
 */
import { chunksOf, nameOf, TraceError, type TraceSource } from "../trace/index.ts";
import {
  type ByteSource,
  type Hyparquet,
  loadPackage,
  type Packages,
  type ParquetMetadata,
  type SqlDatabase,
  type SqlJs,
} from "./packages.ts";
import { BadRow, Columns, ValueRow } from "./row.ts";
import { flattened, type RowReader, type ScanOptions, type ScanTally, shortened, skip } from "./scan.ts";

/** Rows read at a time. */
const BATCH = 10_000;

/** Tables of a file, their columns by name, and a way to read one. */
export interface Tables {
  readonly columns: Readonly<Record<string, readonly string[]>>;
  read(table: string, reader: RowReader, options: ScanOptions, tally: ScanTally): Promise<void>;
  close(): void;
}

/** Opens a Parquet file; its one table is called "". */
export async function openParquet(source: TraceSource, packages: Packages | undefined): Promise<Tables> {
  const parquet = await loadPackage<Hyparquet>("hyparquet", "Parquet", packages);
  const { file, close } = await byteSource(source);
  const metadata = await guarded(source, () => parquet.parquetMetadataAsync(file));
  const names = leafNames(metadata);
  return {
    columns: { "": names },
    close,
    async read(_table, reader, options, tally) {
      const { compressors } = await loadPackage<{ compressors: object }>(
        "hyparquet-compressors",
        "Parquet",
        packages,
      );
      // A column of JSON has its paths within.
      const paths = [...new Set([...names, ...(options.paths ?? [])])];
      begin(reader, paths, options);
      let rowStart = 0;
      for (const group of metadata.row_groups) {
        const end = rowStart + Number(group.num_rows);
        for (; rowStart < end; rowStart += BATCH) {
          options.signal?.throwIfAborted();
          const rowEnd = Math.min(end, rowStart + BATCH);
          const read = { file, metadata, compressors, rowStart, rowEnd };
          const rows = await guarded(source, () => parquet.parquetReadObjects(read));
          for (const [at, object] of rows.entries()) {
            const flat = flattened(object);
            takeRow(
              reader,
              paths.map((path) => flat.get(path)),
              { line: rowStart + at + 1, options, tally },
            );
          }
        }
        rowStart = end;
      }
      reader.end?.();
    },
  };
}

/** Opens a SQLite database. */
export async function openSqlite(source: TraceSource, packages: Packages | undefined): Promise<Tables> {
  const loaded = await loadPackage<
    { default: (options?: object) => Promise<SqlJs> } | ((o?: object) => Promise<SqlJs>)
  >("sql.js", "SQLite", packages);
  const start = typeof loaded === "function" ? loaded : loaded.default;
  const { Database } = await start();
  const database = new Database(await wholeOf(source));
  const columns: Record<string, readonly string[]> = {};
  await guarded(source, async () => {
    for (const [name] of rowsOf(database, "SELECT name FROM sqlite_master WHERE type = 'table'").rows())
      columns[String(name)] = rowsOf(database, `SELECT * FROM ${quoted(String(name))} LIMIT 0`).names;
  });
  return {
    columns,
    close: () => database.close(),
    async read(table, reader, options, tally) {
      const { names, rows } = rowsOf(database, `SELECT * FROM ${quoted(table)}`);
      begin(reader, names, options);
      let line = 0;
      for (const values of rows()) {
        line += 1;
        if (line % BATCH === 0) options.signal?.throwIfAborted();
        takeRow(reader, values, { line, options, tally });
      }
      reader.end?.();
    },
  };
}

function rowsOf(database: SqlDatabase, sql: string): { names: string[]; rows: () => Generator<unknown[]> } {
  const statement = database.prepare(sql);
  return {
    names: statement.getColumnNames(),
    *rows() {
      try {
        while (statement.step()) yield statement.get();
      } finally {
        statement.free();
      }
    },
  };
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function begin(reader: RowReader, names: readonly string[], { file }: ScanOptions): void {
  try {
    reader.columns(new Columns(names));
  } catch (fault) {
    if (fault instanceof BadRow) throw new TraceError({ file, expected: fault.expected, got: fault.got });
    throw fault;
  }
}

const row = new ValueRow();

function takeRow(
  reader: RowReader,
  values: readonly unknown[],
  { line, options, tally }: { line: number; options: ScanOptions; tally: ScanTally },
): void {
  tally.rows += 1;
  row.line = line;
  row.values = values;
  try {
    reader.row(row);
  } catch (fault) {
    if (!(fault instanceof BadRow)) throw fault;
    if (options.lenient === true) skip(tally, options.file, line, fault);
    else {
      const { column, expected, got } = fault;
      throw new TraceError({ file: options.file, line, column, expected, got: shortened(got) });
    }
  }
}

/** Paths of the columns that hold values: `average_usage.cpus`. */
function leafNames({ schema }: ParquetMetadata): string[] {
  const names: string[] = [];
  let at = 1;
  const walk = (children: number, before: string): void => {
    for (let child = 0; child < children; child += 1) {
      const { name, num_children: below = 0 } = schema[at]!;
      at += 1;
      if (below > 0) walk(below, `${before}${name}.`);
      else names.push(`${before}${name}`);
    }
  };
  walk(schema[0]?.num_children ?? 0, "");
  return names;
}

async function guarded<Result>(source: TraceSource, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (fault) {
    if (fault instanceof TraceError) throw fault;
    const got = shortened(fault instanceof Error ? fault.message : String(fault));
    throw new TraceError({ file: nameOf(source), expected: "a sound file", got });
  }
}

async function byteSource(source: TraceSource): Promise<{ file: ByteSource; close: () => void }> {
  if ("path" in source) {
    const files = globalThis.process?.getBuiltinModule?.("node:fs");
    if (files !== undefined) {
      const descriptor = files.openSync(source.path, "r");
      const slice = (start: number, end: number): ArrayBuffer => {
        const bytes = new Uint8Array(end - start);
        files.readSync(descriptor, bytes, 0, bytes.length, start);
        return bytes.buffer;
      };
      const byteLength = files.fstatSync(descriptor).size;
      const file = { byteLength, slice: (start: number, end = byteLength) => slice(start, end) };
      return { file, close: () => files.closeSync(descriptor) };
    }
  }
  if ("blob" in source) {
    const { blob } = source;
    const slice = (start: number, end = blob.size) => blob.slice(start, end).arrayBuffer();
    return { file: { byteLength: blob.size, slice }, close: () => {} };
  }
  const bytes = await wholeOf(source);
  const slice = (start: number, end = bytes.length): ArrayBuffer =>
    bytes.slice(start, end).buffer as ArrayBuffer;
  return { file: { byteLength: bytes.length, slice }, close: () => {} };
}

/** All bytes of a source. */
export async function wholeOf(source: TraceSource): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunksOf(source)) parts.push(chunk.slice());
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
