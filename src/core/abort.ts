/** A broken invariant of the core: a bug of ours, never a user's mistake. */

export class CoreAbort extends Error {
  override readonly name = "CoreAbort";
  /** `assembly/memory/frames.ts`. */
  readonly file: string;
  readonly line: number;
  readonly column: number;

  /** What run it broke in; undefined for a kernel called by itself. */
  readonly run: { readonly seed: number; readonly atNs: number } | undefined;
  readonly #what: string;

  constructor(
    message: string,
    file: string,
    line: number,
    column: number,
    run?: { readonly seed: number; readonly atNs: number },
  ) {
    const what = message || "assertion failed";
    const where = run === undefined ? "" : ` (seed ${run.seed}, at ${run.atNs} ns)`;
    super(`${file}:${line}:${column}  ${what}${where}`);
    this.#what = what;
    this.run = run;
    this.file = file;
    this.line = line;
    this.column = column;
  }

  /** The same with the run that it broke in. */
  in(run: { readonly seed: number; readonly atNs: number }): CoreAbort {
    return new CoreAbort(this.#what, this.file, this.line, this.column, run);
  }
}

/** Reads an AssemblyScript string: UTF-16 code units, their byte length in the word before. */
function readString(memory: WebAssembly.Memory, pointer: number): string {
  if (pointer === 0) return "";
  const view = new DataView(memory.buffer);
  const units = view.getUint32(pointer - 4, true) >>> 1;
  let text = "";
  for (let unit = 0; unit < units; unit += 1) {
    text += String.fromCharCode(view.getUint16(pointer + 2 * unit, true));
  }
  return text;
}

/** The `env.abort` that an instance over this memory imports. */
export function abortOf(
  memory: WebAssembly.Memory,
): (message: number, file: number, line: number, column: number) => never {
  return (message, file, line, column) => {
    throw new CoreAbort(readString(memory, message), readString(memory, file), line, column);
  };
}
