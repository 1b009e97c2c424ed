/**
 * The command line as one bundle of few files: each verb loads what it needs, and `ballast.js` is the public door, which
 * shares the verbs' files, so that what a policy of the user's own imports from "ballast" is the ballast that runs.
 *
 *   main.js -> verb-HASH.js -> chunk-HASH.js …  <- ballast.js (src/index.ts)
 *
 * `node scripts/bundle.mjs FOLDER` writes it there. Why: docs/decisions/0008-start-up.md.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const ENTRIES = { main: "src/cli/main.ts", ballast: "src/index.ts", worker: "src/core/threads/worker.js" };
/** Loaded on a thread of its own by its path, and what it imports. */
const HOOKS = "typescript-hooks.js";
const KEPT_APART = ["@swc/wasm-typescript"];
/** Packages in CommonJS ask for Node's modules by this name. */
const BANNER = `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);`;

/**
 * Writes the bundle.
 *
 * @param {string} folder  `cli` of a build: the core's files stand in the folder above
 */
export async function bundleCli(folder) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: Object.entries(ENTRIES).map(([out, file]) => ({ in: file, out })),
    outdir: folder,
    chunkNames: "[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    banner: { js: BANNER },
    external: KEPT_APART,
    legalComments: "none",
    minifyWhitespace: true,
    logLevel: "warning",
    metafile: true,
    plugins: [pastDoors],
  });
  writeFileSync(join(folder, HOOKS), readFileSync(join(root, "src/cli", HOOKS)));
  writeFileSync(join(folder, "LICENSES.txt"), licenses(Object.keys(metafile.inputs)));
}

/**
 * Imports through a door (an `index.ts`) become imports from the files behind it. A bundler splits files by who reaches
 * them, and through the door every verb reaches everything.
 *
 * @type {import("esbuild").Plugin}
 */
const pastDoors = {
  name: "past-doors",
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]src[/\\].*\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      const contents = text.replace(
        /^import (type )?\{([^}]*)\} from "(\.[^"]*index\.ts)";$/gm,
        (_, isType, names, door) =>
          isType ? "" : direct(dirname(path), names, resolve(dirname(path), door)),
      );
      return { contents, loader: "ts" };
    });
  },
};

/**
 * @param {string} folder  of the file that imports
 * @param {string} names   between its braces
 * @param {string} door
 */
function direct(folder, names, door) {
  return named(names)
    .map(([name, as]) => {
      const { file, name: original } = definition(door, name);
      const path = relative(folder, file).replaceAll("\\", "/");
      return `import { ${original} as ${as} } from "${path.startsWith(".") ? path : `./${path}`}";`;
    })
    .join(" ");
}

/**
 * The values among names between braces, and what they are called outside.
 *
 * @param {string} names
 * @returns {[string, string][]}
 */
function named(names) {
  const values = names.split(",").map((name) => name.trim());
  return values
    .filter((name) => name !== "" && !name.startsWith("type "))
    .map((name) => {
      const [inside, outside = inside] = name.split(" as ");
      return [inside, outside];
    });
}

/**
 * The file that defines what a file exports; the file itself where that cannot be told.
 *
 * @param {string} file
 * @param {string} name
 * @returns {{ file: string, name: string }}
 */
function definition(file, name) {
  return exportsOf(file).get(name) ?? { file, name };
}

/** @type {Map<string, Map<string, { file: string, name: string }>>} */
const known = new Map();

/**
 * @param {string} file
 * @returns {Map<string, { file: string, name: string }>}
 */
function exportsOf(file) {
  const before = known.get(file);
  if (before !== undefined) return before;
  const text = readFileSync(file, "utf8");
  /** @type {Map<string, { file: string, name: string }>} */
  const found = new Map();
  for (const [, name] of text.matchAll(/^export (?:async )?(?:function\*?|const|class) (\w+)/gm))
    found.set(name, { file, name });
  for (const [, names, from] of text.matchAll(/^export (?:\{([^}]*)\}|\*) from "(\.[^"]*)";$/gm)) {
    const target = resolve(dirname(file), from);
    if (names === undefined) for (const [name, where] of exportsOf(target)) found.set(name, where);
    else for (const [inside, outside] of named(names)) found.set(outside, definition(target, inside));
  }
  known.set(file, found);
  return found;
}

/**
 * The licences of the packages that went into the bundle.
 *
 * @param {string[]} inputs
 */
function licenses(inputs) {
  const names = inputs.flatMap((file) => file.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? []);
  const parts = [...new Set(names)].sort().map((name) => {
    const folder = join(root, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text =
      file !== undefined && existsSync(join(folder, file)) ? readFileSync(join(folder, file), "utf8") : "";
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
  return `These files contain parts of the packages below.\n\n${parts.join("\n---\n\n")}`;
}

if (resolve(process.argv[1] ?? "") === fileURLToPath(import.meta.url))
  await bundleCli(resolve(process.argv[2] ?? "build/cli"));
