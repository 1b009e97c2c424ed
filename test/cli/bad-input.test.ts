// Goal: whatever a user gets wrong, one clear message and exit code 2; never a stack trace, a hang or half a folder.
// Method: one table; each row is a command in a folder of bad files, in a process of its own.
import { chmodSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ballast, cliFolder, cliMain, run } from "../support/cli.ts";
import {
  BadFiles,
  faultsRows,
  imageRows,
  optionRows,
  packedRows,
  pagesRows,
  type Row,
  scenarioRows,
} from "./bad-input-rows.ts";
import { policyRows } from "./bad-policy-rows.ts";

const folder = cliFolder();
const files = new BadFiles(folder.path);
afterAll(() => {
  files.close();
  folder.remove();
});
chmodSync(folder.path, 0o755);
cliMain();

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const rows: Row[] = [
  ...scenarioRows(files),
  ...imageRows(files),
  ...packedRows(files),
  ...pagesRows(files),
  ...faultsRows(files),
  ...optionRows(),
  ...policyRows(files),
];

describe("bad input", () => {
  test.concurrent.each(rows.map((row) => [row.what, row] as const))("%s", async (what, row) => {
    const out = `out-${rows.indexOf(row)}`;
    const takesOut =
      row.asNobody !== true && row.args[0] === "run" && !row.args.some((arg) => arg.startsWith("--out"));
    const { code, stdout, stderr } = await ballast([...row.args, ...(takesOut ? ["--out", out] : [])], {
      cwd: folder.path,
      ...(row.asNobody && isRoot ? { uid: NOBODY } : {}),
    });
    expect({ what, code, stdout, stderr }).toMatchObject({ code: 2, stdout: "" });
    for (const text of row.says) expect(stderr).toMatch(text);
    expect(stderr).not.toMatch(/^\s+at |node:internal|\[object|undefined/m);
    expect(stderr).not.toMatch(/(?!\n)\p{Cc}/u);
    expect(stderr.endsWith("\n")).toBe(true);
    expect(stderr.length).toBeLessThan(2000);
    expect(existsSync(join(folder.path, out))).toBe(false);
  });

  test("leaves no file half-done", () => {
    expect(readdirSync(folder.path).filter((name) => /\.part$|probe/.test(name))).toEqual([]);
  });
});

test("a size that is no multiple of 4 KiB is taken, and said so", async () => {
  files.put("odd.img", new Uint8Array(5000));
  const image = "image: { file: odd.img }";
  files.put(
    "odd.yaml",
    `ballast: 1\nhosts: [{ name: h, memory: 64MiB }]\nvms: [{ name: a, memory: 4MiB, ${image} }]\n`,
  );
  const { code, stderr } = await ballast(["run", "odd.yaml", "--json"], { cwd: folder.path });
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringMatching(/^note: .*odd\.img: 5000 bytes are no multiple of 4096.*\n$/),
  });
  expect((await ballast(["run", "odd.yaml", "--quiet"], { cwd: folder.path })).stderr).toBe("");
});

test("control characters in an argument do not reach the terminal", async () => {
  const { code, stderr } = await ballast(["run", "a\x1b[2J\nb.yaml"], { cwd: folder.path });
  expect({ code, hasEscape: stderr.includes("\x1b") }).toEqual({ code: 2, hasEscape: false });
});

test("an endless decide ends", async () => {
  const text = 'export default { name: "mine", decide() { for (;;); } };';
  files.put("endless.ts", text);
  const args = ["run", "good.yaml", "--policy", "memory=./endless.ts"];
  const { code, stderr } = await ballast(args, { cwd: folder.path, timeoutMs: 50_000 });
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("come to an end") });
});

test("a machine with too little memory is told apart from a bug", async () => {
  files.put(
    "wide.yaml",
    "ballast: 1\nhosts: [{ name: h, memory: 600GiB }]\nvms: [{ name: a, count: 5, memory: 100GiB, image: { zero: 100% } }]\n",
  );
  const command = `ulimit -v 12000000; exec "${process.execPath}" "${cliMain()}" run wide.yaml --until 1s`;
  const { code, stdout, stderr } = await run("bash", ["-c", command], { cwd: folder.path });
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/^not enough memory on this machine .*reduce the scenario/);
});
