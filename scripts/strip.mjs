/** Runs a TypeScript file of the project without building it: `node scripts/strip.mjs FILE [ARG …]`. */
import { register } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

register("../src/cli/typescript-hooks.js", import.meta.url);
const [, , file, ...rest] = process.argv;
if (file === undefined) throw new Error("usage: node scripts/strip.mjs FILE [ARG …]");
process.argv = [process.argv[0], resolve(file), ...rest];
await import(pathToFileURL(resolve(file)).href);
