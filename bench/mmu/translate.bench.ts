/**
 * Question: how fast are a stream's addresses translated, native, by shadow and by nested tables, in steady state? TLB and caches of paging
 * structures are Skylake-SP's, pages 4 KiB on both sides; a sequential stream has eight accesses a page.
 */
import type { Core } from "../../src/core/boot.ts";
import { rowsOf } from "../../src/core/boot.ts";
import { COLUMNS, ELEMENT_BYTES } from "../../src/core/layout.ts";
import { type MmuMode, MODES, tablesFor } from "../../src/core/mmu/plan-mmu.ts";
import { createMachine } from "../../src/translate/machine.ts";
import { coreModule } from "../../test/support/world.ts";
import { baseOf } from "../columns.ts";
import { faster, parameter, run } from "../harness.ts";
import { translateModel } from "../model/mmu.ts";
import { nativeModule } from "../native.ts";

/** Order as in bench/native/mmu.c. */
const TABLE = [
  ...[
    "lookupAddress",
    "tlbPartFirst",
    "tlbPartSetFirst",
    "tlbPartSets",
    "tlbPartWays",
    "tlbPartStride",
    "tlbSlotFirst",
  ],
  ...[
    "tlbSetFirst",
    "tlbSetUsed",
    "tlbSetValid",
    "tlbSlotTag",
    "tlbSlotData",
    "tlbLastTag",
    "tlbLastData",
    "tlbSizes",
  ],
  ...[
    "mmuMode",
    "mmuControls",
    "mmuCr3",
    "mmuAsid",
    "mmuGlobalAsid",
    "mmuNestedAsid",
    "mmuRoot",
    "mmuAccesses",
  ],
  ...["mmuSecondHits", "mmuTlbMisses", "mmuWalks", "mmuFrameSum", "mmuLevelReferences", "ppnMpn", "ppnFlags"],
  ...[
    "mpnContent",
    "tablePageBytes",
    "vmPpnFirst",
    "vmPpnCount",
    "nestedPageBytes",
    "vmNestedFirst",
    "shadowBytes",
  ],
  ...["worldPhysicalBits", "worldNestedLevels"],
];
/** What a run changes: put back before each. */
const CHANGED = [
  ...[
    "tlbSetUsed",
    "tlbSetValid",
    "tlbSlotTag",
    "tlbSlotData",
    "tlbLastTag",
    "tlbLastData",
    "tlbSizes",
    "mmuAccesses",
  ],
  ...["mmuSecondHits", "mmuTlbMisses", "mmuWalks", "mmuFrameSum", "mmuLevelReferences"],
];
const ACCESSES = parameter("accesses", 2000, 1 << 18);
const BASE_VPN = 1 << 24;
const USER = 2;
const WRITES_PPM = 200_000;
const PATTERNS = { uniform: 0, zipf: 1, sequential: 2 } as const;
type Pattern = keyof typeof PATTERNS;

/** Accesses of a sequential stream to a page, one after another. */
const PER_PAGE = 8;

/** A machine whose pages are mapped, touched and dirty, and whose next accesses stand in `lookup`. */
function machineOf(pages: number, pattern: Pattern, mode: MmuMode): Core {
  const tablePages = tablesFor(pages, 4) + 8;
  const first = Math.ceil((tablePages + 2) / 512) * 512;
  const { core } = createMachine(coreModule("release"), {
    vms: [{ pages: first + pages, tablePages }],
    mmus: [{ vm: 0, mode }],
    lookups: ACCESSES,
    wordPages: tablePages + 1,
    shadow: { tables: tablePages + 64, lazy: false },
    stream: { pattern, pages, writesPpm: 1_000_000, exponent: 0.99 },
  });
  const { columns, wasm } = core;
  wasm.mmu_mapRun(0, BigInt(BASE_VPN) << 12n, BigInt(first), pages, 1, 2 | 4 | 32 | 64);
  // Each page is written once: nothing is missing afterwards.
  columns.streamPattern[0] = PATTERNS.sequential;
  for (let left = pages; left > 0; left -= ACCESSES) {
    const count = Math.min(left, ACCESSES);
    wasm.mmu_drawLookups(0, count, BigInt(BASE_VPN), USER);
    if (wasm.mmu_run(0, 0, count) !== 0) throw new Error("translate bench: a fault");
  }
  columns.streamPattern[0] = PATTERNS[pattern];
  columns.streamWritesPpm[0] = WRITES_PPM;
  if (pattern !== "sequential") {
    wasm.mmu_drawLookups(0, ACCESSES, BigInt(BASE_VPN), USER);
    return core;
  }
  const drawn = Math.ceil(ACCESSES / PER_PAGE);
  wasm.mmu_drawLookups(0, drawn, BigInt(BASE_VPN), USER);
  for (let at = ACCESSES - 1; at >= 0; at -= 1) {
    columns.lookupAddress.setBig(at, columns.lookupAddress.big(Math.floor(at / PER_PAGE)));
  }
  return core;
}

/** Copies of columns, and a way to put them back. */
function saved(core: Core): () => void {
  const copies = CHANGED.map((name) => {
    const info = COLUMNS.find((column) => column.name === name)!;
    const bytes = rowsOf(info, core.plan) * ELEMENT_BYTES[info.element];
    const view = new Uint8Array(core.memory.buffer, baseOf(core, name), bytes);
    return { view, copy: view.slice() };
  });
  return () => {
    for (const { view, copy } of copies) view.set(copy);
  };
}

function countsOf({ columns }: Core): string {
  const levels = Array.from({ length: 16 }, (_, level) => columns.mmuLevelReferences.get(level));
  const counts = [columns.mmuSecondHits, columns.mmuTlbMisses, columns.mmuWalks].map((column) =>
    column.get(0),
  );
  return [columns.mmuFrameSum.big(0), ...counts, ...levels].join(" ");
}

async function bench(pages: number, pattern: Pattern, mode: MmuMode): Promise<void> {
  const core = machineOf(pages, pattern, mode);
  const { columns, wasm } = core;
  columns.mmuFrameSum.set(0, 0);
  const restore = saved(core);
  const lookupAt = baseOf(core, "lookupAddress");
  const native = nativeModule("mmu", [], new Uint8Array(core.memory.buffer));
  const c = native?.control("run");
  const tableAt = baseOf(core, "scratchWord");
  new Uint32Array(core.memory.buffer, tableAt, TABLE.length).set(TABLE.map((name) => baseOf(core, name)));
  const restored = (work: () => unknown) => ({
    run: () => {
      restore();
      const fault = work();
      if (fault !== 0) throw new Error(`translate bench: ${fault}`);
    },
  });
  const frames = () => columns.mmuFrameSum.big(0).toString();
  await run(
    `${mode} translation, ${pattern}, ${ACCESSES} accesses to ${pages} pages`,
    {
      core: {
        ...restored(() => wasm.mmu_run(0, 0, ACCESSES)),
        answer: () => countsOf(core),
        question: "counts",
      },
      C: c && {
        ...restored(() => c(tableAt, 0, ACCESSES)),
        answer: () => countsOf(core),
        question: "counts",
      },
      // Frames only, by both.
      twin: { run: () => translateModel(core, lookupAt, ACCESSES).toString(), question: "frames" },
      frames: {
        ...restored(() => wasm.mmu_run(0, 0, ACCESSES)),
        answer: frames,
        question: "frames",
        timed: false,
      },
    },
    { rounds: 9, threadClock: native?.now, goals: [faster("core", "C", 0.85), faster("core", "twin")] },
  );
}

const SIZES = [parameter("pages", 3000, 1 << 18), parameter("large", 6000, 1 << 22)];
for (const pages of SIZES) {
  for (const mode of MODES)
    for (const pattern of ["uniform", "zipf", "sequential"] as const) await bench(pages, pattern, mode);
}
