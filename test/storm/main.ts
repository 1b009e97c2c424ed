/** `npm run storm -- --seed N --until 60s --worlds K [--debug] [--wall 600s] [--mmu --steps N]`: storms from a seed on; a failure prints its replay. */
import { parseArgs } from "node:util";
import { parseNs } from "../../src/scenario/units.ts";
import { coreModule } from "../support/world.ts";
import { runMmuStorm } from "./mmu.ts";
import { runStorm } from "./storm.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    until: { type: "string", default: "60s" },
    worlds: { type: "string", default: "1" },
    wall: { type: "string", default: "3650d" },
    debug: { type: "boolean", default: false },
    /** Address translation, `--steps` of it. */
    mmu: { type: "boolean", default: false },
    steps: { type: "string", default: "2000" },
  },
});
const core = coreModule(values.debug ? "debug" : "release");
const untilNs = parseNs(values.until);
const first = Number(values.seed);
const begun = performance.now();
const wallMs = values.wall === "3650d" ? Infinity : parseNs(values.wall) / 1e6;
let checks = 0;
let worlds = 0;
for (let seed = first; seed < first + Number(values.worlds); seed += 1) {
  if (performance.now() - begun > wallMs) break;
  if (values.mmu) {
    const { fault } = runMmuStorm({ seed, steps: Number(values.steps), core });
    worlds += 1;
    if (fault === undefined) continue;
    console.log(`npm run storm -- --mmu --seed ${seed} --steps ${values.steps}\n${fault}`);
    process.exitCode = 1;
    break;
  }
  const result = await runStorm({ seed, untilNs, core });
  worlds += 1;
  checks += result.checks;
  if (result.fault === undefined) continue;
  const debug = values.debug ? " --debug" : "";
  console.log(`npm run storm -- --seed ${seed} --until ${result.fault.atNs}ns${debug}`);
  console.log(result.fault.text);
  process.exitCode = 1;
  break;
}
const seconds = ((performance.now() - begun) / 1000).toFixed(1);
console.error(`${worlds} worlds from seed ${first}, ${checks} checks, ${seconds} s`);
