/**
 * What goes wrong with a page reference trace, in one line a user can act on.
 *
 *   FILE:LINE:COLUMN: expected X, got Y (hint)
 */

/** A file that is no trace. Nothing was half-loaded when this is thrown. */
export class TraceError extends Error {
  override readonly name = "TraceError";
  readonly code = "BALLAST_E_TRACE";
  /** As the user named it. */
  readonly file: string;
  /** From 1, of the text within the packing; absent: the file as a whole. */
  readonly line: number | undefined;
  /** From 1, in bytes of the line; absent: the line as a whole. */
  readonly column: number | undefined;
  readonly expected: string;
  readonly got: string;
  readonly hint: string | undefined;

  constructor(fault: TraceFault) {
    const line = fault.line === undefined ? "" : `${fault.line}:`;
    const column = fault.column === undefined ? "" : `${fault.column}:`;
    const hint = fault.hint === undefined ? "" : ` (${fault.hint})`;
    super(`${printable(fault.file)}:${line}${column} expected ${fault.expected}, got ${fault.got}${hint}`);
    this.file = fault.file;
    this.line = fault.line;
    this.column = fault.column;
    this.expected = fault.expected;
    this.got = fault.got;
    this.hint = fault.hint;
  }
}

export interface TraceFault {
  readonly file: string;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  readonly expected: string;
  readonly got: string;
  readonly hint?: string | undefined;
}

/** `text` with control characters escaped: neither a file's name nor its lines may move the cursor of a terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
