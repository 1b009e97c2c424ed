/**
 * Policies from files: `--policy memory=./mine.ts` or `cpu=./mine.ts`, TypeScript or JavaScript, with no build step of the user's.
 *
 * The file's default export is a policy, or a function without parameters that makes one.
 */
import { Console } from "node:console";
import { readFileSync, realpathSync, statSync } from "node:fs";
import { register } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { blame, fileTrouble, placed, UsageError } from "./fail.ts";
import { type AnyPolicy, guardPolicy } from "./guard-policy.ts";

const WANTED = "expected a default export { name, decide(view, targets) }";
let registered = false;

/** A value that names a file rather than a policy of ours. */
export function isPolicyFile(value: string): boolean {
  return /[/\\]/.test(value) || /\.[cm]?[jt]s$/.test(value);
}

/**
 * A policy of the kind that the caller says: a file cannot tell, for every policy is a name and a `decide`.
 *
 * @throws UsageError naming the file and what is wrong with it
 */
export async function loadPolicyFile<Policy extends AnyPolicy>(path: string): Promise<Policy> {
  const file = findFile(path);
  blame(file, path);
  if (!registered) {
    register("./typescript-hooks.js", import.meta.url);
    // What a policy prints is not for stdout, where a report or one JSON document stands.
    globalThis.console = new Console(process.stderr, process.stderr);
  }
  registered = true;
  try {
    const module = await importToEnd(pathToFileURL(file).href);
    const made = await settled(makePolicy(path, module["default"]));
    return guardPolicy(file, checkPolicy<Policy>(path, made));
  } catch (fault) {
    if (fault instanceof UsageError) throw fault;
    throw new UsageError(
      `policy ${path}: ${(await syntaxFault(fault, file)) ?? `threw ${placed(fault, file)}`}`,
    );
  }
}

/** Node does not say where in a file a syntax error is; reading it as TypeScript does. */
async function syntaxFault(fault: unknown, file: string): Promise<string | undefined> {
  if (!(fault instanceof SyntaxError)) return undefined;
  const { transformSync } = await import("@swc/wasm-typescript");
  try {
    transformSync(readFileSync(file, "utf8"), { mode: "strip-only", filename: file });
  } catch (found) {
    const { message, startLine, startColumn } = found as Record<string, unknown>;
    if (typeof startLine === "number")
      return `SyntaxError: ${message} (line ${startLine}:${Number(startColumn) + 1})`;
  }
  return placed(fault, file);
}

function findFile(path: string): string {
  const fail = (got: string): never => {
    throw new UsageError(`policy ${path}: expected a file, got ${got}`);
  };
  try {
    const kind = statSync(resolve(path));
    if (kind.isDirectory()) return fail("a folder");
    if (!kind.isFile()) return fail("a pipe, socket or device");
    return realpathSync(resolve(path));
  } catch (fault) {
    if (fault instanceof UsageError) throw fault;
    return fail((fault as { code?: string }).code === "ENOENT" ? "no such file" : fileTrouble(fault));
  }
}

const importToEnd = (url: string): Promise<Record<string, unknown>> => settled(import(url));

/** A promise that nothing can settle any more ends the process; here it becomes a fault. */
async function settled<T>(value: T | Promise<T>): Promise<T> {
  let onEnd = (): void => {};
  const never = new Promise<never>((_, reject) => {
    onEnd = () => reject(new Error("it waits for something that never comes"));
  });
  process.once("beforeExit", onEnd);
  try {
    return await Promise.race([value, never]);
  } finally {
    process.off("beforeExit", onEnd);
  }
}

function makePolicy(path: string, given: unknown): unknown {
  if (typeof given !== "function") return given;
  if (/^class\b/.test(Function.prototype.toString.call(given))) {
    throw new UsageError(`policy ${path}: ${WANTED}, got a class; export an instance of it`);
  }
  if (given.length > 0) {
    const got = `a function of ${given.length} parameters; name it decide, inside such an object`;
    throw new UsageError(`policy ${path}: ${WANTED}, got ${got}`);
  }
  return given();
}

function checkPolicy<Policy extends AnyPolicy>(path: string, made: unknown): Policy {
  const policy = made as Partial<AnyPolicy> | undefined | null;
  if (typeof policy?.decide !== "function") {
    throw new UsageError(`policy ${path}: ${WANTED}, got ${shape(made)}`);
  }
  const { name } = policy;
  if (typeof name !== "string" || name.trim() === "" || /\p{Cc}/u.test(name) || name.length > 80) {
    const got = name === undefined ? "nothing" : JSON.stringify(name);
    throw new UsageError(`policy ${path}: expected a name of one line, at most 80 characters, got ${got}`);
  }
  return policy as Policy;
}

function shape(made: unknown): string {
  if (made === undefined) return "no default export";
  if (made === null || typeof made !== "object") return `${String(made).slice(0, 40)}`;
  return "decide" in made ? "one whose decide is no function" : "one without decide";
}
