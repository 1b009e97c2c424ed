/** A broken invariant of the core: a bug of ours, never a user's mistake. */

export class CoreAbort extends Error {
  override readonly name = "CoreAbort";
  /** `assembly/memory/frames.ts`. */
  readonly file: string;
  readonly line: number;
  readonly column: number;

  constructor(message: string, file: string, line: number, column: number) {
    super(`${file}:${line}:${column}  ${message || "assertion failed"}`);
    this.file = file;
    this.line = line;
    this.column = column;
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
