// Goal: a scenario file is read, and one that cannot be read is told cleanly.
// Method: real files, a directory, a device, a pipe, in a folder of their own.
import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadScenario } from "../../src/sim/load-scenario.ts";

const folder = mkdtempSync(join(tmpdir(), "ballast-scenario-"));
afterAll(() => rmSync(folder, { recursive: true }));

const good =
  "ballast: 1\nhosts: [{ name: h, memory: 8GiB }]\nvms: [{ name: a, memory: 1GiB, image: { file: a.core } }]\n";

function fileOf(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test("images are relative to the file, the name is the file's", async () => {
  const scenario = await loadScenario(fileOf("good.yaml", good), { seed: 5, set: ["vms.a.memory=2GiB"] });
  expect(scenario).toMatchObject({ name: "good", seed: 5 });
  expect(scenario.vms[0]).toMatchObject({ memoryPages: 524_288, image: { path: join(folder, "a.core") } });
});

test("a byte order mark and Windows line ends are no faults", async () => {
  await loadScenario(fileOf("mark.yaml", `\uFEFF${good.replaceAll("\n", "\r\n")}`));
  await loadScenario(
    fileOf(
      "mark.json",
      '\uFEFF{"ballast":1,"hosts":[{"name":"h","memory":"1GiB"}],"vms":[{"name":"a","memory":"1GiB"}]}',
    ),
  );
});

test.each([
  ["nothing there", () => join(folder, "none.yaml"), "no such file"],
  ["a file as folder", () => join(fileOf("file", good), "none.yaml"), "no such file"],
  ["a directory", () => folder, "a directory"],
  ["a device", () => "/dev/null", "a device"],
  [
    "a pipe",
    () => {
      execFileSync("mkfifo", [join(folder, "pipe")]);
      return join(folder, "pipe");
    },
    "a pipe",
  ],
  [
    "too large",
    () => {
      truncateSync(fileOf("large.yaml", ""), 65 << 20);
      return join(folder, "large.yaml");
    },
    "65 MiB; 64 MiB are the most",
  ],
  ["not UTF-8", () => fileOf("latin.yaml", Uint8Array.of(0x61, 0xff, 0xfe)), "bytes that are no UTF-8 text"],
])("%s", async (_what, make, got) => {
  const path = make();
  await expect(loadScenario(path)).rejects.toMatchObject({
    name: "ScenarioError",
    message: `scenario ${path} is not valid (1 fault)\n  ${path}  (file)  expected a scenario file, got ${got}`,
  });
});

test("an empty file is a scenario without anything", async () => {
  await expect(loadScenario(fileOf("empty.yaml", ""))).rejects.toThrow("got an empty file");
});

test("nothing in the room imports Node", () => {
  const room = new URL("../../src/scenario/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(room)) {
    expect(readFileSync(new URL(file, room), "utf8"), file).not.toMatch(/from "node:|require\(/);
  }
});
