/**
 * Question: how fast does a workload's batch go through memory, draws, touched and dirty marks and written contents
 * included? Pages are mapped and private; 20 % of the accesses write.
 */
import type { Core } from "../../src/core/boot.ts";
import type { StreamSpec } from "../../src/scenario/types.ts";
import { coreOf, osOf, streamOf } from "../../test/support/world.ts";
import { digestColumns, restorer, writeTable } from "../columns.ts";
import { faster, parameter, run } from "../harness.ts";
import { accessModel } from "../model/accesses.ts";
import { nativeModule } from "../native.ts";
import { xorshift32 } from "../random.ts";

/** Order as in bench/native/accesses.c. */
const TABLE = [
  ...["streamPattern", "streamFirst", "streamPages", "streamHotPages", "streamHotPpm", "streamWritesPpm"],
  ...[
    "streamZeroPpm",
    "streamCommonPpm",
    "streamSamePpm",
    "streamPosition",
    "streamRandom",
    "streamAliasCount",
  ],
  ...["vmPool", "vmPoolPages", "aliasCut", "aliasOther", "aliasRank", "aliasRanks", "ppnMpn", "ppnFlags"],
  ...["mpnContent", "vmUnvisitedPages", "streamRegion", "logicalPpn", "ppnGuest"],
];
const CHANGED = ["streamPosition", "streamRandom", "ppnFlags", "ppnGuest", "mpnContent", "vmUnvisitedPages"];
const ACCESSES = parameter("accesses", 1000, 200_000);
const PERIOD_NS = 10_000_000;

type Pattern = "uniform" | "zipf" | "hot-cold" | "sequential";

/** Pages of physical memory. */
function rawCore(stream: StreamSpec, pages: number): Core {
  const core = coreOf({ vms: [{ pages, workload: [stream] }] }, "release");
  core.wasm.load_mix(0, pages, 0, pages);
  core.columns.vmPool.set(0, 123_456_789);
  core.columns.vmPoolPages[0] = 1000;
  return core;
}

/** Pages of a program in a guest with an operating system, all of them in memory, in physical pages by chance. */
function pagedCore(stream: StreamSpec, pages: number): Core {
  const os = osOf({ kernelPages: 1000, regions: [{ kind: "anonymous", pages, name: "a" }] });
  const fill = streamOf({ pattern: "trace", region: 0, ratePerKs: 0, references: shuffled(pages) }, pages);
  const workload = [{ ...stream, region: 0 }, fill];
  const core = coreOf({ vms: [{ pages: pages + 2000, os, workload }] }, "release");
  core.wasm.memory_powerOn(0, 0);
  core.wasm.advance(1);
  for (let page = 0; page < pages; page += 1) core.wasm.issue_one(1, 1n);
  core.columns.vmPool.set(0, 123_456_789);
  core.columns.vmPoolPages[0] = 1000;
  return core;
}

function shuffled(pages: number): Uint32Array {
  const order = Uint32Array.from({ length: pages }, (_, page) => 2 * page + 1);
  const draw = xorshift32(1);
  for (let left = pages; left > 1; left -= 1) {
    const other = draw() % left;
    [order[left - 1], order[other]] = [order[other]!, order[left - 1]!];
  }
  return order;
}

async function bench(pages: number, pattern: Pattern, build: typeof rawCore, of: string): Promise<void> {
  const stream = streamOf({
    ...{ pattern, pages, ratePerKs: (ACCESSES * 1e12) / PERIOD_NS, writesPpm: 200_000 },
    ...{ writesZeroPpm: 100_000, writesCommonPpm: 300_000, writesSamePpm: 100_000 },
  });
  const core = build(stream, pages);
  const { wasm } = core;
  const tableAt = writeTable(core, TABLE, []);
  const native = nativeModule("accesses", [], new Uint8Array(core.memory.buffer));
  const { restore, now } = restorer(core, native?.now);
  const c = native?.control("batch");
  const restored = (work: () => unknown) => ({
    run: () => {
      restore();
      work();
    },
    answer: () => digestColumns(core, CHANGED),
  });
  await run(
    `accesses, ${pattern}, ${ACCESSES} to ${pages} pages${of}`,
    {
      core: restored(() => wasm.advance(PERIOD_NS + 1)),
      C: c && restored(() => c(tableAt, ACCESSES)),
      twin: restored(() => accessModel(core, ACCESSES)),
    },
    { rounds: 9, threadClock: now, goals: [faster("core", "C"), faster("core", "twin")] },
  );
}

const pages = parameter("pages", 1500, 1 << 20);
for (const pattern of ["uniform", "zipf", "hot-cold", "sequential"] as const) {
  await bench(pages, pattern, rawCore, "");
}
for (const pattern of ["uniform", "zipf", "sequential"] as const) {
  await bench(pages, pattern, pagedCore, " of a guest's program");
}
