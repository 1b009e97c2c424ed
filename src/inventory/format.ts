/** What an inventory format is: files whose rows name hosts and VMs, or documents that are read whole. */
import type { Head, Packages, RowReader } from "../demand/index.ts";
import type { EstateBuilder } from "./estate.ts";

export interface InventoryPart {
  readonly name: string;
  /** Names of the columns of a file without header. */
  readonly names?: readonly string[];
  /** Whether the file is read whole and not by rows. */
  readonly isDocument?: boolean;
  matches(head: Head): boolean;
}

/** A file that is read whole. */
export interface DocumentFile {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly packages: Packages | undefined;
  readonly lenient: boolean;
  /** Leaves a part of the document out, counting it. */
  skip(line: number, expected: string, got: string): void;
}

export interface InventoryFormat {
  readonly name: string;
  readonly about: string;
  /** In the order in which they are read. */
  readonly parts: readonly InventoryPart[];
  reader?(
    part: string,
    builder: EstateBuilder,
    file: { readonly head: Head; readonly file: string },
  ): RowReader;
  /** Reads a document; the number of its rows or elements. */
  document?(builder: EstateBuilder, file: DocumentFile): Promise<number>;
  /** After all files. */
  finish?(builder: EstateBuilder): void;
}
