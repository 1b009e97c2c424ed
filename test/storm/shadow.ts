/**
 * A copy of what every guest page must hold, kept by replaying what the guests do: no content ever changes except by
 * a write of its owner. When accesses come does not matter here: each stream is replayed as far as the world has got. Where
 * several streams have written a page since the last look, it holds what one of them wrote last.
 *
 * Which accesses failed for want of a frame the shadow does not know, only how many. In a step in which a VM's
 * accesses failed, each of its pages may hold what it held or what was written to it in that step, nothing else.
 */
import type { World } from "../../src/sim/world.ts";
import { type Access, StreamModel } from "../model/guest/accesses.ts";
import { xxh3Model } from "../model/memory/page-hash.ts";
import { firstWord, mix64, permute, poolContent, SUBSYSTEM, seedStream } from "../model/prng.ts";
import { FLAG, NO_MPN } from "../support/world.ts";
import type { Weather } from "./scenario.ts";

/** What a page holds: nothing, what an id stands for, or bytes. */
type Content = undefined | bigint | Uint8Array;

/** logicalFlags: a copy in swap space, a file page that was changed. */
const ON_DISK = 1 | 2;

interface Guest {
  readonly streams: {
    readonly row: number;
    readonly model: StreamModel;
    /** Where its region begins among the pages below. */
    readonly from: number;
    accesses: number;
  }[];
  /** With an operating system: the VM's first logical page, and pages below are logical. */
  readonly logical: number | undefined;
  /** What its logical pages hold when they are in no memory and have not been changed. */
  readonly original: readonly bigint[];
  /** Possible contents of each page; one, but for pages of VMs that ran out of frames. */
  pages: Content[][];
  accesses: number;
  writes: number;
  failed: number;
  /** Power and since when, at the last look. */
  life: string;
}

export class Shadow {
  readonly #world: World;
  readonly #guests: Guest[];

  /** @param cut  pages of each VM row's image that found no frame */
  constructor(world: World, weather: Weather, cut: ReadonlyMap<number, number>) {
    this.#world = world;
    let row = 0;
    this.#guests = world.plan.vmOrder.map((index, vm) => {
      const spec = weather.scenario.vms[index]!;
      const streams = spec.workload.map((stream) => {
        const state = seedStream(BigInt(weather.scenario.seed), SUBSYSTEM.stream, BigInt(row));
        const pool = { key: world.columns.vmPool.big(vm), pages: world.columns.vmPoolPages[vm]! };
        return {
          row: row++,
          model: new StreamModel(stream, state, pool, world.plan.aliases[row - 1]),
          from: spec.os?.regions.slice(0, stream.region).reduce((sum, { pages }) => sum + pages, 0) ?? 0,
          accesses: 0,
        };
      });
      const start = { streams, accesses: 0, writes: 0, failed: 0, life: "" };
      if (spec.os !== undefined) {
        const logical = world.plan.memory.vms[vm]!.logicalFirst;
        const original = regionContents(world, vm);
        return { ...start, logical, original, pages: original.map((content) => [content]) };
      }
      const image = imageOf(world, weather, vm, index);
      const loaded = image.length - (cut.get(vm) ?? 0);
      const pages = Array.from({ length: spec.memoryPages }, (_, page) => [
        page < loaded ? image[page] : undefined,
      ]);
      return { ...start, logical: undefined, original: [], pages };
    });
  }

  /** Replays every access since the last look, and says what the world gets wrong. */
  advance(): string | undefined {
    const { columns } = this.#world;
    for (const [vm, guest] of this.#guests.entries()) {
      const failed =
        columns.vmOutOfFrames.get(vm) + (guest.logical === undefined ? 0 : columns.vmGuestOom.get(vm));
      const accesses = guest.streams.map((stream) => {
        const made = columns.streamAccesses.get(stream.row);
        const fresh = stream.model.take(made - stream.accesses);
        stream.accesses = made;
        return fresh.map((access) => ({ ...access, page: access.page + stream.from }));
      });
      replay(guest, accesses, failed > guest.failed);
      guest.failed = failed;
      this.#endPrograms(guest);
      if (this.#isOtherLife(vm, guest)) this.#believe(vm, guest);
      const fault =
        differ(`vm ${vm} accesses`, columns.vmAccesses.get(vm), guest.accesses) ??
        differ(`vm ${vm} writes`, columns.vmWrites.get(vm), guest.writes) ??
        this.#compare(vm, guest);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  /** Whether the VM has lost power since the last look: what its pages held is gone, what came then is not known. */
  #isOtherLife(vm: number, guest: Guest): boolean {
    if (this.#world.plan.cpu === undefined) return false;
    const { vmPower, vmPowerNs, vmPowerTotalNs } = this.#world.columns;
    const life = `${vmPower[vm]} ${vmPowerNs.get(vm)} ${vmPowerTotalNs.get(vm)}`;
    const other = guest.life !== life && vmPowerTotalNs.get(vm) > 0;
    guest.life = life;
    return other;
  }

  /** Memory of programs that have ended may have been given back: it is zero then. */
  #endPrograms({ streams, pages, logical }: Guest): void {
    if (logical === undefined) return;
    const { regionFirst, regionPages, regionFile, streamRegion } = this.#world.columns;
    for (const { row, model } of streams) {
      const region = streamRegion[row]!;
      if (regionFile[region] !== 0 || (model.spec.stopNs ?? Infinity) > this.#world.nowNs) continue;
      const first = regionFirst[region]! - logical;
      for (let page = first; page < first + regionPages[region]!; page += 1) {
        if (!pages[page]!.includes(0n)) pages[page] = [...pages[page]!, 0n];
      }
    }
  }

  #believe(vm: number, guest: Guest): void {
    const first = this.#world.columns.vmPpnFirst[vm]!;
    guest.pages = guest.pages.map((_, page) =>
      guest.logical === undefined
        ? [this.#contentOf(first + page)]
        : [this.#logicalContent(guest.logical + page) ?? guest.original[page]!],
    );
  }

  /** What a page of a program or file holds, wherever it is: in a frame, in a slot of the host, on the guest's disk. */
  #logicalContent(row: number): Content {
    const { logicalPpn, logicalFlags, logicalContent } = this.#world.columns;
    const ppn = logicalPpn[row]!;
    if (ppn !== NO_MPN) return this.#contentOf(ppn) ?? 0n;
    if ((logicalFlags[row]! & ON_DISK) !== 0) return logicalContent.big(row);
    return undefined;
  }

  #contentOf(ppn: number): Content {
    const mpn = this.#world.columns.ppnMpn[ppn]!;
    if (mpn === NO_MPN) return undefined;
    const { ids, bytes } = this.#store(ppn);
    return this.#world.plan.content === "ids" ? ids.big(mpn) : bytes.slice(4096 * mpn, 4096 * (mpn + 1));
  }

  /** Where a page's content stands: in a frame, or in a slot. */
  #store(ppn: number) {
    const { mpnContent, mpnBytes, swapContent, swapBytes, ppnFlags } = this.#world.columns;
    return (ppnFlags[ppn]! & FLAG.mapped) !== 0
      ? { ids: mpnContent, bytes: mpnBytes }
      : { ids: swapContent, bytes: swapBytes };
  }

  #compare(vm: number, guest: Guest): string | undefined {
    return guest.logical === undefined ? this.#comparePhysical(vm, guest) : this.#compareLogical(vm, guest);
  }

  #compareLogical(vm: number, { pages, logical, original }: Guest): string | undefined {
    for (const [page, possible] of pages.entries()) {
      // Neither in memory nor changed on disk: as it was in the beginning.
      const actual = this.#logicalContent(logical! + page) ?? original[page]!;
      if (!possible.includes(actual)) {
        return `vm ${vm} logical page ${logical! + page}: ${actual}, not the content its guest last wrote`;
      }
      pages[page] = [actual];
    }
    return undefined;
  }

  #comparePhysical(vm: number, guest: Guest): string | undefined {
    const { columns, plan, scenario } = this.#world;
    const first = columns.vmPpnFirst[vm]!;
    const { mmu } = scenario.vms[plan.vmOrder[vm]!]!;
    // What lies behind is the guest kernel's: page tables.
    const own = mmu === undefined ? guest.pages : guest.pages.slice(0, -mmu.tablePages);
    const hasLarge = plan.core.groups.has("large");
    for (const [page, given] of own.entries()) {
      // A large page brings zeroes with it.
      const possible = hasLarge && given.includes(undefined) ? [...given, 0n] : given;
      if (this.#isRemote(vm, page)) continue;
      const mpn = columns.ppnMpn[first + page]!;
      const actual = possible.find((content) => this.#holds(first + page, content));
      // Zeroes arrive at another host as no page at all.
      const isZero = this.#world.plan.moves.length > 0 && possible.includes(0n);
      if (actual === undefined && !(mpn === NO_MPN && (possible.includes(undefined) || isZero))) {
        return `vm ${vm} page ${page} (ppn ${first + page}, mpn ${mpn}): not the content its guest last wrote`;
      }
      guest.pages[page] = [actual];
    }
    return undefined;
  }

  /** The source of a migration still has the page: what it holds is seen when it has come. */
  #isRemote(vm: number, page: number): boolean {
    const { columns, plan } = this.#world;
    const move = plan.moves.length === 0 ? 0 : columns.vmRemote[vm]!;
    if (move === 0) return false;
    const bit = columns.moveRange[move - 1]! * columns.worldRangePages[0]! + page;
    return ((columns.sendWordBits.words[bit >>> 5]! >>> (bit & 31)) & 1) !== 0;
  }

  #holds(ppn: number, content: Content): boolean {
    const mpn = this.#world.columns.ppnMpn[ppn]!;
    if (mpn === NO_MPN || content === undefined) return mpn === NO_MPN && content === undefined;
    const store = this.#store(ppn);
    if (this.#world.plan.content === "ids") return store.ids.big(mpn) === content;
    const bytes = store.bytes.subarray(4096 * mpn, 4096 * (mpn + 1));
    if (content instanceof Uint8Array) return Buffer.compare(bytes, content) === 0;
    const view = new DataView(bytes.buffer, bytes.byteOffset, 4096);
    return (
      view.getBigUint64(0, true) === firstWord(content) && view.getBigUint64(4088, true) === lastWord(content)
    );
  }
}

function lastWord(id: bigint): bigint {
  return id === 0n ? 0n : mix64(BigInt.asUintN(64, id + 512n * 0x9e3779b97f4a7c15n));
}

function differ(what: string, got: number, expected: number): string | undefined {
  return got === expected ? undefined : `${what}: ${got}, replayed ${expected}`;
}

/** What the accesses of a VM's streams, each in its own order, leave in its pages. */
function replay(guest: Guest, accesses: readonly Access[][], mayFail: boolean): void {
  const touched = new Set<number>();
  const written = new Map<number, bigint[]>();
  for (const ofStream of accesses) {
    const last = new Map<number, bigint>();
    for (const { page, write } of ofStream) {
      guest.accesses += 1;
      guest.writes += write === undefined ? 0 : 1;
      touched.add(page);
      if (typeof write !== "bigint") continue;
      // Any write may be the last one that found a frame.
      if (mayFail) note(written, page, write);
      last.set(page, write);
    }
    for (const [page, write] of last) note(written, page, write);
  }
  for (const page of touched) {
    const before = guest.pages[page]!;
    const after = written.get(page) ?? [...new Set(before.map((content) => content ?? 0n))];
    guest.pages[page] = mayFail ? [...new Set([...before, 0n, ...after])] : after;
  }
}

function note(written: Map<number, bigint[]>, page: number, write: bigint): void {
  const known = written.get(page) ?? [];
  if (!known.includes(write)) written.set(page, [...known, write]);
}

/** What pages of files and programs hold before anybody writes them. */
function regionContents({ columns }: World, vm: number): bigint[] {
  const first = columns.vmRegionFirst[vm]!;
  return Array.from({ length: columns.vmRegionCount[vm]! }, (_, index) => first + index).flatMap((region) =>
    Array.from({ length: columns.regionPages[region]! }, (_, page) =>
      columns.regionFile[region] === 0 ? 0n : poolContent(columns.regionContent.big(region), page),
    ),
  );
}

function imageOf(world: World, weather: Weather, vm: number, index: number): Content[] {
  const spec = weather.scenario.vms[index]!;
  const given = weather.images[spec.name];
  if (given instanceof BigUint64Array) return [...given];
  if (given !== undefined) return bytesOf(given, world.plan.content);
  if (spec.image?.kind !== "mix") return [];
  const { pages, uniquePpm, commonPpm } = spec.image;
  const common = Math.round((pages * commonPpm) / 1e6);
  const unique = Math.min(pages - common, Math.round((pages * uniquePpm) / 1e6));
  const seed = BigInt(weather.scenario.seed);
  const own = seedStream(seed, SUBSYSTEM.image, BigInt(vm));
  const key = seedStream(seed, SUBSYSTEM.image, 0xffff_ffffn);
  return Array.from({ length: pages }, (_, at) => {
    const position = permute(at, pages, key);
    if (position < common) return poolContent(world.columns.vmPool.big(vm), position);
    return position < common + unique ? poolContent(own, position) : 0n;
  });
}

function bytesOf(bytes: Uint8Array, form: "bytes" | "ids"): Content[] {
  return Array.from({ length: bytes.length / 4096 }, (_, page) => {
    const content = bytes.subarray(4096 * page, 4096 * (page + 1));
    if (content.every((byte) => byte === 0)) return 0n;
    return form === "bytes" ? content : xxh3Model(content) || 1n;
  });
}
