/**
 * The command line as people meet it: built, in a process of its own.
 *
 * It is built once for each state of the sources, under `build/cli-HASH`, so that nothing depends on `dist/`, which others
 * may be rebuilding.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const CORES = ["ballast.wasm", "ballast.threads.wasm"];
const KEEP_MS = 3_600_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Runs as this user; 65534 is nobody. */
  readonly uid?: number;
  /** Kills what does not end; 30 s if absent. */
  readonly timeoutMs?: number;
  /** Called with the child as soon as it runs. */
  readonly watch?: (child: ChildProcess) => void;
}

let main: string | undefined;

/** Path of the built `main.js`. */
export function cliMain(): string {
  main ??= join(build(), "cli", "main.js");
  return main;
}

/** Runs `ballast ARGS` to its end. */
export function ballast(args: readonly string[], options: CliOptions = {}): Promise<Ended> {
  return run(process.execPath, [cliMain(), ...args], options);
}

/** Runs any command to its end and keeps what it says. */
export function run(command: string, args: readonly string[], options: CliOptions = {}): Promise<Ended> {
  const { cwd = ROOT, env = {}, uid, timeoutMs = 30_000 } = options;
  const child = spawn(command, args, {
    cwd,
    env: { ...plainEnvironment(), ...env },
    timeout: timeoutMs,
    killSignal: "SIGKILL",
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.on("error", () => {});
  child.stdin.end();
  options.watch?.(child);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** A folder for one test file, and what removes it. */
export function cliFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "ballast-cli-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Without what a terminal, a CI or vitest adds. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of ["CI", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "NODE_OPTIONS", "VITEST"]) delete env[name];
  return env;
}

function build(): string {
  const source = join(ROOT, "src");
  const bundler = join(ROOT, "scripts/bundle.mjs");
  const place = join(ROOT, "build", `cli-${digestOf(source, bundler)}`);
  if (existsSync(place)) return place;
  // Built beside its place and moved there whole: another test file may be doing the same.
  const fresh = `${place}.${process.pid}`;
  execFileSync(process.execPath, [bundler, join(fresh, "cli")]);
  for (const core of CORES) cpSync(join(source, core), join(fresh, core));
  try {
    renameSync(fresh, place);
  } catch (fault) {
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(place)) throw fault;
  }
  forgetOldBuilds();
  return place;
}

function digestOf(folder: string, file: string): string {
  const hash = createHash("sha256").update(readFileSync(file));
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) hash.update(path).update(readFileSync(path));
  }
  return hash.digest("hex").slice(0, 16);
}

function forgetOldBuilds(): void {
  for (const name of readdirSync(join(ROOT, "build"))) {
    const path = join(ROOT, "build", name);
    if (!/^cli-[0-9a-f]{16}$/.test(name) || Date.now() - statSync(path).mtimeMs < KEEP_MS) continue;
    rmSync(path, { recursive: true, force: true });
  }
}
