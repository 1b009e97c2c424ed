// Goal: what the README says runs, what the docs link to exists, every example is golden.
// Method: fenced blocks run, links resolved, names looked for.

import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, test } from "vitest";
import { filesIn, has, ROOT, read } from "./files.ts";

const pages = ["README.md", "CHANGELOG.md", ...filesIn("docs", [".md"]), ...filesIn("bench", [".md"])].filter(
  has,
);

/** Headings as the anchors that readers link to. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[`*]/g, "")
        .replace(/[^\p{L}\p{N}\- ]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

/** Links of a page that lead nowhere. */
function brokenLinks(page: string): string[] {
  const text = read(page)
    .replace(/```[\s\S]*?```/g, "")
    .replace(/`[^`\n]*`/g, "");
  return [...text.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)]
    .map(([, link]) => link!)
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [path, anchor] = link.split("#") as [string, string | undefined];
      const target = path === "" ? page : posix.normalize(posix.join(posix.dirname(page), path));
      if (!has(target)) return true;
      return anchor !== undefined && target.endsWith(".md") && !anchorsOf(read(target)).has(anchor);
    })
    .map((link) => `${page}: ${link}`);
}

test("every link of the docs resolves", () => {
  expect(pages.length).toBeGreaterThan(5);
  expect(pages.flatMap(brokenLinks)).toEqual([]);
});

describe.runIf(has("README.md"))("README blocks", () => {
  const blocks = has("README.md")
    ? [
        ...read("README.md").matchAll(/```(ts|sh) run\n([\s\S]*?)```(?:\n\n```text output\n([\s\S]*?)```)?/g),
      ].map(([, kind, text, output], index) => ({
        title: `${index + 1}: ${text!.trim().split("\n")[0]}`,
        kind: kind!,
        text: text!,
        output,
      }))
    : [];
  test.each(blocks)("$title", ({ kind, text, output }) => {
    // As in a checkout after `npm ci`: shell in the root, code beside a package named ballast.
    const file = join(ROOT, "test", `.readme-${process.pid}.mts`);
    const isShell = kind === "sh";
    if (!isShell) writeFileSync(file, text.replaceAll('"ballast"', '"../src/index.ts"'));
    const [command, ...args] = isShell
      ? ["sh", "-euc", text]
      : [process.execPath, join(ROOT, "scripts/strip.mjs"), file];
    const { status, stderr, stdout } = spawnSync(command!, args, {
      cwd: ROOT,
      encoding: "utf8",
      timeout: 100_000,
    });
    rmSync(file, { force: true });
    expect(status, `${stdout}\n${stderr}`).toBe(0);
    // What is printed below a block is what it prints.
    if (output !== undefined) expect(stdout).toBe(output);
  });
});

test("every example is covered by a golden test", () => {
  const examples = filesIn("examples", [".yaml", ".yml", ".json", ".ts", ".js", ".mjs"]);
  const tests = filesIn("test", [".test.ts"]).filter((file) => !file.startsWith("test/house/"));
  const text = tests.map(read).join("\n");
  // A test that reads the whole folder covers all of it; else the example's name has to be said.
  const readsFolder = /readdir(?:Sync)?\([^)]*examples/.test(text);
  const uncovered = examples.filter(
    (file) => !readsFolder && !text.includes(posix.basename(file).replace(/\.\w+$/, "")),
  );
  expect(uncovered).toEqual([]);
});
