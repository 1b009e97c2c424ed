// Goal: rules of the house that a reader can check with a search: numbers, globals, asserts, names, words.
// Method: that search.

import { describe, expect, test } from "vitest";
import { CPU_POLICIES } from "../../src/policy/cpu/names.ts";
import { MEMORY_POLICIES } from "../../src/policy/memory/names.ts";
import { cpuPolicyNames, memoryPolicyNames } from "../../src/scenario/index.ts";
import { VERSION } from "../../src/version.ts";
import { filesIn, read, withoutComments } from "./files.ts";

/** Lines of code that match, as `file:line`. */
function search(
  files: readonly string[],
  pattern: RegExp,
  text = (file: string) => withoutComments(read(file)),
): string[] {
  return files.flatMap((file) =>
    text(file)
      .split("\n")
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
  );
}

const src = filesIn("src", [".ts", ".js"]);
const assembly = filesIn("assembly", [".ts"]);

describe("numbers", () => {
  const INEXACT =
    /\b(?:Math|Mathf|NativeMath|NativeMathf)\s*\.\s*(?:exp|expm1|log|log2|log10|log1p|pow|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|asinh|acosh|atanh|cbrt|hypot|random)\b/;

  test("no function of Math that engines may round differently, but in src/number", () => {
    const outside = [...src, ...assembly].filter((file) => !file.startsWith("src/number/"));
    expect(search(outside, INEXACT)).toEqual([]);
    expect("Math.log2(events)").toMatch(INEXACT);
    expect("Math.sqrt(x) + Math.min(1, 2)").not.toMatch(INEXACT);
  });

  test("what is simulated raises nothing but 2 and 10 to powers", () => {
    const rooms = src.filter((file) => /^src\/(?:core|sim|policy)\//.test(file));
    expect(search(rooms, /\*\*/).filter((line) => !/\b(?:2|10) \*\* /.test(line))).toEqual([]);
  });

  test("no relaxed SIMD, no floats in page-resolution rooms but at the door, in recounts, the solver and who asks it", () => {
    expect(search(assembly, /relaxed/)).toEqual([]);
    const rooms = assembly.filter(
      (file) =>
        !/\/(?:world|advance|ring|recount|entitle(?:ment)?|cosine|control|account|power|door)\.ts$/.test(
          file,
        ),
    );
    expect(search(rooms, /\bf(?:64|32)\b/)).toEqual([]);
  });

  test("no wall clock and no chance of the engine's in what is simulated", () => {
    const rooms = src.filter((file) => /^src\/(?:core|scenario|policy|number)\//.test(file));
    expect(
      search(rooms, /\b(?:Date\.now|new Date|performance\.now|Math\.random|crypto\.getRandomValues)\b/),
    ).toEqual([]);
  });
});

describe("the core", () => {
  test("no mutable globals outside assembly/layout.ts and events.ts, which follow from the header", () => {
    const others = assembly.filter((file) => file !== "assembly/events.ts");
    expect(search(others, /^(?:export )?(?:let|var)\b/)).toEqual([]);
  });

  test("asserts stay on: no noAssert, in any target", () => {
    expect(read("asconfig.json")).not.toMatch(/noAssert/i);
    expect(read("scripts/build.mjs")).not.toMatch(/noAssert/i);
  });

  test("no allocation after boot: no new, array literals, strings or closures", () => {
    expect(
      search(assembly, /\bnew [A-Z]|\bString\b|\bStaticArray\b|\bArray<|=> \{|["'`]/).filter(
        (line) => !/(?:from|import) /.test(line),
      ),
    ).toEqual([]);
  });

  test("WebAssembly is said in src/core; others say its types", () => {
    const outside = src.filter((file) => !file.startsWith("src/core/"));
    const types = /(?:[:<|,] ?|as )WebAssembly\.(?:Module|Memory|Instance)\b(?!\()/g;
    const withoutTypes = (file: string): string => withoutComments(read(file)).replace(types, "");
    expect(search(outside, /\bWebAssembly\b/, withoutTypes)).toEqual([]);
  });
});

describe("names", () => {
  test("VERSION is package.json's", () => {
    expect(VERSION).toBe((JSON.parse(read("package.json")) as { version: string }).version);
  });

  test("memory policies are those that scenarios may name", () => {
    expect([...memoryPolicyNames].sort()).toEqual(Object.keys(MEMORY_POLICIES).sort());
    for (const [name, make] of Object.entries(MEMORY_POLICIES)) expect(make().name).toBe(name);
  });

  test("CPU policies are those that scenarios may name", () => {
    expect([...cpuPolicyNames].sort()).toEqual(Object.keys(CPU_POLICIES).sort());
    for (const [name, make] of Object.entries(CPU_POLICIES)) expect(make().name).toBe(name);
  });

  test("files are kebab-case nouns", () => {
    const files = [...src, ...assembly, ...filesIn("test", [".ts"]), ...filesIn("bench", [".ts"])];
    const named = files.filter(
      (file) => !/^[a-z0-9-]+(?:\.(?:test|bench))?\.(?:ts|js)$/.test(file.split("/").at(-1)!),
    );
    expect(named).toEqual([]);
  });
});

test("no words of unfinished work", () => {
  const files = [
    ...src,
    ...assembly,
    ...filesIn("layout", [".ts"]),
    ...filesIn("bench", [".ts", ".c", ".h"]),
    ...filesIn("test", [".ts"]),
    ...filesIn("web", [".ts", ".html", ".css"]),
    ...filesIn("docs", [".md"]),
    ...filesIn("scripts", [".mjs"]),
  ].filter((file) => file !== "test/house/rules.test.ts");
  const unfinished = search(files, /\b(?:TODO|FIXME|XXX|HACK|TBD)\b|\bnot (?:yet )?implemented\b/i, read);
  expect(unfinished).toEqual([]);
  // asconfig names its runtime so; nothing else may.
  expect(search(files, /\bstub(?:s|bed)?\b/i, read).filter((line) => !/runtime/.test(line))).toEqual([]);
});

test("every file opens with what it is", () => {
  const files = [...src, ...assembly].filter(
    (file) => !/^\s*(?:\/\/\/[^\n]*\n)*(?:#![^\n]*\n)?\s*\/\*\*/.test(read(file)),
  );
  expect(files).toEqual([]);
});
