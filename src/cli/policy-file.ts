/**
 * Policies from files: `--policy memory=./mine.ts`, TypeScript or JavaScript, with no build step of the user's.
 *
 * The file's default export is a policy, or a function without parameters that makes one.
 */
import { existsSync } from "node:fs";
import { register } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { MemoryPolicy } from "../index.ts";
import { UsageError } from "./fail.ts";

let registered = false;

/** A value that names a file rather than a policy of ours. */
export function isPolicyFile(value: string): boolean {
  return /[/\\]/.test(value) || /\.[cm]?[jt]s$/.test(value);
}

/** @throws UsageError naming the file and what is wrong with it */
export async function loadPolicyFile(path: string): Promise<MemoryPolicy> {
  const file = resolve(path);
  if (!existsSync(file)) throw new UsageError(`policy ${path}: expected a file, got no such file`);
  if (!registered) register("./typescript-hooks.js", import.meta.url);
  registered = true;
  let module: Record<string, unknown>;
  try {
    module = await import(pathToFileURL(file).href);
  } catch (fault) {
    throw new UsageError(`policy ${path}: ${placed(fault, file)}`);
  }
  const made = typeof module["default"] === "function" ? module["default"]() : module["default"];
  return checkPolicy(path, made);
}

/** The message of a fault in a user's file, and where it came up. */
function placed(fault: unknown, file: string): string {
  const { name, message, stack } = fault as Error;
  const line = stack?.split("\n").find((text) => text.includes(file));
  const at = line?.match(/:(\d+):(\d+)/);
  return `${name ?? "Error"}: ${message}${at && !message.includes(file) ? ` (line ${at[1]}:${at[2]})` : ""}`;
}

function checkPolicy(path: string, made: unknown): MemoryPolicy {
  const policy = made as Partial<MemoryPolicy> | undefined | null;
  if (typeof policy?.decide !== "function") {
    const got = made === undefined ? "no default export" : `a default export of type ${typeof made}`;
    throw new UsageError(
      `policy ${path}: expected a default export { name, decide(view, targets) }, got ${got}`,
    );
  }
  if (typeof policy.name !== "string" || policy.name === "") {
    throw new UsageError(`policy ${path}: expected a name, got ${JSON.stringify(policy.name)}`);
  }
  return policy as MemoryPolicy;
}
