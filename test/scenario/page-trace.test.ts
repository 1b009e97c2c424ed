// Goal: a page trace is replayed as a workload, and one that cannot be read is told with its own line.
// Method: small traces in a folder of their own; the digest knows their references.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { parseScenario, resolveScenario, scenarioDigest } from "../../src/scenario/index.ts";
import { loadScenario } from "../../src/sim/load-scenario.ts";
import { readPageTrace } from "../../src/trace/index.ts";

const folder = mkdtempSync(join(tmpdir(), "ballast-pages-"));
afterAll(() => rmSync(folder, { recursive: true }));

const scenarioText = (vm: string, workload: string) =>
  `ballast: 1\nhosts: [{ name: h, memory: 1GiB }]\nvms:\n  - { name: a, ${vm}, workload: ${workload} }\n`;

function fileOf(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

// Pages 1f and 3, read, written, read again.
const pair = "0001fR\n00003W\n0001fR\n";

test("pages are numbered in the order in which they come; two streams share one trace", async () => {
  fileOf("pair.trace", pair);
  const entries =
    "[{ pages: pair.trace, rate: 5/s, offset: 8KiB }, { pages: pair.trace, accesses: 2, work: 1ms }]";
  const scenario = await loadScenario(fileOf("raw.yaml", scenarioText("memory: 16KiB", entries)));
  const [first, second] = scenario.vms[0]!.workload;
  expect(first).toMatchObject({ pattern: "trace", ratePerKs: 5000, firstPage: 2, pages: 2 });
  expect(first).not.toHaveProperty("region");
  expect([...first!.references!]).toEqual([0, 3, 0]);
  expect(second!.references).toBe(first!.references);
});

test("with an os a trace has a region of its own, of a file if it says so", async () => {
  fileOf("pair.trace", pair);
  const entry = "{ pages: pair.trace, rate: 5/s, memory: file, file: log }";
  const { vms } = await loadScenario(fileOf("os.yaml", scenarioText("memory: 64MiB, os: linux", entry)));
  expect(vms[0]!.os!.regions).toEqual([{ kind: "file", pages: 2, name: "log" }]);
  expect(vms[0]!.workload[0]).toMatchObject({ region: 0, pages: 2, firstPage: 0 });
});

test("a bad line, no file, too many pages", async () => {
  const told = (name: string, vm = "memory: 4KiB") =>
    expect(loadScenario(fileOf("bad.yaml", scenarioText(vm, `{ pages: ${name}, rate: 1/s }`)))).rejects;
  const path = "vms[0].workload.pages";
  fileOf("bad.trace", "0001fR\n0001f?\n");
  await told("bad.trace").toThrow(
    `${join(folder, "bad.trace")}:2  ${path}  expected 5 hex digits of a page and R or W, such as 0041fR, got`,
  );
  await told("none.trace").toThrow(`${join(folder, "none.trace")}  ${path}  expected`);
  await told("none.trace").toThrow("got no such file");
  fileOf("pair.trace", pair);
  await told("pair.trace").toThrow(
    `bad.yaml:4:49  ${path}  expected at most 1 distinct pages, the VM's memory, got 2 in pair.trace`,
  );
});

test("a program hands traces over as they were read", async () => {
  const trace = await readPageTrace({ name: "t", text: pair });
  const text = scenarioText("memory: 8KiB", "{ pages: any name, rate: 1/s }");
  const scenario = parseScenario(text, { pageTraces: { "any name": trace } });
  expect(scenario.vms[0]!.workload[0]!.references).toBe(trace.references);
  expect(() => parseScenario(text)).toThrow('give it as pageTraces: { "any name": … }');
});

test("the digest knows the references, not where they lie", async () => {
  const digestOf = async (lines: string) => {
    const trace = await readPageTrace({ name: "t", text: lines });
    const vms = [{ name: "a", memory: "8KiB", workload: { pages: "t", rate: "1/s" } }];
    const options = { pageTraces: { t: trace } };
    return scenarioDigest(
      resolveScenario({ ballast: 1, hosts: [{ name: "h", memory: "1MiB" }], vms }, options),
    );
  };
  const digest = await digestOf(pair);
  expect(await digestOf(pair)).toBe(digest);
  expect(await digestOf("00003W\n0001fR\n0001fR\n")).not.toBe(digest);
  expect(await digestOf("0001fR\n00003R\n0001fR\n")).not.toBe(digest);
});
