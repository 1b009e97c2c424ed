// Goal: a page reads traces and inventories as Node does, and says what package it lacks.
// Method: one file of cases, as bytes and blobs, here and, bundled, in headless Chromium; skipped where there is none.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumMissing, launchChromium, type Served, serve, watchFaults } from "../web/chromium.ts";
import { readCases } from "./browser-cases.ts";

const missing = chromiumMissing("readers of traces in a browser");

test("in Node: every case is read, but the broken one", async () => {
  const told = await readCases();
  expect(told["planetlab"]).toContain('"format":"planetlab"');
  expect(told["gzip"]).toBe(told["planetlab"]);
  expect(told["wide"]).toBe(told["planetlab"]);
  expect(told["broken"]).toContain("day.csv:2:");
  expect(Object.keys(told).filter((name) => /Error/.test(told[name]!))).toEqual(["broken"]);
});

describe.skipIf(missing)("in Chromium", () => {
  const folder = mkdtempSync(join(tmpdir(), "ballast-readers-"));
  let browser: Browser;
  let served: Served;
  let page: Page;
  let faults: string[];

  beforeAll(async () => {
    await build({
      entryPoints: ["test/demand/browser-page.ts"],
      bundle: true,
      format: "esm",
      outfile: join(folder, "page.js"),
      logLevel: "error",
    });
    writeFileSync(join(folder, "index.html"), "<!doctype html><title>readers</title>");
    served = await serve(folder);
    browser = await launchChromium();
    page = await browser.newPage();
    faults = watchFaults(page, served.origin);
    await page.goto(`${served.origin}/`);
  });
  afterAll(async () => {
    await browser?.close();
    served?.close();
    rmSync(folder, { recursive: true });
  });

  const told = (name: "cases" | "withoutPackages") =>
    page.evaluate(`import("/page.js").then((page) => page.${name}())`) as Promise<Record<string, string>>;

  test("the same tables and messages", async () => {
    expect(await told("cases")).toEqual(await readCases());
    expect(faults).toEqual([]);
  });

  test("a package that is not passed in is named", async () => {
    const { parquet, libvirt, planetlab } = await told("withoutPackages");
    expect(parquet).toContain("expected the package hyparquet");
    expect(libvirt).toContain("expected the package fast-xml-parser");
    expect(planetlab).toContain('"format":"planetlab"');
  });
});
