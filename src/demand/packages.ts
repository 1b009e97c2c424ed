/**
 * Packages for formats that are not ballast's own field, loaded when a file asks for them.
 *
 * Their names are kept from bundlers, so that nobody ships a reader that is never used; in a page they are passed in.
 */

/** A package that a file needs is not there. */
export class MissingPackageError extends Error {
  override readonly name = "MissingPackageError";
  readonly code = "BALLAST_E_PACKAGE";
}

/** What is imported from each package, as far as it is used. */
export interface Packages {
  readonly hyparquet?: Hyparquet;
  readonly "hyparquet-compressors"?: { readonly compressors: object };
  readonly "read-excel-file/universal"?: { readonly readSheets?: unknown };
  readonly "fast-xml-parser"?: { readonly XMLParser: unknown };
  /** `initSqlJs`, the default export. */
  readonly "sql.js"?: (options?: object) => Promise<SqlJs>;
}

export interface ByteSource {
  readonly byteLength: number;
  slice(start: number, end?: number): ArrayBuffer | Promise<ArrayBuffer>;
}

/** Structure of the parts of hyparquet that are used. */
export interface Hyparquet {
  parquetMetadataAsync(file: ByteSource): Promise<ParquetMetadata>;
  parquetReadObjects(options: {
    readonly file: ByteSource;
    readonly metadata: ParquetMetadata;
    readonly compressors?: object;
    readonly rowStart: number;
    readonly rowEnd: number;
    readonly columns?: string[];
  }): Promise<Record<string, unknown>[]>;
}

export interface ParquetMetadata {
  readonly num_rows: bigint;
  readonly schema: readonly { readonly name: string; readonly num_children?: number }[];
  readonly row_groups: readonly { readonly num_rows: bigint }[];
}

export interface SqlJs {
  readonly Database: new (bytes: Uint8Array) => SqlDatabase;
}

export interface SqlDatabase {
  prepare(sql: string): {
    step(): boolean;
    get(): unknown[];
    getColumnNames(): string[];
    free(): void;
  };
  close(): void;
}

/**
 * Loads a package.
 *
 * @param what  for whom, as in "Parquet"
 * @param given  what the caller passes in instead
 * @throws MissingPackageError if it is not installed
 */
export async function loadPackage<Module>(
  name: keyof Packages,
  what: string,
  given: Packages | undefined,
): Promise<Module> {
  const passed = given?.[name];
  if (passed !== undefined) return passed as Module;
  try {
    // A variable, so that bundlers do not look for it.
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as Module;
  } catch {
    const install = name.split("/")[0]!;
    throw new MissingPackageError(
      `${what}: expected the package ${install}, got none; npm install ${install}`,
    );
  }
}
