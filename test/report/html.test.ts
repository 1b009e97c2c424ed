// Goal: the HTML report holds what the result says, asks nobody for anything, and no name in it is markup.
// Method: examples on the text of the page; the browser has its own test.
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { uplotScript, uplotStyle } from "../../src/generated/uplot.ts";
import { reportHtml } from "../../src/report/html.ts";
import { reportData, VMS_DRAWN } from "../../src/report/html-data.ts";
import { type Palette, palettes } from "../../src/report/html-style.ts";
import { html, jsonForScript } from "../../src/report/markup.ts";
import type { MigrationResult } from "../../src/report/result.ts";
import { sha256Base64 } from "../../src/report/sha256.ts";
import {
  emptyResult,
  largeResult,
  nastyResult,
  resultOf,
  SCRIPT_NAME,
  smallResult,
} from "../support/results.ts";

const page = (result: Parameters<typeof reportHtml>[0]): string =>
  reportHtml(result, { uplotScript, uplotStyle });

/** The page without our style and scripts: what the result put there. */
function content(text: string): string {
  return text
    .replace(/<style>.*?<\/style>/s, "")
    .replace(/<script>.*?<\/script>/gs, "")
    .replace(/<script type="application\/json".*?<\/script>/s, "");
}

test("the same result gives the same bytes", () => {
  expect(page(smallResult())).toBe(page(smallResult()));
});

test("says what the terminal says", () => {
  const text = content(page(smallResult()));
  for (const part of [
    "two clones and a database",
    "9c41d07e55aa01f3",
    "Sharing saved 501 MiB of 2.50 GiB (20 %), 59 % of it zero pages",
    "node v20.20.2",
    "409600 granted pages are to be scanned once in 4 min.",
    "scan-complete",
  ]) {
    expect(text).toContain(part);
  }
});

const OUR_TAGS = (
  "!doctype b body button code dd details div dl dt figcaption figure footer h1 h2 h3 head header html input label " +
  "link main meta noscript option p polyline rect section select small span summary svg table tbody td tfoot th thead " +
  "title tr"
).split(" ");

test("names are text: no tag of theirs, no attribute, no end of a script", () => {
  const text = page(nastyResult());
  for (const [, tag] of content(text).matchAll(/<\/?([a-z!][a-z0-9]*)/gi)) expect(OUR_TAGS).toContain(tag);
  expect(text.match(/<script/g)?.length).toBe(3);
  expect(text.match(/<\/script/g)?.length).toBe(3);
  expect(text).not.toContain("<img");
  expect(text).not.toContain("<!--");
  expect(text).toContain("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;");
  expect(text).toContain("\\x1b[2J");
});

test("the data are JSON and come back whole", () => {
  const text = page(nastyResult());
  const json = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(text)![1]!;
  const data = JSON.parse(json) as ReturnType<typeof reportData>;
  expect(data).toEqual(JSON.parse(JSON.stringify(reportData(nastyResult()))));
  expect(data.views[0]!.marks.length).toBe(1);
  expect(jsonForScript(SCRIPT_NAME).text).toBe('"\\u003c/script>\\u003cimg src=x onerror=alert(1)>"');
});

test("the policy names the hash of each script and of the style, and nothing else runs", () => {
  const text = page(smallResult());
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(text)![1]!.replaceAll("&#39;", "'");
  const sha = (body: string): string => `'sha256-${createHash("sha256").update(body).digest("base64")}'`;
  for (const [, body] of text.matchAll(/<script>(.*?)<\/script>/gs)) expect(policy).toContain(sha(body!));
  expect(policy).toContain(sha(/<style>(.*?)<\/style>/s.exec(text)![1]!));
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain("unsafe");
  expect(content(text)).not.toMatch(/ style=| on[a-z]+=(?!alert|&#39;)"/);
  expect(content(text)).not.toMatch(/https?:|src="/);
});

test.each([0, 1, 55, 56, 63, 64, 65, 1000])("SHA-256 of %d bytes is that of the platform", (length) => {
  const text = "aé数".repeat(length).slice(0, length);
  expect(sha256Base64(text)).toBe(createHash("sha256").update(text).digest("base64"));
});

test("templates escape text and keep markup", () => {
  expect(html`<p title="${'"x"'}">${"<&>"}${html`<b>${1}</b>`}</p>`.text).toBe(
    '<p title="&quot;x&quot;">&lt;&amp;&gt;<b>1</b></p>',
  );
});

test("many VMs: those that saved most are drawn, and the page says how many are not", () => {
  const { views } = reportData(largeResult(5));
  expect(views.length).toBe(41);
  expect(views[0]!.name).toBe("all 40 hosts");
  expect(views[0]!.vms.length).toBe(VMS_DRAWN);
  expect(views[0]!.more).toBe(500 - VMS_DRAWN);
  expect(views[0]!.vms.every((vm) => vm.name.startsWith("web-"))).toBe(true);
});

test("long series are thinned out to what a page can carry", () => {
  const samples = 250_000;
  const shape = { scenario: "long", durationNs: 1e14, samples };
  const hosts = [{ name: "h1", mib: 1024 }];
  const result = resultOf({ ...shape, hosts, vms: [{ name: "a", host: "h1", mib: 64 }] });
  const data = reportData(result);
  expect(data.at.length).toBeLessThanOrEqual(100_000);
  expect(data.at.length).toBeGreaterThan(50_000);
  expect(page(result)).toContain("250 000 samples are drawn");
});

test("nothing sampled, nobody there", () => {
  expect(content(page(emptyResult()))).toContain("Nothing was sampled.");
  const nobody = resultOf({ scenario: "nobody", hosts: [], vms: [], durationNs: 0, samples: 0 });
  expect(content(page(nobody))).toContain("No guest page was backed");
});

/** Contrast by WCAG 2.2: relative luminance of the lighter to the darker. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string): number => {
    const parts = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);
    const [r, g, bl] = parts.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * bl!;
  };
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light! + 0.05) / (dark! + 0.05);
}

test.each(Object.entries(palettes))("colours of the %s theme keep AA contrast", (_, palette: Palette) => {
  for (const text of [palette.ink, palette.muted, palette.accent, ...palette.lines]) {
    expect(contrast(text, palette.paper), text).toBeGreaterThanOrEqual(4.5);
  }
  expect(contrast(palette.ink, palette.raised)).toBeGreaterThanOrEqual(7);
  expect(new Set(palette.lines).size).toBe(VMS_DRAWN);
});

test("migrations: under way between two samples, and what rounds have left on lines between their ends", () => {
  const result = resultOf({
    scenario: "moves",
    hosts: [
      { name: "h1", mib: 1024 },
      { name: "h2", mib: 1024 },
    ],
    vms: [{ name: "a", host: "h1", mib: 64 }],
    durationNs: 10e9,
    samples: 11,
  });
  const none = { pages: 0, bytes: 0, ns: 0 };
  const round = { bytes: 0, limitBitsPerS: 0, throttlePpm: 0 };
  const migration: MigrationResult = {
    ...{ vm: "a", from: "h1", to: "h2", mode: "pre-copy", rule: "qemu", outcome: "done", converged: true },
    ...{ reason: "", atNs: 2e9, totalNs: 4.5e9, downtimeNs: 0, bytesSent: 0, normalPages: 0, zeroPages: 0 },
    ...{ referencePages: 0, freePages: 0, skippedPages: 0, remoteFaults: 0, lostRequests: 0 },
    rounds: [
      { ...round, pages: 1000, ns: 2e9, dirtiedPages: 400, remainingPages: 400 },
      { ...round, pages: 400, ns: 2e9, dirtiedPages: 0, remainingPages: 0 },
    ],
    stopCopy: none,
    phases: [
      { phase: "reserved", atNs: 2e9 },
      { phase: "rounds", atNs: 2e9 },
      { phase: "done", atNs: 6.5e9 },
    ],
  };
  const short = {
    ...migration,
    atNs: 8.2e9,
    totalNs: 0.1e9,
    rounds: [],
    phases: [{ phase: "reserved", atNs: 8.2e9 }],
  };
  const { views } = reportData({ ...result, migrations: [migration, short] });
  expect(views.map(({ name, moves }) => [name, moves?.running])).toEqual([
    ["all 2 hosts", [0, 0, 1, 1, 1, 1, 1, 1, 0, 1, 0]],
    ["h1", [0, 0, 1, 1, 1, 1, 1, 1, 0, 1, 0]],
    ["h2", [0, 0, 1, 1, 1, 1, 1, 1, 0, 1, 0]],
  ]);
  expect(views[0]!.moves!.left).toEqual([
    { name: "a to h2", pages: [0, 0, 1000, 700, 400, 200, 0, 0, 0, 0, 0] },
  ]);
  expect(page({ ...result, migrations: [migration] })).toContain("Left to send");
  expect(reportData(result).views[0]!.moves).toBeUndefined();
});
