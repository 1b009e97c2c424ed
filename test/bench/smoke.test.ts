// Goal: no bench rots.
// Method: each runs as `npm run bench` runs it, at its smoke size, where its cases only have to agree.
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const benches = readdirSync(`${root}/bench`, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".bench.ts"))
  .sort();

function smoke(file: string, environment: Record<string, string> = {}): Promise<{ stdout: string }> {
  return promisify(execFile)(process.execPath, ["scripts/strip.mjs", `bench/${file}`], {
    cwd: root,
    env: { ...process.env, ...environment, BENCH: "smoke" },
  });
}

test.concurrent.each(benches)("bench/%s: its cases agree", async (file) => {
  const { stdout } = await smoke(file);
  expect(stdout).toMatch(/\d+ cases agree/);
});

test("a machine without a compiler benches without native controls, and says so", async () => {
  const { stdout } = await smoke("memory/page-hash.bench.ts", { CC: "no-such-compiler" });
  expect(stdout).toMatch(/native controls of pages\.c left out: no no-such-compiler/);
  expect(stdout).toMatch(/\d+ cases agree/);
});
