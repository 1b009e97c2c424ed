/** Question: does the core's table count contents faster than a Map, in and out of cache? 40 % duplicates. */
import { tallyModel } from "../../test/model/memory/tally.ts";
import { ARENA, rawCore } from "../../test/support/raw-core.ts";
import { faster, parameter, run } from "../harness.ts";
import { xorshift32 } from "../random.ts";

interface TallyExports {
  tally_add(hashes: number, count: number, file: number, table: number, slots: number, control: number): void;
}

const SLOT_BYTES = 16;
const CONTROL_BYTES = 64;

async function tally(pages: number, title: string): Promise<void> {
  const slots = pages;
  const core = rawCore(CONTROL_BYTES + pages * 8 + slots * SLOT_BYTES);
  const wasm = core.wasm as unknown as TallyExports;
  const hashesAt = ARENA + CONTROL_BYTES;
  const tableAt = hashesAt + pages * 8;
  const hashes = new BigUint64Array(core.memory.buffer, hashesAt, pages);
  const control = new BigUint64Array(core.memory.buffer, ARENA, CONTROL_BYTES / 8);
  const distinct = Math.max(1, Math.round(pages * 0.6));
  const next = xorshift32(1);
  for (let page = 0; page < pages; page += 1) {
    // Each content once, then repeats: a bijection of the row spreads them over the table.
    const content = page < distinct ? page : next() % distinct;
    hashes[page] = BigInt.asUintN(64, BigInt(content + 1) * 0x9e3779b97f4a7c15n);
  }
  await run(
    title,
    {
      core: {
        run: () => {
          control.fill(0n);
          core.bytes.fill(0, tableAt, tableAt + slots * SLOT_BYTES);
          wasm.tally_add(hashesAt, pages, 0, tableAt, slots, ARENA);
        },
        answer: () => `${control[3]} distinct, ${control[4]} shared, at most ${control[5]} copies`,
      },
      "Map of BigInt": () => {
        const copies = new Map<bigint, number>();
        for (const hash of hashes) copies.set(hash, (copies.get(hash) ?? 0) + 1);
        let shared = 0;
        let most = 0;
        for (const count of copies.values()) {
          if (count > 1) shared += 1;
          if (count > most) most = count;
        }
        return `${copies.size} distinct, ${shared} shared, at most ${most} copies`;
      },
      twin: {
        run: () => {
          const { total } = tallyModel([[...hashes.subarray(0, pages)]]);
          const { distinct: all, sharedContentsNonzero: shared, maxCopiesNonzero: most } = total;
          return `${all} distinct, ${shared} shared, at most ${most} copies`;
        },
        timed: false,
      },
    },
    { rounds: 5, goals: [faster("core", "Map of BigInt", 4)] },
  );
}

await tally(parameter("pages", 500, 50_000), "tally, 50 k pages, 200 MB of memory");
await tally(parameter("pages", 700, 1_000_000), "tally, 1 M pages, 4 GB of memory");
