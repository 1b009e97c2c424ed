// Goal: a run is the same in Node and in a browser, to the last bit of the state and the last byte of the result.
// Method: one file of cases runs here and, bundled, in headless Chromium; skipped where there is none.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumMissing, launchChromium, type Served, serve, watchFaults } from "../web/chromium.ts";
import { type Outcome, runCases } from "./browser-cases.ts";

const missing = chromiumMissing("Node against Chromium");

describe.skipIf(missing)("Node and Chromium", () => {
  const folder = mkdtempSync(join(tmpdir(), "ballast-browser-"));
  let browser: Browser;
  let served: Served;

  beforeAll(async () => {
    // The core looks for its module one folder above the file that loads it.
    mkdirSync(join(folder, "js"));
    copyFileSync("src/ballast.wasm", join(folder, "ballast.wasm"));
    await build({
      entryPoints: ["test/determinism/browser-cases.ts"],
      bundle: true,
      format: "esm",
      outfile: join(folder, "js/cases.js"),
    });
    writeFileSync(join(folder, "index.html"), "<!doctype html><title>cases</title>");
    served = await serve(folder);
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    served?.close();
    rmSync(folder, { recursive: true });
  });

  test("come to one state and one result", async () => {
    const page = await browser.newPage();
    const faults = watchFaults(page, served.origin);
    await page.goto(`${served.origin}/`);
    const inChromium = (await page.evaluate(
      "import('/js/cases.js').then(({ runCases }) => runCases())",
    )) as Outcome[];
    const inNode = await runCases();
    expect(inNode.length).toBeGreaterThan(5);
    expect(inChromium.map(({ name, stateHash }) => [name, stateHash])).toEqual(
      inNode.map(({ name, stateHash }) => [name, stateHash]),
    );
    for (const [row, { json }] of inNode.entries()) expect(inChromium[row]!.json).toBe(json);
    expect(new Set(inNode.map(({ stateHash }) => stateHash)).size).toBe(inNode.length);
    expect(faults).toEqual([]);
  });
});
