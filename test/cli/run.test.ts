// Goal: `run` keeps its contract: what stands on stdout, what the files hold, what every option does.
// Method: the built command line in a process of its own, on small scenarios.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Result } from "../../src/index.ts";
import { ballast, cliFolder } from "../support/cli.ts";

const folder = cliFolder();
afterAll(folder.remove);
const put = (name: string, text: string): string => {
  writeFileSync(join(folder.path, name), text);
  return name;
};

const SCENARIO = put(
  "small.yaml",
  `ballast: 1
name: small
duration: 5min
hosts: [{ name: h1, memory: 64MiB }]
vms:
  - name: web
    count: 2
    memory: 4MiB
    image: { zero: 30%, common: 40%, unique: 30% }
    workload: { pattern: zipf, rate: 20/s, writes: 10% }
`,
);

const at = { cwd: folder.path };
async function result(...args: string[]): Promise<Result> {
  const { code, stdout, stderr } = await ballast(["run", SCENARIO, "--json", ...args], at);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}
const withoutMachine = (text: string): string => text.replace(/,\s*"hostMachine":\s*\{[^{}]*\}/, "");

describe("what it prints", () => {
  test("a report for people, nothing on stderr into a pipe", async () => {
    const { code, stdout, stderr } = await ballast(["run", SCENARIO], at);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^ballast \d.*scenario small.*hash [0-9a-f]{16}\n/);
    expect(stdout).toMatch(/Sharing saved/);
    expect(stdout).toMatch(/1 thread; scanned .* pages\/s/);
  });

  test("--json: one document and nothing else, the same bytes twice but for the machine", async () => {
    const args = ["run", SCENARIO, "--json"];
    const [first, second] = [await ballast(args, at), await ballast(args, at)];
    expect(first.stdout).toMatch(/^\{.*\}\n$/);
    expect(first.stdout).toContain('"hostMachine":{');
    expect(withoutMachine(second.stdout)).toBe(withoutMachine(first.stdout));
    expect(withoutMachine(first.stdout)).not.toMatch(/wallMs|hostMachine/);
  });

  test("--json: the keys of docs/INTERFACE.md", async () => {
    const found = await result();
    const keys =
      "ballast scenario seed model decisions simulatedNs stateHash hosts pools vms migrations events series";
    for (const key of keys.split(" ")) expect(found).toHaveProperty(key);
    expect(found.scenario).toEqual({ name: "small", digest: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(found).toMatchObject({ seed: 1, simulatedNs: 300e9, pools: [], migrations: [] });
    expect(found).not.toHaveProperty("interrupted");
    const vm = "sizePages grantedPages consumedPages touchedPages sharedPages savedPages zeroPages cowBreaks";
    for (const key of vm.split(" ")) expect(found.vms[0]!.memory).toHaveProperty(key, expect.any(Number));
    const host = "freePages sharedPages commonPages savedPages";
    for (const key of host.split(" ")) expect(found.hosts[0]!.memory).toHaveProperty(key, expect.any(Number));
    const decision = { atNs: 0, policy: "min-funding", row: "host h1", target: { scanPagesPerSecond: 200 } };
    expect(found.decisions[0]).toMatchObject(decision);
    expect(found.decisions[0]!.reason).toMatch(/^[A-Z].*\.$/);
  });

  test("--all prints every decision and VM", async () => {
    const many = [
      "run",
      SCENARIO,
      "--set",
      "vms.web.count=30",
      "--set",
      "hosts.h1.memory=1GiB",
      "--until",
      "1s",
    ];
    const [folded, all] = [await ballast(many, at), await ballast([...many, "--all"], at)];
    expect(folded.stdout).not.toMatch(/web-17/);
    expect(folded.stdout).toMatch(/^web-3 … web-30 /m);
    expect(all.stdout).toMatch(/^web-17 /m);
    expect(all.stdout.replace(/\s+/g, " ")).toMatch(/\d+ vms: .*web-17.* scanPagesPerSecond/);
  });

  test("--explain: every default with its origin, no run", async () => {
    const { code, stdout } = await ballast(["run", SCENARIO, "--explain", "--out", "never"], at);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^policies\.memory\.sharing\.rate +200\/s {2}ESX Server 2\.x/m);
    expect(readdirSync(folder.path)).not.toContain("never");
    const json = await ballast(["run", SCENARIO, "--explain", "--json"], at);
    const row = { path: expect.any(String), value: expect.any(String), origin: expect.any(String) };
    expect(JSON.parse(json.stdout)[0]).toEqual(row);
  });
});

describe("--out", () => {
  test("whole files: result.json is --json, series.csv has a row a sample, report.html stands alone", async () => {
    const { stdout, stderr } = await ballast(["run", SCENARIO, "--json", "--out", "a/b/c"], at);
    const out = join(folder.path, "a/b/c");
    expect(readdirSync(out).sort()).toEqual(["esxtop.csv", "report.html", "result.json", "series.csv"]);
    expect(stderr).toBe(
      "wrote a/b/c/result.json\nwrote a/b/c/series.csv\nwrote a/b/c/report.html\nwrote a/b/c/esxtop.csv\n",
    );
    const written = JSON.parse(readFileSync(join(out, "result.json"), "utf8"));
    expect(written).toEqual(JSON.parse(stdout));

    const lines = readFileSync(join(out, "series.csv"), "utf8").trimEnd().split("\n");
    expect(lines.length).toBe(written.series.atNs.length + 1);
    const wide = lines[0]!.split(",").length;
    expect(lines.every((line) => line.split(",").length === wide)).toBe(true);
    expect(lines.slice(1).every((line) => /^[\d,]+$/.test(line))).toBe(true);

    const html = readFileSync(join(out, "report.html"), "utf8");
    expect(html).toMatch(/^<!doctype html>/i);
    expect(html.trimEnd()).toMatch(/<\/html>$/);
    expect(html).not.toMatch(/<(script|link|img)[^>]+(src|href)=["']https?:/);
  });

  test("a folder that is there: its files are replaced, others stay", async () => {
    const args = ["run", SCENARIO, "--quiet", "--out", "again"];
    await ballast(args, at);
    put("again/mine.txt", "mine");
    put("again/result.json", "old");
    const { code, stderr } = await ballast(args, at);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const out = join(folder.path, "again");
    expect(readdirSync(out).sort()).toEqual([
      "esxtop.csv",
      "mine.txt",
      "report.html",
      "result.json",
      "series.csv",
    ]);
    expect(JSON.parse(readFileSync(join(out, "result.json"), "utf8"))).toHaveProperty("stateHash");
  });
});

describe("options", () => {
  test("--seed and --until stand for what the scenario says", async () => {
    const found = await result("--seed", "7", "--until", "90s");
    expect(found).toMatchObject({ seed: 7, simulatedNs: 90e9 });
    expect(found.stateHash).toBe((await result("--set", "seed=7", "--set", "duration=90s")).stateHash);
    expect(found.stateHash).not.toBe((await result("--until", "90s")).stateHash);
  });

  test("--set: the last one holds", async () => {
    const found = await result("--set", "vms.web.memory=8MiB", "--set", "vms.web.memory=2MiB");
    expect(found.vms.map((vm) => vm.memory.sizePages)).toEqual([512, 512]);
  });

  test("--threads: the same result for any number", async () => {
    put("bytes.img", Array.from({ length: 70_000 }, (_, i) => `line ${i % 9000}\n`).join(""));
    put(
      "bytes.yaml",
      `ballast: 1
hosts: [{ name: h1, memory: 64MiB }]
vms: [{ name: a, count: 3, memory: 4MiB, image: { file: bytes.img } }]
policies: { memory: { sharing: { rate: none } } }
`,
    );
    const hashes: string[] = [];
    for (const threads of ["1", "2", "3"]) {
      const args = ["run", "bytes.yaml", "--json", "--quiet", "--threads", threads];
      const found: Result = JSON.parse((await ballast(args, at)).stdout);
      expect(found.hosts[0]!.memory.savedPages).toBeGreaterThan(100);
      hashes.push(found.stateHash);
    }
    expect(new Set(hashes).size).toBe(1);
  });

  test("--policy NAME: as if the scenario said so, limits included", async () => {
    const named = await result("--policy", "memory=scan-time");
    expect(named.policies.memory).toBe("scan-time");
    expect(named.stateHash).toBe((await result("--set", "policies.memory.name=scan-time")).stateHash);
    const { stdout } = await ballast(["run", SCENARIO, "--explain", "--policy", "memory=scan-time"], at);
    expect(stdout).toMatch(/^policies\.memory\.sharing\.ratePerGhz /m);
  });

  test("--policy FILE: TypeScript with types, a relative import, and ballast itself", async () => {
    put(
      "rate.ts",
      "export const rate = (pages: number): number => Math.ceil(pages / 10) satisfies number;\n",
    );
    put(
      "mine.ts",
      `import { fixedRate, type MemoryPolicy } from "ballast";
import { rate } from "./rate.ts";

interface Options { readonly base?: MemoryPolicy }

const make = ({ base = fixedRate() }: Options = {}): MemoryPolicy => ({
  name: "mine",
  decide(view, targets) {
    base.decide(view, targets);
    targets.vmScanRate[0] = rate(view.vmPages[0]!);
    targets.because(0, "The first one is looked at.", { pages: view.vmPages[0]! });
  },
});
export default () => make();
`,
    );
    const found = await result("--policy", "memory=./mine.ts");
    expect(found.policies.memory).toBe("mine");
    const own = found.decisions.find(({ row }) => row === "vm web-1");
    expect(own).toMatchObject({
      policy: "mine",
      target: { scanPagesPerSecond: 103 },
      reason: "The first one is looked at.",
      inputs: { pages: 1024 },
    });
    const explained = await ballast(["run", SCENARIO, "--explain", "--policy", "memory=./mine.ts"], at);
    expect(explained.stdout).toMatch(/^policies\.memory\.name +mine {2}--policy$/m);
  });

  test("--policy cpu=FILE: the CPU policy of the examples", async () => {
    const args = [
      "examples/web-and-batch.yaml",
      "--policy",
      "cpu=examples/policies/keep-fast.ts",
      "--until",
      "3s",
    ];
    const { code, stdout } = await ballast(["run", ...args]);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining("cpu keep-fast") });
  });

  test("--policy FILE: the policy of the examples", async () => {
    const args = ["examples/writers.yaml", "--policy", "memory=examples/policies/steady-first.ts"];
    const { code, stdout } = await ballast(["run", ...args]);
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("policy steady-first"),
    });
  });
});
