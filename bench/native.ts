/**
 * Native controls: C and C++ files of `bench/native/` built by gcc and g++ into Node-API addons and loaded into this
 * process, so that they work on the same Wasm memory as the core. Cached under `build/native/` by the hash of what goes
 * into them.
 *
 * Where the compiler, Node's headers or a header of a control is missing, the control is left out, and it is said why.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("./native/", import.meta.url));
const CACHE = fileURLToPath(new URL("../build/native/", import.meta.url));
const C = { language: "c", compiler: process.env["CC"] ?? "gcc" };
const CPP = { language: "c++", compiler: process.env["CXX"] ?? "g++" };
const languageOf = (file: string): typeof C => (file.endsWith(".cc") ? CPP : C);
/** Plain x86-64 means SSE2: vectors of 16 bytes, as in Wasm. */
const FLAGS = ["-O3", "-shared", "-fPIC", "-pthread", "-Wall", "-Wextra", "-Werror"];

/** A control takes Wasm addresses and counts, and answers with a number. */
export type Control = (...numbers: number[]) => number;

export interface NativeModule {
  /** Milliseconds of CPU time of the calling thread. */
  readonly now: () => number;
  /** The function of this name in the file's table. */
  control(name: string): Control;
}

/**
 * Builds and loads one file.
 *
 * @param name     `pages` for `bench/native/pages.c`, or `.cc` where that is there
 * @param headers  headers it needs besides its own: `["xxhash.h"]`
 * @param bytes    the Wasm memory it shall work on
 * @returns        undefined where it cannot be built; the reason is printed once
 */
export function nativeModule(
  name: string,
  headers: readonly string[],
  bytes: Uint8Array,
): NativeModule | undefined {
  const file = existsSync(join(FOLDER, `${name}.cc`)) ? `${name}.cc` : `${name}.c`;
  const reason = whatIsMissing(file, headers);
  if (reason !== undefined) {
    console.log(`native controls of ${file} left out: ${reason}`);
    return undefined;
  }
  const addon = createRequire(import.meta.url)(build(file)) as Record<string, Control> & {
    attach: (bytes: Uint8Array) => number;
    now: () => number;
  };
  if (addon.attach(bytes) !== 1)
    throw new Error(`native control ${file}: the memory has no bytes to attach to`);
  return {
    now: addon.now,
    control(control) {
      const found = addon[control];
      if (found === undefined) throw new Error(`bench/native/${file} has no control ${control}`);
      return found;
    },
  };
}

function includeFolder(): string {
  return join(dirname(process.execPath), "..", "include", "node");
}

function whatIsMissing(file: string, headers: readonly string[]): string | undefined {
  if (process.env["BENCH_NATIVE"] === "off") return "BENCH_NATIVE=off";
  if (process.arch !== "x64") return `the controls are written for x86-64, this is ${process.arch}`;
  if (!existsSync(join(includeFolder(), "node_api.h"))) return `no node_api.h in ${includeFolder()}`;
  const { compiler, language } = languageOf(file);
  const probe = headers.map((header) => `#include <${header}>\n`).join("");
  try {
    execFileSync(compiler, ["-E", "-x", language, "-"], { input: probe, stdio: ["pipe", "ignore", "pipe"] });
  } catch (fault) {
    const { code, stderr } = fault as { code?: string; stderr?: Buffer };
    return code === "ENOENT" ? `no ${compiler}` : (stderr?.toString().split("\n")[0] ?? String(fault));
  }
  return undefined;
}

function build(file: string): string {
  const { compiler } = languageOf(file);
  const hash = createHash("sha256").update([compiler, process.version, ...FLAGS].join(" "));
  // All of them, because one may include another.
  for (const other of readdirSync(FOLDER).sort()) hash.update(readFileSync(join(FOLDER, other)));
  const target = join(CACHE, `${file.replace(".", "-")}-${hash.digest("hex").slice(0, 16)}.node`);
  if (existsSync(target)) return target;
  mkdirSync(CACHE, { recursive: true });
  // Built aside and renamed: benches that run at the same time never load half a file.
  const fresh = `${target}.${process.pid}`;
  execFileSync(compiler, [...FLAGS, "-I", includeFolder(), "-o", fresh, join(FOLDER, file)], {
    stdio: "inherit",
  });
  renameSync(fresh, target);
  return target;
}
