// Goal: `ballast reproduce --out` leaves a page with figures and their points, and nothing where it cannot write.
// Method: the built command line, the quickest experiment.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ballast, cliFolder } from "../support/cli.ts";

const folder = cliFolder();
afterAll(folder.remove);

test("--out: a page that loads nothing, and the points of its figures; --json prints rows without them", async () => {
  const out = join(folder.path, "figures");
  const { code, stdout } = await ballast(["reproduce", "esx02-fig4", "--json", "--out", out]);
  expect(code).toBe(0);
  expect(readdirSync(out).sort()).toEqual(["report.html", "reproduce.json"]);

  const printed = JSON.parse(stdout);
  expect(Object.keys(printed)).toEqual(["id", "title", "source", "rows", "ablations"]);
  expect(printed.ablations).toMatchObject([{ what: "without page sharing", fails: true }]);

  const [kept] = JSON.parse(readFileSync(join(out, "reproduce.json"), "utf8"));
  expect(kept).toMatchObject(printed);
  expect(kept.plots[0].lines[0].points).toHaveLength(10);

  const page = readFileSync(join(out, "report.html"), "utf8");
  expect(page).toContain("default-src &#39;none&#39;");
  expect(page).not.toContain("<script");
  expect(page.match(/<svg viewBox="0 0 640/g)).toHaveLength(1);
});

test("--out where nothing can be written: refused before anything runs", async () => {
  const file = join(folder.path, "a-file");
  writeFileSync(file, "");
  const begun = performance.now();
  const { code, stdout, stderr } = await ballast(["reproduce", "--out", join(file, "below")]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain("expected a folder to write to");
  expect(performance.now() - begun).toBeLessThan(20_000);
});
