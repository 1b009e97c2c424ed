/**
 * What a guest does while its accesses are translated: its kernel edits page tables, forks, switches between address spaces, and
 * handles page faults.
 *
 *   edit     entry := not present, INVLPG;  the next access of the page faults, the handler puts the entry back
 *   fork     every entry of the address space := read-only, CR3 loaded anew; the first write of each page faults, the handler
 *            makes the entry writable (the copy itself is no translation)
 *   switch   CR3 of the next address space, entries of its PCID kept
 *
 * Events come at even distances. Cost: a fault or an edit is some calls into the core; accesses between them run there.
 */
import type { Core } from "../core/boot.ts";
import { KIND } from "../core/mmu/plan-mmu.ts";
import type { AddressSpace, Chunk } from "./address-space.ts";
import { LOOKUPS, type Machine, TABLES_FIRST } from "./machine.ts";
import type { Resolved } from "./options.ts";

const PRESENT = 1n;
const WRITABLE = 2n;
const KEEP = 1n << 63n;
const NO_TABLE = 0xffff_ffff;
const CX = 0;
const SEQUENTIAL = 2;
const MILLION = 1_000_000;
/** Entries as a kernel writes them: writable, user; and used for long. */
const FRESH_BITS = 2 | 4;
const USED_BITS = FRESH_BITS | 32 | 64;
const EDIT_KEY = 0x6a09e667f3bcc908n;

/** A thing that happens every so many accesses. */
interface Event {
  readonly every: number;
  next: number;
  /** How often yet. */
  left: number;
  readonly act: () => void;
}

export class Workload {
  readonly #core: Core;
  readonly #options: Resolved;
  readonly #space: AddressSpace;
  readonly #roots: bigint[] = [];
  readonly #events: Event[] = [];
  readonly #byVpn = new Map<number, Chunk>();
  #process = 0;
  #edits = 0;
  #done = 0;

  constructor({ core }: Machine, options: Resolved, space: AddressSpace) {
    this.#core = core;
    this.#options = options;
    this.#space = space;
    for (const chunk of space.chunks) this.#byVpn.set(chunk.vpn, chunk);
    this.#map();
    const { edits, forks, switches, accesses } = options;
    const often = (every: number, act: () => void, left = Number.POSITIVE_INFINITY): void => {
      this.#events.push({ every, next: every, left, act });
    };
    if (switches > 0) often(1 / switches, () => this.#switch());
    if (forks > 0) often(accesses / (forks + 1), () => this.#fork(), forks);
    if (edits > 0) often(1 / edits, () => this.#edit());
  }

  /** Makes every address space, the first one's root being there already. */
  #map(): void {
    const { wasm } = this.#core;
    const { processes, fresh } = this.#options;
    for (let process = 0; process < processes; process += 1) {
      const root = process === 0 ? TABLES_FIRST : wasm.mmu_takeTable(CX) >>> 0;
      this.#roots.push((BigInt(root) << 12n) | BigInt(process));
      wasm.mmu_loadCr3(CX, this.#roots[process]!);
      for (const { vpn, gfn, leaf, runs } of this.#space.chunks) {
        const size = 512 ** (leaf - 1);
        for (const [at, pages] of leaf === 1 ? runs : [[0, this.#space.chunkPages] as const]) {
          const address = addressOf(vpn + at);
          const wanted = pages / size;
          const bits = fresh ? FRESH_BITS : USED_BITS;
          const got = wasm.mmu_mapRun(CX, address, BigInt(gfn + at), wanted, leaf, bits) >>> 0;
          if (got !== wanted) throw new Error(`translate: mapped ${got} of ${wanted} pages at ${vpn + at}`);
        }
      }
    }
    wasm.mmu_loadCr3(CX, this.#roots[0]!);
  }

  /** Writes to every page once, one after another, with nothing in between. */
  async touch(wait: (done: number) => Promise<void>): Promise<void> {
    const { columns } = this.#core;
    const [pattern, writes] = [columns.streamPattern[0]!, columns.streamWritesPpm[0]!];
    columns.streamPattern[0] = SEQUENTIAL;
    columns.streamWritesPpm[0] = MILLION;
    const events = this.#events.splice(0);
    await this.run(this.#options.pages, wait);
    this.#events.push(...events);
    this.#done = 0;
    columns.streamPattern[0] = pattern;
    columns.streamWritesPpm[0] = writes;
    columns.streamPosition[0] = 0;
  }

  /**
   * Makes accesses, with what happens between them.
   *
   * @param wait  called now and then
   */
  async run(accesses: number, wait: (done: number) => Promise<void>): Promise<void> {
    const { wasm } = this.#core;
    for (let left = accesses; left > 0; ) {
      const count = Math.min(left, LOOKUPS);
      wasm.mmu_drawLookups(0, count, BigInt(this.#space.base), KIND.user);
      this.#runChunk(count);
      left -= count;
      await wait(accesses - left);
    }
  }

  #runChunk(count: number): void {
    for (let row = 0; row < count; ) {
      const next = this.#events.reduce((least, { next }) => Math.min(least, next), Number.POSITIVE_INFINITY);
      const some = Math.min(count - row, Math.max(0, Math.ceil(next - this.#done)));
      this.#runRows(row, some);
      row += some;
      this.#done += some;
      for (const event of this.#events) {
        while (event.next <= this.#done) {
          event.act();
          event.left -= 1;
          event.next = event.left > 0 ? event.next + event.every : Number.POSITIVE_INFINITY;
        }
      }
    }
  }

  #runRows(first: number, count: number): void {
    const { wasm } = this.#core;
    // Nothing faults where nothing is ever edited.
    if (this.#events.length === 0) {
      if (wasm.mmu_run(CX, first, count) !== 0) this.#unexpected();
      return;
    }
    for (let row = first; row < first + count; ) {
      row = wasm.mmu_runToFault(CX, row, first + count - row) >>> 0;
      if (row < first + count) {
        this.#handle();
        // The access is made again: it counts once.
        this.#core.columns.mmuAccesses.set(CX, this.#core.columns.mmuAccesses.get(CX) - 1);
      }
    }
  }

  /** The guest's handler: an entry that was taken out comes back, one that is read-only becomes writable. */
  #handle(): void {
    const { columns } = this.#core;
    if (columns.mmuFault[CX] !== 1) this.#unexpected();
    const address = columns.mmuFaultAddress.big(CX);
    const present = (columns.mmuFaultCode[CX]! & 1) !== 0;
    this.#change(Number(address >> 12n), present ? WRITABLE : PRESENT, 0n);
    if (present) this.#core.wasm.mmu_invalidatePage(CX, address);
  }

  /** Sets and clears bits of the entry of a virtual page; @returns whether there is one */
  #change(vpn: number, set: bigint, clear: bigint): boolean {
    const { wasm } = this.#core;
    const { chunkPages } = this.#space;
    const chunk = this.#byVpn.get(Math.floor(vpn / chunkPages) * chunkPages);
    if (chunk === undefined) return false;
    const address = addressOf(vpn);
    const table = wasm.mmu_seekTable(CX, address, chunk.leaf) >>> 0;
    if (table === NO_TABLE) return false;
    const index = Number((address >> BigInt(12 + 9 * (chunk.leaf - 1))) & 511n);
    const entry = BigInt.asUintN(64, wasm.mmu_guestWord(0, BigInt(table), index));
    wasm.mmu_writeTable(CX, BigInt(table), index, (entry | set) & ~clear);
    return true;
  }

  #edit(): void {
    const { wasm } = this.#core;
    const { pages } = this.#options;
    const row = wasm.prng_permute(this.#edits % pages, pages, EDIT_KEY) >>> 0;
    this.#edits += 1;
    const vpn = this.#space.virtualPages?.[row] ?? this.#space.base + row;
    if (this.#change(vpn, 0n, PRESENT)) wasm.mmu_invalidatePage(CX, addressOf(vpn));
  }

  #fork(): void {
    const { wasm } = this.#core;
    for (const { vpn, leaf, runs } of this.#space.chunks) {
      const step = 512 ** (leaf - 1);
      for (const [at, pages] of leaf === 1 ? runs : [[0, this.#space.chunkPages] as const]) {
        for (let page = 0; page < pages; page += step) this.#change(vpn + at + page, 0n, WRITABLE);
      }
    }
    wasm.mmu_loadCr3(CX, this.#roots[this.#process]!);
  }

  #switch(): void {
    this.#process = (this.#process + 1) % this.#roots.length;
    this.#core.wasm.mmu_loadCr3(CX, this.#roots[this.#process]! | KEEP);
  }

  #unexpected(): never {
    const { columns } = this.#core;
    const at = columns.mmuFaultAddress.big(CX).toString(16);
    throw new Error(
      `translate: unexpected fault ${columns.mmuFault[CX]}, code ${columns.mmuFaultCode[CX]}, at ${at}`,
    );
  }
}

/** Address of a virtual page number of up to 52 bits. */
export function addressOf(vpn: number): bigint {
  return BigInt(vpn) << 12n;
}
