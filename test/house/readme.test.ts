// Goal: nobody types a measured number into the README.
// Method: it is what bench/readme.ts makes of bench/results.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { freshReadme } from "../../bench/readme.ts";

test("README.md has the numbers of bench/results (npm run bench:readme)", () => {
  expect(readFileSync("README.md", "utf8")).toBe(freshReadme());
});
