/**
 * Question: how fast does a workload's batch go through memory, draws, touched and dirty marks and written contents
 * included? Pages are mapped and private; 20 % of the accesses write.
 */
import { coreOf, streamOf } from "../../test/support/world.ts";
import { digestColumns, restorer, writeTable } from "../columns.ts";
import { faster, parameter, run } from "../harness.ts";
import { accessModel } from "../model/accesses.ts";
import { nativeModule } from "../native.ts";

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
  ...["mpnContent", "vmUnvisitedPages"],
];
const CHANGED = ["streamPosition", "streamRandom", "ppnFlags", "mpnContent", "vmUnvisitedPages"];
const ACCESSES = parameter("accesses", 1000, 200_000);
const PERIOD_NS = 10_000_000;

async function bench(pages: number, pattern: "uniform" | "zipf" | "hot-cold" | "sequential"): Promise<void> {
  const stream = streamOf({
    ...{ pattern, pages, ratePerKs: (ACCESSES * 1e12) / PERIOD_NS, writesPpm: 200_000 },
    ...{ writesZeroPpm: 100_000, writesCommonPpm: 300_000, writesSamePpm: 100_000 },
  });
  const core = coreOf({ vms: [{ pages, workload: [stream] }] }, "release");
  const { wasm, columns } = core;
  wasm.load_mix(0, pages, 0, pages);
  columns.vmPool.set(0, 123_456_789);
  columns.vmPoolPages[0] = 1000;
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
    `accesses, ${pattern}, ${ACCESSES} to ${pages} pages`,
    {
      core: restored(() => wasm.advance(PERIOD_NS)),
      C: c && restored(() => c(tableAt, ACCESSES)),
      twin: restored(() => accessModel(core, ACCESSES)),
    },
    { rounds: 9, threadClock: now, goals: [faster("core", "C"), faster("core", "twin")] },
  );
}

const pages = parameter("pages", 1500, 1 << 20);
await bench(pages, "uniform");
await bench(pages, "zipf");
await bench(pages, "hot-cold");
await bench(pages, "sequential");
