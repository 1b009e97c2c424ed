/** Question: is the recount that reports ask for faster in the core than over the same columns in TypeScript? */
import { faster, parameter, run } from "../harness.ts";
import { recountModel } from "../model/recount.ts";
import { loadMixes, scanOnce, sharingArena } from "./sharing-arena.ts";

const pages = parameter("pages", 1000, 1 << 19);
const VMS = 4;
const arena = sharingArena(VMS, pages, "sequential", (core) => loadMixes(core, 400_000, 300_000));
scanOnce(arena);
const { wasm, columns } = arena.core;
const rows = Array.from({ length: VMS }, (_, vm) => vm);

await run(
  `recount, ${VMS} VMs, ${VMS * pages} pages, scanned: zero 30 %, common 40 %, unique 30 %`,
  {
    core: {
      run: () => {
        for (const vm of rows) wasm.recount_vm(vm);
      },
      answer: () =>
        rows.flatMap((vm) => [
          ...[columns.vmSharedPages[vm], columns.vmZeroPages[vm], columns.vmTouchedPages[vm]],
          ...[columns.vmDirtyPages[vm], columns.vmSavedFraction[vm]],
        ]),
    },
    twin: () => rows.flatMap((vm) => recountModel(columns, vm)),
  },
  { threadClock: arena.native?.now, goals: [faster("core", "twin")] },
);
