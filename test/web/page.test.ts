// Goal: a newcomer gets from the first example to a policy and a file of their own, and no mistake of theirs hangs the page.
// Method: the page built into a folder of its own, served on loopback, used in headless Chromium; skipped where there is none.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { formatPages, parseScenario, sharePages, simulate } from "../../src/index.ts";
import { chromiumMissing, launchChromium, type Served, serve, watchFaults } from "./chromium.ts";

const missing = chromiumMissing("the playground");
const firstExample = readFileSync("examples/three-clones.yaml", "utf8");
/** Minutes of work for any machine. */
const LONG = firstExample.replace("20min", "90d").replace("rate: 20/s", "rate: 2000/s");

/** Whether the text lies over its coloured copy: set in the same type, as wide and as tall. */
function overCopy(): Record<string, boolean> {
  const area = document.querySelector<HTMLTextAreaElement>("#code textarea")!;
  const copy = document.querySelector<HTMLElement>("#code pre")!;
  const type = (element: Element): string => {
    const { font, letterSpacing, tabSize, paddingLeft, paddingTop } = getComputedStyle(element);
    return [font, letterSpacing, tabSize, paddingLeft, paddingTop].join();
  };
  return {
    type: type(area) === type(copy),
    wide: area.scrollWidth <= Math.max(area.clientWidth, copy.scrollWidth) + 1,
    tall: area.scrollHeight <= Math.max(area.clientHeight, copy.scrollHeight) + 1,
  };
}

describe.skipIf(missing)("the playground", () => {
  const folder = mkdtempSync(join(tmpdir(), "ballast-web-"));
  let browser: Browser;
  let served: Served;
  let page: Page;
  let faults: string[];

  beforeAll(async () => {
    await build({ root: "web", logLevel: "silent", build: { outDir: folder, emptyOutDir: true } });
    // As a plain server does it: without the headers that isolate the page, so without SharedArrayBuffer.
    served = await serve(folder);
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    served?.close();
    rmSync(folder, { recursive: true });
  });

  async function open(hash = "", options: BrowserContextOptions = {}): Promise<void> {
    const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
    page = await context.newPage();
    page.setDefaultTimeout(15_000);
    faults = watchFaults(page, served.origin);
    await page.goto(`${served.origin}/${hash}`);
    await page.getByText("The scenario is valid.").waitFor();
  }
  const scenario = () => page.getByLabel("Scenario, YAML or JSON");
  const code = () => page.getByLabel("Memory policy, JavaScript");
  const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
  const report = () => page.frameLocator("iframe");
  const stateHash = () => report().locator("dt:text-is('state hash') + dd").textContent();
  async function own(text: string): Promise<void> {
    await page.getByLabel("Decided by").selectOption("own");
    await code().fill(text);
  }
  async function close(): Promise<void> {
    expect(faults).toEqual([]);
    await page.context().close();
  }

  describe("at first", () => {
    beforeEach(() => open());

    test("runs the first example as Node does", async () => {
      expect(await page.evaluate("crossOriginIsolated")).toBe(false);
      expect(await scenario().inputValue()).toBe(firstExample);
      await press("Run");
      const { stateHash: wanted } = await simulate(parseScenario(firstExample));
      expect(await stateHash()).toBe(wanted);
      await report().locator("canvas").first().waitFor();
      await close();
    });

    test("runs an example of processors as Node does; its timeline and esxtop's file can be saved", async () => {
      const text = readFileSync("examples/shares-and-pools.yaml", "utf8");
      await page.getByLabel("Example").selectOption("shares-and-pools");
      expect(await scenario().inputValue()).toBe(text);
      await press("Run");
      const { stateHash: wanted } = await simulate(parseScenario(text));
      expect(await stateHash()).toBe(wanted);
      await report().getByText("alice-2").first().waitFor();
      const saved = async (name: string): Promise<string> => {
        const [download] = await Promise.all([page.waitForEvent("download"), press(name)]);
        expect(download.suggestedFilename()).toBe(name);
        return readFileSync(await download.path(), "utf8");
      };
      expect(await saved("esxtop.csv")).toContain("alice-2");
      const { traceEvents } = JSON.parse(await saved("timeline.perfetto.json"));
      expect(traceEvents.length).toBeGreaterThan(300);
      expect(JSON.parse(await saved("result.json")).stateHash).toBe(wanted);
      await close();
    });

    test("shows a fault with its place while one types, and leads there", async () => {
      await scenario().fill(firstExample.replace("memory: 64MiB", "memory: 64"));
      const line = firstExample.split("\n").findIndex((text) => text.includes("memory: 64MiB")) + 1;
      const fault = page.locator(".faults button");
      await fault.waitFor();
      expect(await fault.textContent()).toContain(`${line}:13vms[0].memoryexpected a size with a unit`);
      expect(await page.locator(".gutter .bad").textContent()).toBe(String(line));
      await fault.press("Enter");
      const selected = await scenario().evaluate((area: HTMLTextAreaElement) =>
        area.value.slice(area.selectionStart, area.selectionEnd),
      );
      expect(selected).toBe("64");
      await press("Run");
      await page.getByText("The scenario is not valid").waitFor();
      await close();
    });

    test("keeps the indentation, and runs from the keyboard", async () => {
      await scenario().focus();
      await page.keyboard.press("Control+End");
      await page.keyboard.insertText("  # end");
      await page.keyboard.press("Enter");
      expect((await scenario().inputValue()).endsWith("  # end\n  ")).toBe(true);
      await page.keyboard.press("Control+Enter");
      await report().locator("h1").waitFor();
      await close();
    });

    test("runs a policy that was typed in, and compares it", async () => {
      await page.getByLabel("Decided by").selectOption("own");
      await press("Run");
      await report().getByText("busiest-first").first().waitFor();
      await press("Compare policies");
      const rows = page.locator("#result .wide tbody th");
      await rows.first().waitFor();
      expect((await rows.allTextContents()).sort()).toEqual([
        "busiest-first",
        "fixed-rate",
        "follow-writes",
        "min-funding",
        "scan-time",
      ]);
      await close();
    });

    test.each([
      ["that is no JavaScript", "export default {", /my policy.*SyntaxError/],
      [
        "without a default export",
        "export const x = 1;",
        /my policy: expected export default \{ name, decide/,
      ],
      [
        "that throws",
        "export default { name: 'a',\n decide() {\n nothing.at.all = 1; } };",
        /my policy, line 3: .*ReferenceError/,
      ],
      [
        "with a target out of range",
        "export default { name: 'a', decide(v, t) { t.hostScanRate = -1; } };",
        /my policy: policy a at \d+ ns, host.*hostScanRate/,
      ],
    ])("says what is wrong with a policy %s", async (_, text, said) => {
      await own(text);
      await press("Run");
      const status = page.locator("#status .bad");
      await status.waitFor();
      expect(await status.textContent()).toMatch(said);
      await close();
    });

    test("a policy that never comes back can be stopped", async () => {
      await own("export default { name: 'stuck', decide() { for (;;) {} } };");
      await press("Run");
      await press("Stop");
      await page.getByText("Stopped by force").waitFor();
      await page.getByLabel("Decided by").selectOption("scenario");
      await press("Run");
      await report().locator("h1").waitFor();
      await close();
    });

    test("a long run shows how far it is and stops with the result so far", async () => {
      await scenario().fill(LONG);
      await press("Run");
      await page.getByText(/min-funding: .* of 90 d, saved [1-9]/).waitFor();
      await page.locator(".live canvas").waitFor();
      await press("Stop");
      await page.getByText("Stopped early").waitFor();
      await report().locator("h1").waitFor();
      await close();
    });

    test("counts dropped files as Node does, and takes them for images", async () => {
      const bytes = new Uint8Array(3 * 2 ** 20 + 5000).map((_, at) => (at >> 13) % 11);
      const file = join(folder, "memory.raw");
      writeFileSync(file, bytes);
      await page.getByLabel("Memory images, or any files").setInputFiles([file]);
      const { total } = await sharePages([{ name: "memory.raw", bytes }]);
      const insight = page.locator(".insight b");
      await insight.waitFor();
      expect(await insight.textContent()).toBe(`${formatPages(total.saved)} of ${formatPages(total.pages)}`);
      const transfer = await page.evaluateHandle(() => {
        const dropped = new DataTransfer();
        dropped.items.add(new File([new Uint8Array(16384)], "zeros.raw"));
        return dropped;
      });
      await page.locator(".zone").dispatchEvent("drop", { dataTransfer: transfer });
      await page.getByText("12 KiB of 16 KiB").waitFor();
      await page.getByLabel("Memory images, or any files").setInputFiles([file]);
      await page.getByText("1 file ends within a page").waitFor();
      await scenario().fill(firstExample.replace(/image: .*/, "image: { file: ./memory.raw }"));
      await press("Run");
      await report().locator("dt:text-is('contents') + dd:text-is('bytes')").waitFor();
      await scenario().fill(firstExample.replace(/image: .*/, "image: { file: ./other.raw }"));
      await press("Run");
      await page.getByText("Drop a file named other.raw below").waitFor();
      await close();
    });
  });

  test("the address carries the scenario and warns of code that came with it", async () => {
    await open("#example=writers");
    expect(await page.getByLabel("Example").inputValue()).toBe("writers");
    await scenario().fill(`${firstExample}# mine ✓\n`);
    await own("export default { name: 'theirs', decide() {} };");
    await page.waitForFunction("location.hash.startsWith('#s=')");
    await page.waitForTimeout(600);
    const { hash } = new URL(page.url());
    await close();
    await open(hash);
    expect(await scenario().inputValue()).toBe(`${firstExample}# mine ✓\n`);
    expect(await code().inputValue()).toContain("theirs");
    await page.getByText("This policy came with the link.").waitFor();
    expect(await page.locator("iframe").count()).toBe(0);
    await press("Run");
    await report().getByText("theirs").first().waitFor();
    await close();
  });

  test("an address that makes no sense is taken for none", async () => {
    for (const hash of ["#s=AAAA", "#example=nothing", "#example=%25%", "#something"]) {
      await open(hash);
      expect(await scenario().inputValue()).toBe(firstExample);
      await close();
    }
  });

  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [400, 1000, 1600]) {
      test(`fits ${width} px, ${colorScheme}`, async () => {
        await open("", { viewport: { width, height: 900 }, colorScheme });
        await page.getByLabel("Decided by").selectOption("own");
        await press("Compare policies");
        await page.locator("#result .wide tbody th").first().waitFor();
        const overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
        expect(await page.evaluate(overflow)).toBeLessThanOrEqual(0);
        expect(await page.evaluate(overCopy)).toEqual({ type: true, wide: true, tall: true });
        await close();
      });
    }
  }
});
