/**
 * Loader hooks that strip the types of `.ts` files, so that a user's policy file runs on Node 20 with no build step.
 * Runs on Node's loader thread; see `module.register`.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { transformSync } from "@swc/wasm-typescript";

/** Of a build the public door beside this file (scripts/bundle.mjs), which shares the command line's own files. */
const own = new URL("./ballast.js", import.meta.url);
const ballast = existsSync(own) ? own.href : new URL("../index.ts", import.meta.url).href;

/**
 * "ballast", with its core inside or not, is the ballast that runs, wherever the policy file lies.
 *
 * @type {import("node:module").ResolveHook}
 */
export async function resolve(specifier, context, nextResolve) {
  if (specifier === "ballast" || specifier === "ballast/inline") return { url: ballast, shortCircuit: true };
  return nextResolve(specifier, context);
}

/** @type {import("node:module").LoadHook} */
export async function load(url, context, nextLoad) {
  if (!url.startsWith("file:") || !/\.m?ts$/.test(new URL(url).pathname)) return nextLoad(url, context);
  const path = fileURLToPath(url);
  const source = await readFile(path, "utf8");
  try {
    const { code } = transformSync(source, { mode: "strip-only", filename: path });
    return { format: "module", shortCircuit: true, source: code };
  } catch (fault) {
    const { message, startLine, startColumn } = /** @type {Record<string, unknown>} */ (fault);
    throw new SyntaxError(`${path}:${startLine ?? 1}:${Number(startColumn ?? 0) + 1}  ${message ?? fault}`);
  }
}
