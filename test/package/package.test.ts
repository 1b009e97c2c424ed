// Goal: the package works where it is installed: Node, types, command line, bundlers, pages, one file.
// Method: packed once into an empty project; the blocks of docs/embedding.md run there and agree on one state hash.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { createServer } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseScenario, simulate } from "../../src/index.ts";
import {
  chromiumMissing,
  freePort,
  launchChromium,
  type Served,
  serve,
  watchFaults,
} from "../web/chromium.ts";
import { installPacked, type Packed, writeBlocks } from "./packed.ts";

const missing = chromiumMissing("the package in a browser");
let packed: Packed;
let wanted: string;

beforeAll(async () => {
  packed = await installPacked();
  await writeBlocks("docs/embedding.md", packed.project);
  const text = readFileSync(join(packed.project, "host.yaml"), "utf8");
  wanted = (await simulate(parseScenario(text))).stateHash;
}, 240_000);
afterAll(() => packed?.remove());

describe("in Node", () => {
  test.each(["run.mjs", "run.cjs", "sources.mjs"])("%s", async (file) => {
    const { stdout, stderr } = await packed.run("node", file);
    expect(stdout.trim()).toBe(wanted);
    expect(stderr).toBe("");
  });

  test("live.mjs: shares that change while the world runs", async () => {
    const { stdout } = await packed.run("node", "live.mjs");
    expect(stdout).toMatch(/^\[ 12\.5, 7\.5 \] \[/);
    expect(stdout).toMatch(/a: cpu\.shares 1\s000 -> 3\s000/);
  });

  test("the inline entry, the schema and the core's files are there", async () => {
    const code = `
      const { simulate, loadScenario } = require("ballast/inline");
      const { readFileSync } = require("node:fs");
      const schema = require("ballast/schema.json");
      const sizes = ["wasm", "threads.wasm"].map((end) => readFileSync(require.resolve("ballast/ballast." + end)).length);
      loadScenario("host.yaml").then((scenario) => simulate(scenario)).then(({ stateHash }) =>
        console.log(JSON.stringify({ stateHash, type: schema.type, version: require("ballast/package.json").version, sizes })));`;
    const { stdout } = await packed.run("node", "--input-type=commonjs", "--eval", code);
    const { stateHash, type, version, sizes } = JSON.parse(stdout);
    expect({ stateHash, type }).toEqual({ stateHash: wanted, type: "object" });
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    for (const bytes of sizes) expect(bytes).toBeGreaterThan(5000);
  });

  test("a policy in TypeScript runs as it is, and the run leaves its files", async () => {
    const args = ["--policy", "memory=./mine.ts", "--out", "out", "--json"];
    const { stdout } = await packed.run("npx", "--no", "--", "ballast", "run", "host.yaml", ...args);
    const result = JSON.parse(stdout);
    expect(result.policies.memory).toBe("busiest-first");
    expect(result.stateHash).not.toBe(wanted);
    const said = result.decisions.filter(({ policy }: { policy: string }) => policy === "busiest-first");
    expect(said.length).toBeGreaterThan(0);
    expect(readdirSync(join(packed.project, "out"))).toEqual(
      expect.arrayContaining(["report.html", "result.json", "series.csv"]),
    );
    expect(JSON.parse(readFileSync(join(packed.project, "out/result.json"), "utf8")).stateHash).toBe(
      result.stateHash,
    );
  });
});

describe("for tools", () => {
  const strict = ["--noEmit", "--strict", "--skipLibCheck", "false", "--target", "es2022"];
  test.each([
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ])("types: module %s, resolution %s", async (module, resolution) => {
    const libraries = ["--lib", "es2022,dom", "--types", "", "--exactOptionalPropertyTypes"];
    const how = ["--module", module, "--moduleResolution", resolution];
    const tsc = "node_modules/typescript/bin/tsc";
    // A fault of types ends in a rejection that carries what tsc printed.
    const { stdout } = await packed.run("node", tsc, ...strict, ...libraries, ...how, "typed.ts", "mine.ts");
    expect(stdout).toBe("");
  });

  test("publint finds nothing", async () => {
    const bytes = readFileSync(packed.tarball);
    const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg!))).toEqual([]);
  });

  test("every map points at a source that is there", () => {
    const folder = join(packed.project, "node_modules/ballast/dist");
    const maps = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".map"),
    );
    expect(maps.length).toBeGreaterThan(50);
    const lost = maps.filter((name) => {
      const { sources } = JSON.parse(readFileSync(join(folder, name), "utf8")) as { sources: string[] };
      return !sources.every((source) => existsSync(join(folder, name, "..", source)));
    });
    expect(lost).toEqual([]);
  });
});

describe.skipIf(missing)("in Chromium", () => {
  let browser: Browser;
  let served: Served;

  beforeAll(async () => {
    served = await serve(packed.project);
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    served?.close();
  });

  /** Opens a page and waits for the hashes it puts into its `<output>` elements. */
  async function outputs(address: string, origin: string): Promise<Record<string, string>> {
    const page = await browser.newPage();
    const faults = watchFaults(page, origin);
    try {
      await page.goto(address);
      const full = "[...document.querySelectorAll('output')].every((each) => each.textContent !== '')";
      await page.waitForFunction(full, undefined, { timeout: 20_000 }).catch((fault: Error) => {
        faults.push(fault.message);
      });
      expect(faults).toEqual([]);
      return Object.fromEntries(
        await page.$$eval("output", (all) => all.map((each) => [each.id, each.textContent])),
      );
    } finally {
      await page.close();
    }
  }

  /** A page that loads one bundle. */
  async function bundlePage(name: string, script: string): Promise<string> {
    const { writeFile } = await import("node:fs/promises");
    const text = `<!doctype html><title>${name}</title><output id="page"></output><script type="module" src="${script}"></script>`;
    await writeFile(join(packed.project, name), text);
    return `${served.origin}/${name}`;
  }

  const unresolved = (file: string): string[] =>
    readFileSync(join(packed.project, file), "utf8").match(
      /(from|import|require\()\s*\(?["']node:[^"']*["']/g,
    ) ?? [];

  test("Vite builds it, for a page and a worker", async () => {
    await packed.run("node", "node_modules/vite/bin/vite.js", "build", "--base", "./", "--outDir", "vite");
    for (const name of readdirSync(join(packed.project, "vite/assets"))) {
      if (name.endsWith(".js")) expect(unresolved(`vite/assets/${name}`)).toEqual([]);
    }
    const found = await outputs(`${served.origin}/vite/`, served.origin);
    expect(found).toEqual({ page: wanted, worker: wanted });
  });

  test("Vite serves it in development", async () => {
    const server = await createServer({
      root: packed.project,
      configFile: false,
      logLevel: "silent",
      server: { port: await freePort(), strictPort: true, host: "127.0.0.1", watch: null },
    });
    try {
      await server.listen();
      const origin = server.resolvedUrls!.local[0]!.replace(/\/$/, "");
      expect(await outputs(`${origin}/`, origin)).toEqual({ page: wanted, worker: wanted });
    } finally {
      await server.close();
    }
  });

  test("esbuild bundles it, the core handed over", async () => {
    await packed.run("node", "build-esbuild.mjs");
    expect(unresolved("esbuild/app.js")).toEqual([]);
    const address = await bundlePage("esbuild.html", "./esbuild/app.js");
    expect(await outputs(address, served.origin)).toEqual({ page: wanted });
  });

  test("Rolldown bundles it", async () => {
    await packed.run("node", "build-rolldown.mjs");
    expect(unresolved("rolldown/plain.js")).toEqual([]);
    const address = await bundlePage("rolldown.html", "./rolldown/plain.js");
    expect(await outputs(address, served.origin)).toEqual({ page: wanted });
  });

  test("an import map runs the package's files as they are", async () => {
    expect(await outputs(`${served.origin}/import-map.html`, served.origin)).toEqual({ page: wanted });
  });

  test("one HTML file runs from file://", async () => {
    await packed.run("node", "one-file.mjs");
    const address = pathToFileURL(join(packed.project, "one-file.html")).href;
    expect(await outputs(address, address)).toEqual({ page: wanted });
  });
});
