// Goal: what is generated is what its source says, and the layout is sound.
// Method: generate again and compare.

import { expect, test } from "vitest";
import { layoutVersion, staleFiles } from "../../layout/emit.ts";
import { COLUMNS, SPACES } from "../../layout/schema.ts";
import { LAYOUT_VERSION, COLUMNS as VIEWS } from "../../src/core/layout.ts";

test("assembly/layout.ts, src/core/layout.ts and docs/layout.md are fresh", () => {
  expect(staleFiles()).toEqual([]);
  expect(LAYOUT_VERSION).toBe(layoutVersion());
});

test("columns: one name each, named after their space, in a space that exists", () => {
  const names = COLUMNS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const spaces = new Set(SPACES.map(({ name }) => name));
  for (const { name, space } of COLUMNS) {
    expect(spaces).toContain(space);
    expect(name.toLowerCase().startsWith(space.toLowerCase().replace(/word$/, "")), name).toBe(true);
  }
  expect(VIEWS.map(({ name }) => name)).toEqual(names);
});

test("what policies write is seen by TypeScript as plain numbers", () => {
  const targets = COLUMNS.filter(({ writer }) => writer === "policy");
  expect(
    targets.map(({ element }) => element).filter((element) => element === "u64" || element === "page"),
  ).toEqual([]);
  expect(targets.length).toBeGreaterThan(0);
});
