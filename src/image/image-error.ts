/**
 * What goes wrong with a memory image, in one line a user can act on.
 *
 *   FILE: byte OFFSET: expected X, got Y (hint)
 *
 * The words never come from Node's exceptions, only from their codes, so that they are the same on every version.
 */

/** A file that is not an image we can count or load. Nothing was half-loaded when this is thrown. */
export class ImageError extends Error {
  override readonly name = "ImageError";
  readonly code = "BALLAST_E_IMAGE";
  readonly path: string;
  /** Where in the file; in a compressed one, where in its contents unless `expected` says otherwise. Absent: nowhere. */
  readonly byteOffset: number | undefined;
  readonly expected: string;
  readonly got: string;
  readonly hint: string | undefined;

  constructor(fault: ImageFault) {
    const place = fault.byteOffset === undefined ? "" : ` byte ${fault.byteOffset}:`;
    const hint = fault.hint === undefined ? "" : ` (${fault.hint})`;
    super(`${printable(fault.path)}:${place} expected ${fault.expected}, got ${fault.got}${hint}`);
    this.path = fault.path;
    this.byteOffset = fault.byteOffset;
    this.expected = fault.expected;
    this.got = fault.got;
    this.hint = fault.hint;
  }
}

export interface ImageFault {
  readonly path: string;
  readonly byteOffset?: number | undefined;
  readonly expected: string;
  readonly got: string;
  readonly hint?: string | undefined;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "a path through something that is no directory",
  EACCES: "one this user may not read (permission denied)",
  EPERM: "one this user may not read (not permitted)",
  ELOOP: "a symbolic link that leads back to itself",
  ENAMETOOLONG: "a name too long for the file system",
  EMFILE: "too many open files in this process",
  ENFILE: "too many open files on this machine",
  EIO: "an input/output error of the device",
  ENXIO: "a device or socket with nothing behind it",
  EISDIR: "a directory",
  ESTALE: "a stale network file handle",
};

/** The same failure of a system call, told by its code alone. Anything that is no system failure passes unchanged. */
export function fromSystem(path: string, error: unknown, expected = "a readable file"): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  return new ImageError({ path, expected, got: REASONS[code] ?? `error ${code}` });
}

function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || !("syscall" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** `text` with control characters escaped: a file name must not move the cursor of a terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
