// Goal: an interrupted run ends soon, cleanly and with whole files; a second signal does not wait for anything.
// Method: long runs of the built command line, signals sent when there is a sign that they are under way.
import type { ChildProcess } from "node:child_process";
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ballast, cliFolder, cliMain, type Ended } from "../support/cli.ts";

const folder = cliFolder();
afterAll(folder.remove);
cliMain();

/** The folder of --out is made just before the run begins. */
async function whenThere(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 20));
  await new Promise((resolve) => setTimeout(resolve, 700));
}

async function interrupted(
  out: string,
  signals: readonly NodeJS.Signals[],
  ...more: string[]
): Promise<Ended> {
  const place = join(folder.path, out);
  const watch = async (child: ChildProcess): Promise<void> => {
    await whenThere(place);
    for (const signal of signals) child.kill(signal);
  };
  const args = ["run", "examples/writers.yaml", "--until", "1000h", "--out", place, ...more];
  return ballast(args, { watch });
}

const LONG = "writes whole files, prints the report";

describe.concurrent("run", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(`%s: ${LONG}, exits with %i`, async (signal, code) => {
    const ended = await interrupted(signal, [signal]);
    expect(ended).toMatchObject({ code, signal: null });
    expect(ended.stdout).toContain("interrupted: the figures are those of that moment");
    expect(ended.stderr).toMatch(/^stopping; once more to end at once\nwrote /);
    const out = join(folder.path, signal);
    expect(readdirSync(out).sort()).toEqual(["esxtop.csv", "report.html", "result.json", "series.csv"]);
    const result = JSON.parse(readFileSync(join(out, "result.json"), "utf8"));
    expect(result).toMatchObject({ interrupted: true, stateHash: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(result.simulatedNs).toBeGreaterThan(0);
    expect(result.simulatedNs).toBeLessThan(1000 * 3600e9);
    expect(readFileSync(join(out, "report.html"), "utf8").trimEnd()).toMatch(/<\/html>$/);
  });

  test("--json: one whole document", async () => {
    const { code, stdout } = await interrupted("json", ["SIGINT"], "--json");
    expect({ code, interrupted: JSON.parse(stdout).interrupted }).toEqual({ code: 130, interrupted: true });
  });

  test("a second signal ends at once and leaves no part of a file", async () => {
    const place = join(folder.path, "twice");
    const watch = async (child: ChildProcess): Promise<void> => {
      await whenThere(place);
      child.kill("SIGINT");
      // The first one has been heard, so the second one is its own.
      child.stderr?.once("data", () => child.kill("SIGINT"));
    };
    const args = ["run", "examples/writers.yaml", "--until", "1000h", "--out", place];
    const { code } = await ballast(args, { watch });
    expect(code).toBe(130);
    const left = existsSync(place) ? readdirSync(place) : [];
    expect(left.filter((name) => name.includes("part"))).toEqual([]);
  });
});

describe("pages", () => {
  test("SIGINT during a large sparse file: 130, nothing on stdout", async () => {
    const file = join(folder.path, "sparse");
    closeSync(openSync(file, "w"));
    truncateSync(file, 2 ** 40);
    const watch = (child: ChildProcess) => setTimeout(() => child.kill("SIGINT"), 1500);
    const { code, stdout, stderr } = await ballast(["pages", file], { watch });
    expect({ code, stdout, stderr }).toEqual({ code: 130, stdout: "", stderr: "" });
  });
});

test("a slow policy does not keep the signal from being heard", async () => {
  const file = join(folder.path, "slow.ts");
  writeFileSync(
    file,
    'export default { name: "slow", decide() { const end = Date.now() + 300; while (Date.now() < end); } };',
  );
  const ended = await interrupted("slow", ["SIGINT"], "--policy", `memory=${file}`);
  expect(ended.code).toBe(130);
});
