/** What the page-sharing bench works on: one host with its images loaded, and how to put it back as it was. */
import type { Core } from "../../src/core/boot.ts";
import { coreOf, NO_LIMIT } from "../../test/support/world.ts";
import { digestColumns, type Restorer, restorer, writeTable } from "../columns.ts";
import { type NativeModule, nativeModule } from "../native.ts";
import { xorshift32 } from "../random.ts";

type Order = "sequential" | "permuted";

export interface SharingArena extends Restorer {
  readonly core: Core;
  readonly native: NativeModule | undefined;
  /** Address of the table that `bench/native/sharing.c` reads. */
  readonly tableAt: number;
  readonly digest: () => string;
}

/** What a pass changes, the clock and the scan's own position apart; order and names as in bench/native/sharing.c. */
const NAMES = [
  ...["vmPpnFirst", "vmPpnCount", "vmSalt", "vmUnvisitedPages", "vmFalseMatches", "extentVm", "ppnMpn"],
  ...[
    "ppnFlags",
    "mpnRefcount",
    "mpnContent",
    "blockFreePages",
    "blockZone",
    "frameWordBits",
    "blockWordBits",
  ],
  ...["slotEntry", "overflowMpn", "overflowPpns", "zoneFreePages", "hostUsedPages", "hostSharedPages"],
  ...["hostCommonPages", "hostHintPages", "worldTableEntries", "worldHintsDropped", "worldHashMask"],
];

/**
 * Makes an arena of VMs of one size.
 *
 * @param load  brings the images of a core that has none
 */
export function sharingArena(
  vms: number,
  pagesEach: number,
  order: Order,
  load: (core: Core) => void,
): SharingArena {
  const small = {
    vms: Array.from({ length: vms }, () => ({ pages: pagesEach })),
    sharing: { order },
  };
  const core = coreOf(small, "release");
  load(core);
  core.columns.hostScanRateTarget.fill(NO_LIMIT);
  core.columns.vmScanRateTarget.fill(NO_LIMIT);
  core.columns.worldEpochNs.set(0, 0); // no policy that would stop the clock
  core.wasm.start();
  const { vm, mpn, block, slot, overflow } = core.plan.rows;
  const tableAt = writeTable(core, NAMES, [vm, mpn, block, slot, overflow]);
  const native = nativeModule("sharing", [], new Uint8Array(core.memory.buffer));
  return {
    ...restorer(core, native?.now),
    core,
    native,
    tableAt,
    digest: () => digestColumns(core, NAMES),
  };
}

/** One pass over every page: the scan of one tick, without a limit. */
export function scanOnce({ core }: SharingArena): void {
  core.wasm.advance(100_000_000);
}

/** Contents of which a part are duplicates of others, anywhere. */
export function loadDuplicates(core: Core, duplicates: number): void {
  const { columns, wasm, plan } = core;
  for (let vm = 0; vm < plan.rows.vm; vm += 1) {
    const pages = columns.vmPpnCount[vm]!;
    wasm.load_mix(vm, pages, 0, pages);
  }
  const { words } = columns.mpnContent;
  const pages = words.length / 2;
  const distinct = Math.max(1, Math.round(pages * (1 - duplicates)));
  const next = xorshift32(7);
  for (let page = 0; page < pages; page += 1) {
    // Shuffled: a content and its duplicates lie anywhere.
    const at = wasm.prng_permute(page, pages, 42n) >>> 0;
    const content = at < distinct ? at : next() % distinct;
    words[2 * page] = Math.imul(content + 1, 0x9e3779b1);
    words[2 * page + 1] = content + 1;
  }
}

/** Image mix of each VM: zeroes, contents common to all VMs, contents of its own. */
export function loadMixes(core: Core, commonPpm: number, uniquePpm: number): void {
  const { columns, wasm, plan } = core;
  for (let vm = 0; vm < plan.rows.vm; vm += 1) {
    const pages = columns.vmPpnCount[vm]!;
    const common = Math.round((pages * commonPpm) / 1e6);
    columns.vmPool.setBig(vm, 0x1234_5678_9abc_def0n);
    wasm.load_mix(vm, pages, common, Math.min(pages - common, Math.round((pages * uniquePpm) / 1e6)));
  }
}
