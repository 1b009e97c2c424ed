/** A core that has a queue and nothing else. */
import { bootCore, type Core, planCore } from "../../src/core/boot.ts";
import { SPACES, type SpaceName } from "../../src/core/layout.ts";
import { treeNodes } from "../../src/sim/plan-world.ts";
import { type Build, coreModule } from "./world.ts";

/** @param scratch  rows of it, 8 bytes each, for what the hold model is given */
export function queueCore(events: number, scratch = 64, build: Build = "debug"): Core {
  const rows = Object.fromEntries(SPACES.map((space) => [space, 0])) as Record<SpaceName, number>;
  Object.assign(rows, { world: 1, event: events, tree: treeNodes(events), scratch });
  const core = bootCore(coreModule(build), planCore(rows, new Set(["ids"])));
  core.wasm.build();
  return core;
}
