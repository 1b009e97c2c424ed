/** How commands end: exit codes, and what a person is told. No stack trace for a user's mistake. */
import {
  CoreAbort,
  ImageError,
  MissingPackageError,
  PlaceError,
  PolicyError,
  ScenarioError,
  TallyFullError,
  TraceError,
  TranslateError,
  UnknownPolicyError,
} from "../index.ts";

export const EXIT = { ok: 0, false: 1, input: 2, bug: 70, interrupted: 130, terminated: 143 } as const;

/** A mistake on the command line, or a file that cannot be read or written. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const MISTAKES = [
  ScenarioError,
  ImageError,
  MissingPackageError,
  PlaceError,
  PolicyError,
  TallyFullError,
  TraceError,
  TranslateError,
  UnknownPolicyError,
  UsageError,
];

/** Thrown to end a command with a code, after everything has been said. */
export class Exit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/** Code of a user's that runs in this process: file path, and how the user named it. */
const strangers = new Map<string, string>();

/** Says that faults which come up in a file are its author's, not ours. */
export function blame(file: string, named: string): void {
  strangers.set(file, named);
}

/**
 * Says what went wrong on stderr.
 *
 * @param args  of the command line, to show a bug of ours again
 * @returns     the exit code
 */
export function report(fault: unknown, args: readonly string[]): number {
  if (fault instanceof Exit) return fault.code;
  const mistake = mistakeOf(fault);
  if (mistake !== undefined) {
    process.stderr.write(`${plain(mistake)}\n`);
    return EXIT.input;
  }
  const text = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
  const what = fault instanceof CoreAbort ? "an invariant of the core broke" : "something broke";
  process.stderr.write(`ballast: ${what}; this is a bug of ours, please report it with this line:\n`);
  process.stderr.write(`  ${["ballast", ...args].map(quoted).join(" ")}\n${text}\n`);
  return EXIT.bug;
}

/** What to tell the user about a mistake of theirs; undefined: it is ours. */
function mistakeOf(fault: unknown): string | undefined {
  if (MISTAKES.some((kind) => fault instanceof kind)) return (fault as Error).message;
  if (!(fault instanceof Error)) return undefined;
  if (
    fault instanceof RangeError &&
    /could not allocate memory|allocation failed|out of memory/i.test(fault.message)
  ) {
    return `not enough memory on this machine (${fault.message}); reduce the scenario, or free some`;
  }
  for (const [file, named] of strangers) {
    if (fault.stack?.includes(file)) return `policy ${named}: ${placed(fault, file)}`;
  }
  return undefined;
}

/**
 * The message of a fault in a user's file, and where it came up, as far as that can be told.
 *
 * @param file  absolute path
 */
export function placed(fault: unknown, file: string): string {
  if (!(fault instanceof Error)) return String(fault);
  const { name, message, stack = "" } = fault;
  const text = `${name}: ${message}`;
  if (message.includes(`${file}:`)) return text;
  const line = stack.split("\n").find((row) => row.includes(`${file}:`));
  const [, row, column] =
    line?.slice(line.indexOf(`${file}:`) + file.length).match(/^:(\d+)(?::(\d+))?/) ?? [];
  if (row === undefined) return text;
  return `${text} (line ${row}${column === undefined ? "" : `:${column}`})`;
}

/** Without control characters that could steer a terminal; line ends stay. */
function plain(text: string): string {
  return text.replace(/(?!\n)[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** An argument as a shell takes it. */
function quoted(text: string): string {
  return /^[\w@%+=:,./[\]-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** What Node says about a file, in a reader's words. */
export function fileTrouble(fault: unknown): string {
  const { code } = fault as { code?: string };
  const words: Record<string, string> = {
    ENOENT: "no such file or folder",
    EACCES: "no permission",
    EPERM: "no permission",
    EISDIR: "a folder",
    ENOTDIR: "a file where a folder should be",
    EEXIST: "a file where a folder should be",
    ELOOP: "a link that leads in circles",
    ENAMETOOLONG: "a name that is too long",
    ENOSPC: "no space left",
    EDQUOT: "no space left in the quota",
    EFBIG: "a file too large for its place",
    EIO: "an error of the device",
    EROFS: "a read-only file system",
  };
  return (code !== undefined && words[code]) || String((fault as Error).message ?? fault);
}
