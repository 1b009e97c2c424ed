/**
 * Questions: what does it save to back an extent at once, instead of page by page? Is the core faster at forming large pages of
 * scattered frames than the same moves over typed arrays?
 */
import { coreOf, SECOND } from "../../test/support/world.ts";
import { digest, faster, parameter, run } from "../harness.ts";
import { formModel } from "../model/defragment.ts";

const extents = parameter("extents", 3, 64);
const pages = 512 * extents;

/** Touches every extent, and takes all of it away again. */
function backing(step: number) {
  const { wasm, columns } = coreOf(
    {
      vms: [{ pages }],
      policy: {
        largePages: { backing: step === 512 ? "always" : "never", breakAt: "never", defragPagesPerSecond: 0 },
      },
    },
    "release",
  );
  return {
    run() {
      for (let ppn = 0; ppn < pages; ppn += step) wasm.fault_readPage(ppn);
    },
    answer: () => columns.vmGrantedPages[0],
    drop() {
      for (let ppn = 0; ppn < pages; ppn += 1) wasm.fault_dropPage(ppn);
    },
  };
}

const cases = Object.fromEntries(
  [512, 1].map((step) => {
    const { run: touch, answer, drop } = backing(step);
    const both = (): void => {
      drop();
      touch();
    };
    return [step === 512 ? "by extents" : "by pages", { run: both, answer }];
  }),
);
await run(`large pages, ${extents} extents backed and dropped`, cases, {
  goals: [faster("by extents", "by pages")],
});

/** Pages in reverse order, so that none is in its place; every run goes back there first. */
function scattered() {
  const core = coreOf(
    {
      hosts: [4 * pages],
      vms: [{ pages }, { pages: 3 * pages }],
      policy: { largePages: { backing: "always", breakAt: "never", defragPagesPerSecond: 0xffff_fff0 } },
    },
    "release",
  );
  core.columns.vmLargeMode[0] = 0;
  for (let ppn = pages - 1; ppn >= 0; ppn -= 1) core.wasm.fault_readPage(ppn);
  core.columns.vmLargeMode[0] = 2;
  const start = new Uint8Array(core.memory.buffer).slice();
  const back = (): void => new Uint8Array(core.memory.buffer).set(start);
  return { ...core, back, answer: () => digest(core.columns.ppnMpn) };
}

const core = scattered();
const twin = scattered();
await run(
  `large pages, ${extents} formed of ${pages} scattered frames, the way back included`,
  {
    core: {
      run() {
        core.back();
        core.wasm.defragment_run(0, BigInt(SECOND));
      },
      answer: core.answer,
    },
    twin: {
      run() {
        twin.back();
        const { blockFreePages } = twin.columns;
        formModel(
          twin.columns,
          0,
          [...blockFreePages.keys()].filter((block) => blockFreePages[block] === 512),
        );
      },
      answer: twin.answer,
    },
  },
  { goals: [faster("core", "twin")] },
);
