// Goal: the report works from file:// in a real browser, narrow and wide, light and dark, with names that try to run.
// Method: headless Chromium; skipped where there is none.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { uplotScript, uplotStyle } from "../../src/generated/uplot.ts";
import { reportHtml } from "../../src/report/html.ts";
import type { Result } from "../../src/report/result.ts";
import { cpuLargeResult, cpuNastyResult, cpuResult } from "../support/cpu-results.ts";
import { memoryAndCpuResult, memoryNastyResult, memoryResult } from "../support/memory-results.ts";
import { largeResult, nastyResult, resultOf, smallResult } from "../support/results.ts";

const executablePath = "/usr/bin/chromium";
const missing = !existsSync(executablePath);
if (missing) console.warn(`skipped: the report in a browser (no ${executablePath})`);
const args =
  "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";

const folder = mkdtempSync(join(tmpdir(), "ballast-report-"));
let browser: Browser;

beforeAll(async () => {
  if (!missing) browser = await chromium.launch({ executablePath, args: args.split(" ") });
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

interface Opened {
  readonly page: Page;
  /** Errors, dialogs and requests: all that there must be none of. */
  readonly faults: string[];
}

async function open(result: Result, width: number, colorScheme: "light" | "dark"): Promise<Opened> {
  const file = join(folder, "report.html");
  writeFileSync(file, reportHtml(result, { uplotScript, uplotStyle }));
  const address = pathToFileURL(file).href;
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("console", (message) => faults.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (request.url() !== address && !request.url().startsWith("data:"))
      faults.push(`request: ${request.url()}`);
  });
  await page.goto(address);
  await page.waitForTimeout(100);
  return { page, faults };
}

/** Pixels of each canvas that are not blank. */
function inkOfPlots(page: Page): Promise<number[]> {
  return page.$$eval("canvas", (canvases) =>
    canvases.map((canvas) => {
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      let ink = 0;
      for (let i = 3; i < data.length; i += 4) if (data[i]! > 0) ink += 1;
      return ink;
    }),
  );
}

const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

describe.skipIf(missing)("report.html", () => {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [400, 800, 1600]) {
      test(`names that try to run, ${width} px, ${colorScheme}`, async () => {
        const { page, faults } = await open(nastyResult(), width, colorScheme);
        expect(await overflow(page)).toBeLessThanOrEqual(0);
        const ink = await inkOfPlots(page);
        expect(ink.length).toBe(4);
        for (const pixels of ink) expect(pixels).toBeGreaterThan(500);
        expect(await page.evaluate(() => "hacked" in window)).toBe(false);
        expect(await page.locator("img").count()).toBe(0);
        expect(faults).toEqual([]);
        await page.context().close();
      });
    }
  }

  for (const [name, make, plots] of [
    ["every state and condition, memory too", cpuResult, 9],
    ["two hundred VMs, no memory", cpuLargeResult, 3],
    ["names that try to run", cpuNastyResult, 3],
  ] as const) {
    test(`processors: ${name}`, async () => {
      for (const width of [400, 1300]) {
        const { page, faults } = await open(make(), width, width === 400 ? "dark" : "light");
        expect(await overflow(page)).toBeLessThanOrEqual(0);
        const ink = await inkOfPlots(page);
        expect(ink.length).toBe(plots);
        for (const pixels of ink) expect(pixels).toBeGreaterThan(500);
        expect(await page.locator("figure:visible").count()).toBe(plots);
        expect(faults).toEqual([]);
        await page.context().close();
      }
    });
  }

  for (const [name, make, plots] of [
    ["an hour of five servers", memoryResult, 11],
    ["of guests that compute", memoryAndCpuResult, 14],
    ["names that try to run", memoryNastyResult, 13],
  ] as const) {
    test(`memory: ${name}`, async () => {
      for (const width of [400, 1300]) {
        const { page, faults } = await open(make(), width, width === 400 ? "dark" : "light");
        expect(await overflow(page)).toBeLessThanOrEqual(0);
        const ink = await inkOfPlots(page);
        expect(ink.length).toBe(plots);
        for (const pixels of ink) expect(pixels).toBeGreaterThan(500);
        expect(await page.locator("figure:visible").count()).toBe(plots);
        expect(await page.evaluate(() => "hacked" in window)).toBe(false);
        expect(faults).toEqual([]);
        await page.context().close();
      }
    });
  }

  test("states are shaded where they were, and nowhere else", async () => {
    const { page, faults } = await open(memoryResult(), 1300, "light");
    const figure = page.locator("figure", { hasText: "Free memory of h1" });
    expect(await figure.locator("figcaption").textContent()).toContain("shaded where soft, hard, low");
    /* Opacity of the plot's canvas at parts of the hour, a little below its top. */
    const shades = await figure.locator("canvas").evaluate((canvas: HTMLCanvasElement) => {
      const box = canvas.parentElement!.querySelector(".u-over")!.getBoundingClientRect();
      const left = box.left - canvas.getBoundingClientRect().left;
      const row = canvas.getContext("2d")!.getImageData(0, 16 * devicePixelRatio, canvas.width, 1).data;
      const at = (part: number): number =>
        row[4 * Math.round((left + part * box.width) * devicePixelRatio) + 3]!;
      return [0.025, 0.05, 0.11, 0.41, 0.74, 0.92].map(at);
    });
    const [low, hard, soft, high, again, after] = shades;
    expect(low!).toBeGreaterThan(hard!);
    expect(hard!).toBeGreaterThan(soft!);
    expect(soft!).toBeGreaterThan(30);
    expect([high, again, after]).toEqual([0, soft, 0]);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("a host's plots are its own; a VM's say its size", async () => {
    const { page, faults } = await open(memoryNastyResult(), 1300, "light");
    await page.getByLabel("Host", { exact: true }).selectOption("c");
    const titles = await page.locator("figure:visible figcaption").allTextContents();
    expect(titles.slice(4, 7)).toEqual(["Free memory of c, MiB", "Taken from VMs, MiB", expect.anything()]);
    expect(titles.filter((title) => / of 128 MiB/.test(title)).length).toBe(4);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("percentages sort as numbers, and a plot of parts says percent", async () => {
    const { page, faults } = await open(cpuResult(), 1300, "light");
    await page.locator("#cpu-vms").getByRole("button", { name: "%RDY" }).click();
    const names = await page.locator("#cpu-vms tbody th").allTextContents();
    expect(names).toEqual(["batch", "parked", "web-2", "solver", "db", "web-1", "cron"]);
    const plot = page.locator("figure", { hasText: "Ready by VM" }).locator(".plot");
    expect(await plot.getAttribute("aria-label")).toMatch(/At the end: parked [\d.]+ %, batch [\d.]+ %/);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("the theme button overrides the system", async () => {
    const { page } = await open(smallResult(), 800, "light");
    const paper = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await paper();
    const button = page.getByRole("button", { name: "Theme: auto" });
    await button.click();
    expect(await paper()).toBe(light);
    await page.getByRole("button", { name: "Theme: light" }).press("Enter");
    expect(await paper()).not.toBe(light);
    await page.emulateMedia({ media: "print" });
    expect(await paper()).toBe(light);
    await page.context().close();
  });

  test("titles sort, the filter filters, the host can be chosen", async () => {
    const { page, faults } = await open(largeResult(20), 1200, "light");
    const first = (): Promise<string | null> =>
      page.locator("#vms tbody tr:visible th").first().textContent();
    expect(await first()).toBe("web-1");
    await page.locator("#vms").getByRole("button", { name: "size" }).click();
    expect(await first()).toBe("db-1");
    await page.locator("#vms").getByRole("button", { name: "vm", exact: true }).press("Enter");
    expect(await first()).toBe("batch-1");
    await page.getByLabel("Filter VMs").fill("WEB-32");
    expect(await page.locator("#vms tbody tr:visible").count()).toBe(2);
    await page.getByLabel("Host", { exact: true }).selectOption("h1-7");
    expect(await page.locator("figcaption").first().textContent()).toContain("Memory of h1-7");
    expect((await inkOfPlots(page)).length).toBe(4);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("arrow keys walk the samples", async () => {
    const { page, faults } = await open(smallResult(), 1200, "dark");
    const legend = page.locator(".plot").first().locator(".u-legend");
    const end = await legend.textContent();
    await page.locator(".plot").first().focus();
    await page.keyboard.press("Home");
    await page.waitForTimeout(50);
    const start = await legend.textContent();
    expect(end).toContain("501 MiB");
    expect(start).not.toContain("501 MiB");
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("a hundred thousand samples are drawn within a few seconds", async () => {
    const hosts = [{ name: "h1", mib: 1024 }];
    const vms = [{ name: "a", host: "h1", mib: 64 }];
    const result = resultOf({ scenario: "long", hosts, vms, durationNs: 1e14, samples: 100_000 });
    const { page, faults } = await open(result, 1200, "light");
    const milliseconds = await page.evaluate(() => {
      const began = performance.now();
      document.querySelector<HTMLButtonElement>("button.theme")!.click();
      return new Promise<number>((resolve) => {
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
      });
    });
    expect(milliseconds).toBeLessThan(5000);
    for (const pixels of await inkOfPlots(page)) expect(pixels).toBeGreaterThan(500);
    expect(faults).toEqual([]);
    await page.context().close();
  });
});
