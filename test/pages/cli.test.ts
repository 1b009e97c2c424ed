// Goal: the verb keeps the contract: JSON alone on stdout, exit 2 and one line for bad input, 130 when interrupted.
// Method: the command line from its sources, in a process of its own.
import { spawn } from "node:child_process";
import { truncateSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { imageFolder, pagesOf } from "../support/images.ts";

const folder = imageFolder();
afterAll(folder.remove);
const root = new URL("../../", import.meta.url);

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function ballast(args: readonly string[], interruptAfterMs?: number): Promise<Ended> {
  const child = spawn(process.execPath, ["scripts/strip.mjs", "src/cli/main.ts", ...args], { cwd: root });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (text) => (stdout += text));
  child.stderr.on("data", (text) => (stderr += text));
  if (interruptAfterMs !== undefined) setTimeout(() => child.kill("SIGINT"), interruptAfterMs);
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
}

test("prints one JSON document on stdout, notes on stderr", async () => {
  const path = folder.put("image", pagesOf(0, 1, 1).subarray(0, 9000));
  const { code, stdout, stderr } = await ballast(["pages", path, "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ pageSize: 4096, files: [{ file: path, pages: 3 }] });
  expect(stderr).toBe(
    `note: ${path}: 9000 bytes are no multiple of 4096: the last page has 808 bytes and is padded with zeros\n`,
  );
});

test("prints a report without colours into a pipe, help with an example", async () => {
  const path = folder.put("image", pagesOf(0, 0, 1));
  const { stdout, stderr } = await ballast(["pages", path, path, "--quiet"]);
  expect(stdout).toMatch(/Sharing saves 16 KiB of 24 KiB \(66.7 %\): 8 KiB would hold it all/);
  expect(stdout).not.toContain("\x1b");
  expect(stderr).toBe("");
  const text = folder.put("text", new TextEncoder().encode("swap ".repeat(2000)));
  const compressed = await ballast(["pages", text, "--quiet", "--compress", "--json"]);
  expect(JSON.parse(compressed.stdout).total).toMatchObject({ pages: 3, compressed: { quarterPages: 3 } });
  expect((await ballast(["pages", "--help"])).stdout).toMatch(/\$ ballast pages \/tmp/);
});

test("bad input: exit 2, one line with the path, no stack trace, nothing on stdout", async () => {
  const path = join(folder.path, "absent");
  const { code, stdout, stderr } = await ballast(["pages", "--json", path]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toBe(`${path}: expected a file or directory, got no such file\n`);
});

test("SIGINT: exit 130, nothing on stdout", async () => {
  const path = folder.put("large", new Uint8Array(1));
  truncateSync(path, 2 ** 40);
  const { code, stdout } = await ballast(["pages", "--json", path], 1500);
  expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
});
