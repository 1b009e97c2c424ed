// Goal: the verb keeps the contract: JSON alone on stdout, a report for people, standard input, exit codes.
// Method: the command line, built, in a process of its own.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { ballast, cliFolder, cliMain } from "../support/cli.ts";

const folder = cliFolder();
afterAll(folder.remove);

const BELADY = "123412512345";
const text = [...BELADY].map((page) => `0000${page}${page === "1" ? "W" : "R"}\n`).join("");
const path = join(folder.path, "belady.gz");
writeFileSync(path, gzipSync(text));

/** Feeds `input` to the verb; without `ends` the pipe stays open. */
function feed(args: readonly string[], input: string, { ends = true, interruptAfterMs = 0 } = {}) {
  const child = spawn(process.execPath, [cliMain(), "faults", ...args], { stdio: "pipe" });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (part) => (stdout += part));
  child.stderr.on("data", (part) => (stderr += part));
  child.stdin.on("error", () => {});
  child.stdin.write(input);
  if (ends) child.stdin.end();
  if (interruptAfterMs > 0) setTimeout(() => child.kill("SIGINT"), interruptAfterMs);
  const limit = setTimeout(() => child.kill("SIGKILL"), 20_000);
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on("close", (code) => {
      clearTimeout(limit);
      resolve({ code, stdout, stderr });
    });
  });
}

test("prints one JSON document on stdout, nothing on stderr", async () => {
  const { code, stdout, stderr } = await ballast([
    "faults",
    path,
    "--frames",
    "3,4",
    "--policy",
    "FIFO, opt",
    "--json",
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(JSON.parse(stdout)).toMatchObject({
    trace: {
      file: path,
      format: "packed",
      compression: "gzip",
      references: 12,
      reads: 9,
      writes: 3,
      distinct: 5,
    },
    results: [
      { policy: "fifo", frames: 3, faults: 9, writeBacks: 2 },
      { policy: "fifo", frames: 4, faults: 10, writeBacks: 2 },
      { policy: "opt", frames: 3, faults: 7, writeBacks: 1 },
      { policy: "opt", frames: 4, faults: 6, writeBacks: 1 },
    ],
    warnings: [],
  });
  expect(stdout.endsWith("}\n")).toBe(true);
});

test("without options: the usual policies and frames", async () => {
  const { stdout } = await ballast(["faults", path, "--json"]);
  const { results } = JSON.parse(stdout);
  expect([...new Set(results.map((row: { policy: string }) => row.policy))]).toEqual([
    "lru",
    "fifo",
    "clock",
    "opt",
  ]);
  expect(results.length).toBe(16);
});

test("a report without colours into a pipe, which tells Belady's anomaly; help with an example", async () => {
  const { stdout, stderr } = await ballast(["faults", path, "--policy", "all"]);
  expect(stderr).toBe("");
  expect(stdout).toContain("12 references to 5 pages (20 KiB): 9 reads, 3 writes (25 %)");
  expect(stdout).toContain(
    "fifo faults more with more frames: 10 with 4 frames, 9 with 3 (Belady's anomaly).",
  );
  expect(stdout).not.toContain("\x1b");
  expect((await ballast(["faults", "--help"])).stdout).toMatch(
    /\$ ballast faults program\.trace\.gz --frames/,
  );
});

test("standard input, plain and told what it is", async () => {
  const { code, stdout } = await feed(["-", "--json", "--frames", "3", "--policy", "lru"], text);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    trace: { file: "standard input", compression: "none", references: 12 },
    results: [{ policy: "lru", frames: 3, faults: 10 }],
  });
});

test("a bad line ends it at once, whoever holds the pipe open", async () => {
  const ended = await feed(["-"], "1000 R\noops\n", { ends: false });
  expect(ended).toMatchObject({ code: 2, stdout: "" });
  expect(ended.stderr).toBe(
    'standard input:2: expected a hex byte address and R or W, such as 41f7a0 W, got "oops"\n',
  );
});

test("lenient: what was left out stands in the notes, the report and the JSON", async () => {
  const bad = `${text}oops\n`;
  const { code, stderr, stdout } = await feed(["-", "--lenient", "--frames", "3"], bad);
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'note: standard input:13: left out "oops"\n' });
  expect(stdout).toContain("1 bad line left out");
  const quiet = await feed(["-", "--lenient", "--quiet", "--json", "--frames", "3"], bad);
  expect(quiet.stderr).toBe("");
  expect(JSON.parse(quiet.stdout)).toMatchObject({
    trace: { skippedLines: 1 },
    warnings: ['standard input:13: left out "oops"'],
  });
});

test("SIGINT while a pipe gives nothing: exit 130, nothing on stdout", async () => {
  const ended = await feed(["-"], "1000 R\n", { ends: false, interruptAfterMs: 1500 });
  expect(ended).toMatchObject({ code: 130, stdout: "" });
});
