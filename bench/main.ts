/**
 * Runs the benches: `npm run bench [-- FILTER …]`. Each `*.bench.ts` in a process of its own, one after another, so that
 * none meets the heap or the compiler's guesses that another has left.
 *
 * BENCH=full unless it is set; BENCH=smoke only lets the cases agree, at small sizes.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const filters = process.argv.slice(2);
const files = readdirSync(join(root, "bench"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".bench.ts"))
  .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
  .sort();

if (files.length === 0) {
  console.error(`no bench matches ${filters.join(" ")}`);
  process.exitCode = 2;
}
spawnSync(process.execPath, [join(root, "scripts", "build.mjs"), "--core"], { stdio: "inherit" });
for (const file of files) {
  console.log(`\n== bench/${file}`);
  const { status } = spawnSync(
    process.execPath,
    [join(root, "scripts", "strip.mjs"), join(root, "bench", file)],
    { stdio: "inherit", env: { BENCH: "full", ...process.env } },
  );
  if (status !== 0) process.exitCode = 1;
}
