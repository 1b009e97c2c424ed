// Goal: a command loads what it needs and no more, and a policy of the user's own meets the same ballast.
// Method: the built files that a command cannot do without, followed by their imports; the list of verbs against their own help.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ballast, cliFolder, cliMain } from "../support/cli.ts";

const folder = cliFolder();
afterAll(folder.remove);

/** The text of a built file and of all that it imports at once. */
function loaded(file: string, seen = new Map<string, string>()): Map<string, string> {
  if (seen.has(file)) return seen;
  const text = readFileSync(file, "utf8");
  seen.set(file, text);
  for (const [, name] of text.matchAll(/\b(?:from|import) ?"(\.\/[^"]+\.js)"/g))
    loaded(join(dirname(file), name!), seen);
  return seen;
}

/** The built file of a source that is loaded on demand, by its name. */
function fileOf(name: string): string {
  const built = dirname(cliMain());
  const found = readdirSync(built).filter((file) => new RegExp(`^${name}-[A-Z0-9]{8}\\.js$`).test(file));
  expect(found.length).toBe(1);
  return join(built, found[0]!);
}

const sizeOf = (texts: Map<string, string>): number =>
  [...texts.values()].reduce((sum, text) => sum + text.length, 0);
const has = (texts: Map<string, string>, words: string): boolean =>
  [...texts.values()].some((text) => text.includes(words));
/** Words that stand in the schemas' library, and in the reader of YAML. */
const ZOD = "ZodError";
const YAML = "YAMLParseError";

describe("what is loaded", () => {
  test("before a verb: its options and the kinds of faults", () => {
    const texts = loaded(cliMain());
    expect(texts.size).toBeGreaterThan(3);
    expect(has(texts, "CommanderError")).toBe(true);
    expect(has(texts, ZOD) || has(texts, YAML)).toBe(false);
    expect(sizeOf(texts)).toBeLessThan(200_000);
  });

  test("for a day of PlanetLab: its simulator, no scenarios", () => {
    const texts = loaded(fileOf("planetlab"));
    expect(texts.size).toBeGreaterThan(3);
    expect(has(texts, "parsePlanetlabCsv")).toBe(true);
    expect(has(texts, ZOD) || has(texts, YAML)).toBe(false);
    expect(sizeOf(texts)).toBeLessThan(150_000);
  });

  test("this test sees what it should: scenarios need both libraries", () => {
    const which = loaded(fileOf("run-scenario"));
    expect([has(which, ZOD), has(which, YAML)]).toEqual([false, true]);
    const texts = loaded(fileOf("run-page"));
    expect([has(texts, ZOD), has(texts, YAML)]).toEqual([true, true]);
  });
});

test("the list of verbs shows each as its own help does", async () => {
  const plain = (text: string): string => text.replace(/\s+/g, " ");
  const { stdout } = await ballast(["--help"], { env: { COLUMNS: "200" } });
  const rows = stdout.match(/Commands:\n([\s\S]*?)\n\n/)![1]!;
  const names = [...rows.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name!).filter((name) => name !== "help");
  expect(names.length).toBe(9);
  for (const name of names) {
    const help = await ballast([name, "--help"]);
    const [, usage, about] = help.stdout.match(/^Usage: ballast ([^\n]*)\n\n([\s\S]*?)\n\n/)!;
    expect(plain(rows)).toContain(plain(`${usage} ${about}`));
  }
});

test("what a policy imports from ballast is the ballast that runs", async () => {
  writeFileSync(
    join(folder.path, "host.yaml"),
    "ballast: 1\nname: s\nduration: 2s\nhosts: [{ name: h, memory: 64MiB }]\nvms: [{ name: a, memory: 4MiB }]\n",
  );
  writeFileSync(
    join(folder.path, "mine.ts"),
    `import { PolicyError } from "ballast";
import { PolicyError as Same } from "ballast/inline";
if (Same !== PolicyError) throw new Error("two copies");
export default { name: "mine", decide(): void { throw new PolicyError("mine", 0, "a row", "said by itself"); } };\n`,
  );
  const { code, stderr } = await ballast(["run", "host.yaml", "--policy", "memory=./mine.ts"], {
    cwd: folder.path,
  });
  // Another copy's PolicyError would be told as something that decide threw.
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: "./mine.ts: policy mine at 0 ns, a row: said by itself\n",
  });
});
