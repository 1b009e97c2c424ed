// Goal: the harness never times cases that disagree.
// Method: small made-up cases, at the smoke size.
import { expect, test } from "vitest";
import { digest, faster, run } from "../../bench/harness.ts";
import { table } from "../../bench/report.ts";

test("cases that answer alike pass, each question for itself", async () => {
  await run("example", {
    core: () => 1,
    twin: async () => 1,
    read: { run: () => 0, answer: () => "x", question: "read" },
    "read twin": { run: () => "x", question: "read" },
  });
});

test("rejects: cases that answer differently, and a case that nothing confirms", async () => {
  const differ = run("example", { core: () => 1, twin: () => 2 });
  await expect(differ).rejects.toThrow('example: "twin" answers 2, but "core" answers 1');
  await expect(run("example", { core: () => 1 })).rejects.toThrow('"core" has no other case to agree with');
});

test("a case that this machine cannot run is left out, and may leave another unconfirmed", async () => {
  await run("example", { core: () => 1, C: undefined });
});

test("clear runs before each case, so none can live on another's results", async () => {
  const out = new Uint32Array(1);
  const lazy = run(
    "example",
    {
      core: { run: () => out.fill(7), answer: () => digest(out) },
      lazy: { run: () => 0, answer: () => digest(out) },
    },
    { clear: () => out.fill(0) },
  );
  await expect(lazy).rejects.toThrow('"lazy" answers');
});

test("faster: a ratio above 1 means the first takes less time", () => {
  expect(faster("core", "C", 0.8).ratio({ core: 2, C: 1 })).toBe(0.5);
});

test("the table shows speed, ratio, spread and goal", () => {
  const text = table({
    title: "example",
    rounds: 3,
    clock: "wall",
    cases: [{ name: "core", ns: 2500, bytesPerSecond: 4e9 }],
    ratios: [
      { name: "core / C", ratio: 0.75, min: 0.7, max: 0.8, rounds: 3, atLeast: 0.8 },
      { name: "scaling", ratio: 1, min: 1, max: 1, rounds: 1, atLeast: 0.9 },
      { name: "busy", ratio: null, min: null, max: null, rounds: 0, atLeast: 0.9 },
    ],
  });
  expect(text).toContain("example   (3 rounds, wall time)");
  expect(text).toMatch(/core +2\.50 µs +4\.00 GB\/s/);
  expect(text).toMatch(/core \/ C +0\.750 {3}\(0\.70 … 0\.80\) {3}goal 0\.8 {2}MISSED/);
  expect(text).toMatch(/scaling +1\.000 {3}\(1\.00 … 1\.00, 1 of 3 rounds\) {3}goal 0\.9 {2}not judged/);
  expect(text).toMatch(/busy +— {3}goal 0\.9 {2}not judged/);
});
