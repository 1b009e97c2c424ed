// Goal: output goes where it belongs: data to stdout, progress to a terminal only, quietly on when nobody listens.
// Method: the built command line with pipes, full devices and a faked terminal at its ends.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ballast, cliFolder, cliMain, run } from "../support/cli.ts";

const folder = cliFolder();
afterAll(folder.remove);
const SCENARIO = "examples/three-clones.yaml";
const VERBS = ["run", "pages", "place", "migrate", "faults", "translate", "reproduce", "import", "schema"];

const shell = (text: string, env: Record<string, string> = {}) =>
  run("bash", ["-c", text.replaceAll("ballast", `"${process.execPath}" "${cliMain()}"`)], { env });

describe("help", () => {
  test.concurrent.each(["", ...VERBS])(
    "%s --help: with an example, within 80 columns, on stdout",
    async (verb) => {
      const args = verb === "" ? ["--help"] : [verb, "--help"];
      const { code, stdout, stderr } = await ballast(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toMatch(new RegExp(`\\n {2}\\$ ballast ${verb}`));
      for (const line of stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
      expect(stdout).not.toContain("default: []");
    },
  );

  test("--version", async () => {
    expect((await ballast(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("other verbs", () => {
  test("schema: a JSON Schema, the same with --json", async () => {
    const [plain, json] = [await ballast(["schema"]), await ballast(["schema", "--json"])];
    expect(JSON.parse(plain.stdout)).toMatchObject({
      type: "object",
      required: expect.arrayContaining(["hosts"]),
    });
    expect(json.stdout).toBe(plain.stdout);
  });

  test("reproduce --list and one experiment, for people and programs", async () => {
    const list = JSON.parse((await ballast(["reproduce", "--list", "--json"])).stdout);
    expect(list).toContainEqual({ id: "esx02-fig5", title: expect.any(String), source: expect.any(String) });
    const { code, stdout } = await ballast(["reproduce", "esx02-fig5", "--json"]);
    const { id, source, rows } = JSON.parse(stdout);
    expect({ code, id, source }).toMatchObject({ code: 0, id: "esx02-fig5", source: expect.any(String) });
    for (const row of rows) {
      for (const key of "what published sure simulated error tolerance ok".split(" "))
        expect(row).toHaveProperty(key);
      expect(row.ok).toBe(true);
    }
    const text = (await ballast(["reproduce", "esx02-fig5"])).stdout;
    expect(text).toMatch(/^A: reclaimed +673 MB +published +673 MB +0 +±0 +ok$/m);
    expect(text).not.toMatch(/\+0\b(?!\.)/);
  });

  test("pages: a report of files", async () => {
    const { code, stdout } = await ballast(["pages", "--quiet", SCENARIO, SCENARIO]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Sharing saves 4 KiB of 8 KiB/);
  });
});

describe("a reader that goes away", () => {
  test.concurrent.each([
    `ballast run ${SCENARIO} --all | head -1`,
    `ballast run ${SCENARIO} --json | head -c 10`,
    "ballast reproduce esx02-fig4 esx02-fig5 | head -1",
    "ballast schema | true",
    "ballast --help | true",
    `ballast run examples/this-machine.yaml 2>&1 >/dev/null | head -1`,
  ])("%s", async (text) => {
    const { code, stderr } = await shell(`set -o pipefail; ${text}`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("stderr that takes nothing changes neither the work nor the code", async () => {
    expect((await shell("ballast run nowhere.yaml 2>/dev/full")).code).toBe(2);
    const { code, stdout } = await shell("ballast run examples/this-machine.yaml --until 1s 2>/dev/full");
    expect({ code, said: stdout.includes("Sharing saved") || stdout.includes("saved on h1") }).toEqual({
      code: 0,
      said: true,
    });
  });
});

describe("a full disk", () => {
  test.concurrent.each([
    `run ${SCENARIO}`,
    `run ${SCENARIO} --json`,
    `pages ${SCENARIO} --quiet`,
    "schema",
    "--help",
  ])("ballast %s > /dev/full", async (args) => {
    const { code, stderr } = await shell(`ballast ${args} > /dev/full`);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "ballast: could not write the output: no space left\n",
    });
  });

  test("behind --out: all files or none, the old ones stay", async () => {
    const place = join(folder.path, "small");
    mkdirSync(place);
    // 64 KiB hold two of the three files. A namespace of its own; where it is not allowed there is nothing to test.
    const inside = `mount -t tmpfs -o size=64k tmpfs "${place}" && echo old > "${place}/series.csv"`;
    const after = `echo "code $?"; ls -A "${place}"; cat "${place}/series.csv"`;
    const made = await run("unshare", ["-m", "true"]).catch(() => ({ code: 1 }));
    if (made.code !== 0) return;
    const command = `${inside} || exit 0; "${process.execPath}" "${cliMain()}" run ${SCENARIO} --quiet --out "${place}" >/dev/null; ${after}`;
    const { stdout, stderr } = await run("unshare", ["-m", "bash", "-c", command]);
    if (stdout === "") return;
    expect(stdout).toBe("code 2\nseries.csv\nold\n");
    expect(stderr).toBe(`--out ${place}: could not write there: no space left\n`);
  });
});

describe("a terminal", () => {
  const isThere = existsSync("/usr/bin/script");
  /** What a terminal of some width gets, both streams in one. */
  const onTerminal = async (
    columns: number,
    args: string,
    env: Record<string, string> = {},
  ): Promise<string> => {
    const log = join(folder.path, "typescript");
    writeFileSync(log, "");
    const command = `stty cols ${columns}; "${process.execPath}" "${cliMain()}" ${args}`;
    const { stdout } = await run("script", ["-qec", command, log], { env: { TERM: "xterm", ...env } });
    return stdout.replaceAll("\x1b", "␛");
  };

  test.skipIf(!isThere)("gets progress and colours, and is left clean", async () => {
    const text = await onTerminal(60, `run ${SCENARIO} --until 10h`);
    expect(text).toMatch(/\r␛\[K━*─* +\d+ %/);
    expect(text).toContain("␛[1m");
    const lines = text.split(/\r\n|\r␛\[K/);
    for (const line of lines) expect([...line.replace(/␛\[\d*m/g, "")].length, line).toBeLessThanOrEqual(60);
    // The progress line is wiped before the report.
    expect(text).toMatch(/\r␛\[K(␛\[1m)?ballast \d/);
  });

  test.skipIf(!isThere)("NO_COLOR, TERM=dumb and --quiet are honoured", async () => {
    expect(await onTerminal(80, `run ${SCENARIO} --quiet`, { NO_COLOR: "1" })).not.toContain("␛");
    expect(await onTerminal(80, `run ${SCENARIO} --quiet`, { TERM: "dumb" })).not.toContain("␛");
    expect(await onTerminal(80, `pages ${SCENARIO} --quiet`, { NO_COLOR: "1" })).not.toContain("␛");
  });

  test("a pipe gets neither, unless FORCE_COLOR says so", async () => {
    const plain = await ballast(["run", SCENARIO], { env: { CI: "true" } });
    expect(plain.stdout + plain.stderr).not.toContain("\x1b");
    expect((await ballast(["run", SCENARIO], { env: { FORCE_COLOR: "1" } })).stdout).toContain("\x1b[1m");
    expect(
      (await ballast(["run", SCENARIO], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } })).stdout,
    ).not.toContain("\x1b");
  });

  test.each([60, 80, 120, 200])("reports keep to %i columns", async (columns) => {
    const { stdout } = await ballast(["run", "examples/writers.yaml"], { env: { COLUMNS: `${columns}` } });
    const widest = Math.max(...stdout.split("\n").map((line) => [...line].length));
    expect(widest).toBeLessThanOrEqual(columns);
    if (columns <= 120) expect(widest).toBeGreaterThan(columns - 25);
  });
});
