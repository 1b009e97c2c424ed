/** The house's own files, as text, for the tests that hold it to its rules. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));

/** Written by a generator or a build: held to no style. */
export const GENERATED: ReadonlySet<string> = new Set([
  "assembly/layout.ts",
  "src/core/layout.ts",
  "docs/layout.md",
]);
const isGenerated = (file: string): boolean => GENERATED.has(file) || file.startsWith("src/generated/");

/** Files below a folder with one of these endings, generated ones left out. */
export function filesIn(folder: string, endings: readonly string[]): string[] {
  const from = join(ROOT, folder);
  if (!existsSync(from)) return [];
  return readdirSync(from, { recursive: true, encoding: "utf8" })
    .map((name) => posix.join(folder, name.replaceAll("\\", "/")))
    .filter((file) => endings.some((ending) => file.endsWith(ending)) && !file.includes("node_modules/"))
    .filter((file) => statSync(join(ROOT, file)).isFile() && !isGenerated(file))
    .sort();
}

export function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

export function has(file: string): boolean {
  return existsSync(join(ROOT, file));
}

/** Code with its comments blanked and its lines kept. */
export function withoutComments(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, " "))
    .replace(/(^|[^:"'`])\/\/[^\n]*/g, "$1");
}

export interface Import {
  readonly from: string;
  /** Path from the root, or the bare name of a package. */
  readonly to: string;
  readonly isType: boolean;
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)|new URL\(\s*"(\.[^"]+)",\s*import\.meta\.url/g;

/** What a file imports, statically, dynamically or as an asset. */
export function importsOf(file: string): Import[] {
  const found: Import[] = [];
  for (const [, type, name, dynamic, asset] of withoutComments(read(file)).matchAll(IMPORT)) {
    const path = name ?? dynamic ?? asset!;
    const to = path.startsWith(".") ? posix.normalize(posix.join(posix.dirname(file), path)) : path;
    // Plain JavaScript names what TypeScript is compiled to.
    const source = to.startsWith("src/") && !has(to) ? to.replace(/\.js$/, ".ts") : to;
    found.push({ from: file, to: source, isType: type !== undefined });
  }
  return found;
}
