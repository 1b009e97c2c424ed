// Goal: small files, small functions.
// Method: lines counted; functions found by the indentation that the formatters keep.

import { expect, test } from "vitest";
import { filesIn, read } from "./files.ts";

const FILE_LINES = 400;
const FUNCTION_LINES = 60;
/** Tables, not code: data that reads best in one place. */
const TABLES: Readonly<Record<string, string>> = {
  "test/cli/bad-input-rows.ts": "rows of bad input, a row a fault",
  "test/support/results.ts": "results written out for the report's tests",
};

const code = ["src", "assembly", "layout", "bench", "test", "web", "examples", "scripts"].flatMap((folder) =>
  filesIn(folder, [".ts", ".js", ".mjs"]),
);

test(`files have at most ${FILE_LINES} lines`, () => {
  expect(code.length).toBeGreaterThan(100);
  const long = code.filter(
    (file) => TABLES[file] === undefined && read(file).split("\n").length - 1 > FILE_LINES,
  );
  // The layout is one table of columns.
  expect(long.filter((file) => file !== "layout/schema.ts")).toEqual([]);
});

const OPENS =
  /^(\s*)(?:export |default |static |private |public |readonly |override |get |set )*(?:async )?(?:function\b|(?:const|let) [\w$]+(?::[^=]+)? = (?:async )?(?:\([^)]*\)|[\w$]+)(?::[^=]+)? =>|[*#]?[\w$]+\([^;]*\)(?::[^{]+)? \{$)/;

/** Functions of a file that are longer than the ceiling. */
function longFunctions(text: string, most: number): string[] {
  const lines = text.split("\n");
  const found: string[] = [];
  for (const [at, line] of lines.entries()) {
    const opens = OPENS.exec(line);
    if (
      opens === null ||
      !/[{(]$/.test(line) ||
      /^\s*(?:if|for|while|switch|return|test|describe|it|catch)\b/.test(line)
    )
      continue;
    const end = lines.findIndex(
      (other, index) =>
        index > at &&
        new RegExp(`^${opens[1]}[})]`).test(other) &&
        !/^\s*\)(?::.*)? \{$|^\s*\}\): /.test(other),
    );
    if (end > 0 && end - at + 1 > most) found.push(`line ${at + 1}: ${end - at + 1} lines`);
  }
  return found;
}

test(`functions have at most ${FUNCTION_LINES} lines`, () => {
  const long = code.flatMap((file) =>
    TABLES[file] === undefined
      ? longFunctions(read(file), FUNCTION_LINES).map((where) => `${file} ${where}`)
      : [],
  );
  expect(long).toEqual([]);
});

test("this test sees a long function, method and arrow", () => {
  const body = "    work();\n".repeat(61);
  expect(longFunctions(`function a() {\n${body}}\n`, 60).length).toBe(1);
  expect(longFunctions(`class A {\n  async b(x: number): Promise<void> {\n${body}  }\n}\n`, 60).length).toBe(
    1,
  );
  expect(longFunctions(`const c = (x: number): void => {\n${body}};\n`, 60).length).toBe(1);
  expect(longFunctions(`function a() {\n${"    work();\n".repeat(58)}}\n`, 60)).toEqual([]);
});
