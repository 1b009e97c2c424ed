/**
 * The package as others get it: built in a private copy of the tree, packed, and installed into an empty project.
 *
 * The dependencies come from this checkout's `node_modules`, as copies, and only those that
 * package.json names, so that one it forgets is missed.
 */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const executeFile = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");

const COPIED = [
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "asconfig.json",
  "README.md",
  "CHANGELOG.md",
  "LICENSE",
  "scripts",
  "assembly",
  "layout",
  "src",
  "examples",
];
/** Tools of the project's own, beside what it installs. */
const TOOLS = ["esbuild", "rolldown", "typescript", "vite"];

export interface Packed {
  readonly tarball: string;
  /** Where it is installed. */
  readonly project: string;
  /** Runs a command in the project. */
  run(command: string, ...args: string[]): Promise<{ stdout: string; stderr: string }>;
  remove(): Promise<void>;
}

/** Runs a program; a failure says what it printed, for tsc and npm tell theirs on stdout. */
async function execute(
  file: string,
  args: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv },
) {
  try {
    return await executeFile(file, args, options);
  } catch (fault) {
    const { message, stdout } = fault as Error & { stdout?: string };
    throw new Error(`${message}\n${stdout ?? ""}`);
  }
}

/** Builds, packs and installs; about ten seconds. */
export async function installPacked(): Promise<Packed> {
  const folder = mkdtempSync(join(tmpdir(), "ballast-package-"));
  try {
    return await installInto(folder);
  } catch (fault) {
    await rm(folder, { recursive: true, force: true });
    throw fault;
  }
}

async function installInto(folder: string): Promise<Packed> {
  const copy = join(folder, "copy");
  const project = join(folder, "project");
  copyTree(copy);
  await execute(process.execPath, ["scripts/build.mjs"], { cwd: copy });
  await npm(copy, "pack", "--pack-destination", folder);
  const tarball = join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz"))!);
  mkdirSync(project);
  await writeFile(join(project, "package.json"), '{ "name": "empty", "private": true, "type": "module" }\n');
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const folders = Object.keys(dependencies).map((name) => join(root, "node_modules", name));
  // What these depend on in turn comes from npm's cache. It may hold packages without the lists that they are found by: then npm asks.
  const install = (mode: string) => npm(project, "install", mode, "--install-links", tarball, ...folders);
  await install("--offline").catch((fault: Error) => {
    if (!fault.message.includes("ENOTCACHED")) throw fault;
    return install("--prefer-offline");
  });
  for (const name of TOOLS)
    symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name));
  return {
    tarball,
    project,
    run: (command, ...args) =>
      execute(command === "node" ? process.execPath : command, args, { cwd: project, env: quiet() }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function copyTree(copy: string): void {
  mkdirSync(join(copy, "build"), { recursive: true });
  for (const name of COPIED) {
    if (existsSync(join(root, name))) cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  // With its stamps, the core is not compiled again unless its sources changed meanwhile.
  for (const name of readdirSync(join(root, "build"))) {
    if (name.endsWith(".stamp")) cpSync(join(root, "build", name), join(copy, "build", name));
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
}

const npm = (cwd: string, ...args: string[]) =>
  execute("npm", [...args, "--ignore-scripts", "--no-audit", "--no-fund"], { cwd, env: quiet() });

/** Without what `npm test` tells its children: they are at home elsewhere. */
function quiet(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !/^npm_|^NODE_OPTIONS$|^VITEST/i.test(name));
  return { ...Object.fromEntries(entries), NO_COLOR: "1" };
}

/** Writes every fenced block of a document whose fence has a file name: ```` ```js run.mjs ````. Returns the names. */
export async function writeBlocks(document: string, folder: string): Promise<string[]> {
  const text = readFileSync(join(root, document), "utf8");
  const names: string[] = [];
  for (const [, name, body] of text.matchAll(/^```\w+ (\S+)\n(.*?)^```$/gms)) {
    await writeFile(join(folder, name!), body!);
    names.push(name!);
  }
  return names;
}
