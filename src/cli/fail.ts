/** How commands end: exit codes, and what a person is told. No stack trace for a user's mistake. */
import {
  CoreAbort,
  ImageError,
  PolicyError,
  ScenarioError,
  TallyFullError,
  UnknownPolicyError,
} from "../index.ts";

export const EXIT = { ok: 0, false: 1, input: 2, bug: 70, interrupted: 130 } as const;

/** A mistake on the command line, or a file that cannot be read or written. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const MISTAKES = [ScenarioError, ImageError, PolicyError, TallyFullError, UnknownPolicyError, UsageError];

/** Thrown to end a command with a code, after everything has been said. */
export class Exit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/**
 * Says what went wrong on stderr.
 *
 * @param replay  command that shows a bug of ours again
 * @returns       the exit code
 */
export function report(fault: unknown, replay: string): number {
  if (fault instanceof Exit) return fault.code;
  if (MISTAKES.some((kind) => fault instanceof kind)) {
    process.stderr.write(`${(fault as Error).message}\n`);
    return EXIT.input;
  }
  const text = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
  const what = fault instanceof CoreAbort ? "an invariant of the core broke" : "something broke";
  process.stderr.write(`ballast: ${what}; this is a bug of ours, please report it with this line:\n`);
  process.stderr.write(`  ${replay}\n${text}\n`);
  return EXIT.bug;
}

/** What Node says about a file, in a reader's words. */
export function fileTrouble(fault: unknown): string {
  const { code } = fault as { code?: string };
  const words: Record<string, string> = {
    ENOENT: "no such file or folder",
    EACCES: "no permission",
    EISDIR: "a folder",
    ENOTDIR: "a file where a folder should be",
    EEXIST: "a file where a folder should be",
    ENOSPC: "no space left",
    EROFS: "a read-only file system",
  };
  return (code !== undefined && words[code]) || String((fault as Error).message ?? fault);
}
