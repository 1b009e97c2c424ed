// Goal: no weather breaks a conservation law, in either build of the core; a failure prints the line that replays it.
// Method: worlds of fixed seeds for a few seconds; `npm run storm` goes on for as long as one likes.

import { describe, expect, test } from "vitest";
import { BUILDS, coreModule } from "../support/world.ts";
import { runStorm } from "./storm.ts";

const SEEDS = { debug: [42, 43, 44, 45, 46, 47, 48, 49], release: [50, 51, 52, 53, 54, 55, 56, 57] } as const;

describe.each(BUILDS)("storm, %s core", (build) => {
  test.each(SEEDS[build])("seed %i keeps every law for 30 s", async (seed) => {
    const { fault } = await runStorm({ seed, untilNs: 30e9, core: coreModule(build) });
    const replay = `npm run storm -- --seed ${seed} --until ${fault?.atNs}ns\n${fault?.text}`;
    expect(fault === undefined ? "" : replay).toBe("");
  });
});
