/** The text of files that a scenario is, or names. Needs Node, and only when it is called. */
import { type Fault, printable, ScenarioError } from "./fault.ts";
import type { TraceText } from "./trace.ts";

/** Larger scenarios are taken for the wrong file. */
const bytesMax = 64 << 20;

interface Builtins {
  "node:fs/promises": typeof import("node:fs/promises");
  "node:path": typeof import("node:path");
}

/** No import, so that bundlers for browsers have nothing to resolve. */
export function builtin<Id extends keyof Builtins>(id: Id): Builtins[Id] {
  const host = (globalThis as { process?: { getBuiltinModule?: typeof process.getBuiltinModule } }).process;
  const module = host?.getBuiltinModule?.(id);
  if (module === undefined)
    throw new Error("loadScenario reads files, which needs Node; use parseScenario(text) here");
  return module as Builtins[Id];
}

/**
 * The text of a scenario file. Never waits for a pipe.
 *
 * @throws  ScenarioError if there is none, or it cannot be read
 */
export async function readScenarioText(path: string): Promise<string> {
  const text = await readText(path);
  if (!("problem" in text)) return text.content;
  const { problem: got, hint } = text;
  const fault: Fault = { file: path, path: "(file)", expected: "a scenario file", got };
  throw new ScenarioError(path, [hint === undefined ? fault : { ...fault, hint }]);
}

export async function readText(path: string): Promise<TraceText> {
  const fs = builtin("node:fs/promises");
  const fail = (problem: string, hint?: string) => (hint === undefined ? { problem } : { problem, hint });
  let bytes: Uint8Array;
  try {
    const stat = await fs.stat(path);
    if (stat.isDirectory()) return fail("a directory");
    if (!stat.isFile()) return fail(kindOf(stat));
    if (stat.size > bytesMax) return fail(`${Math.ceil(stat.size / (1 << 20))} MiB`, "64 MiB are the most");
    bytes = await fs.readFile(path);
  } catch (error) {
    return fail(reasonOf(error));
  }
  try {
    return { content: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return fail("bytes that are no UTF-8 text");
  }
}

function kindOf(stat: { isSocket(): boolean; isFIFO(): boolean }): string {
  if (stat.isSocket()) return "a socket";
  return stat.isFIFO() ? "a pipe" : "a device";
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "no such file",
  EACCES: "a file that may not be read",
  EPERM: "a file that may not be read",
  ELOOP: "a link that leads in circles",
  ENAMETOOLONG: "a name that is too long",
};

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return reasons[code ?? ""] ?? printable(`${code ?? message}`);
}
