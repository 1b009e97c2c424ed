/**
 * A host that pages out and compresses, naively: maps of what every page holds and where, lists for what is under way and
 * what is compressed. Victims are drawn from the core's own random streams. Nothing is shared here.
 */
import { below, mix64, nextState } from "../prng.ts";

export type Place = "none" | "mapped" | "leaving" | "swapped" | "compressed";

export interface PagingHost {
  readonly frames: number;
  readonly swapPages: number;
  readonly cluster: number;
  /** A read's and a write's latency, and a page's transfer, ns. */
  readonly readNs: bigint;
  readonly writeNs: bigint;
  readonly pageNs: bigint;
  /** KiB that a content takes compressed; more than 2: not worth it. */
  readonly kibOf: (content: bigint) => number;
}

export interface PagingVm {
  readonly first: number;
  readonly pages: number;
  /** KiB of its compression cache at the most. */
  readonly zipKib: number;
  /** State of its stream of victims. */
  random: bigint;
}

interface Page {
  readonly vm: number;
  place: Place;
  content: bigint;
  /** A write of it is under way. */
  queued: boolean;
}

/** Victims drawn before neighbours are looked at; pages taken from whoever has most for one that finds no frame. */
const DRAWS = 128;
const AT_THE_DOOR = 8;
const RING = 1024;

export class PagingModel {
  readonly pages = new Map<number, Page>();
  readonly counts: { ins: number; outs: number; zips: number; unzips: number }[];
  /** Compressed pages of each VM in the order in which they came, some of which have left. */
  readonly entries: number[][];
  readonly #host: PagingHost;
  readonly #vms: readonly PagingVm[];
  /** Writes under way, oldest first. */
  readonly #queue: { readonly ppn: number; doneNs: bigint }[] = [];
  #diskFreeNs = 0n;
  #billNs = 0n;
  #evicted = 0;

  constructor(host: PagingHost, vms: readonly PagingVm[]) {
    this.#host = host;
    this.#vms = vms;
    this.entries = vms.map(() => []);
    this.counts = vms.map(() => ({ ins: 0, outs: 0, zips: 0, unzips: 0 }));
    vms.forEach(({ first, pages }, vm) => {
      for (let ppn = first; ppn < first + pages; ppn += 1) {
        this.pages.set(ppn, { vm, place: "none", content: 0n, queued: false });
      }
    });
  }

  /** When whoever made the last access goes on. */
  get billedNs(): bigint {
    return this.#billNs;
  }

  count(vm: number, ...places: readonly Place[]): number {
    return [...this.pages.values()].filter((page) => page.vm === vm && places.includes(page.place)).length;
  }

  kib(vm: number): number {
    const own = [...this.pages.values()].filter((page) => page.vm === vm && page.place === "compressed");
    return own.reduce((sum, { content }) => sum + this.#host.kibOf(content), 0);
  }

  get usedFrames(): number {
    return this.#vms.reduce((sum, _, vm) => sum + this.count(vm, "mapped", "leaving"), 0);
  }

  get zipFrames(): number {
    return this.#vms.reduce((sum, _, vm) => sum + Math.ceil(this.kib(vm) / 4), 0);
  }

  get #free(): number {
    return this.#host.frames - this.usedFrames - this.zipFrames;
  }

  /** Places in the file that are taken: pages there, and one for every write under way. */
  get swapUsed(): number {
    return this.#vms.reduce((sum, _, vm) => sum + this.count(vm, "swapped"), this.#queue.length);
  }

  open(at: bigint): void {
    this.#billNs = at;
  }

  #wait(until: bigint): void {
    if (until > this.#billNs) this.#billNs = until;
  }

  #request(pages: number, latency: bigint, at: bigint): bigint {
    const begin = at > this.#diskFreeNs ? at : this.#diskFreeNs;
    const transfer = BigInt(pages) * this.#host.pageNs;
    this.#diskFreeNs = begin + transfer;
    return begin + latency + transfer;
  }

  read(ppn: number): boolean {
    const page = this.pages.get(ppn)!;
    if (page.place === "leaving") page.place = "mapped";
    return page.place === "mapped" || this.#bring(page);
  }

  write(ppn: number, content: bigint): boolean {
    if (!this.read(ppn)) return false;
    this.pages.get(ppn)!.content = content;
    return true;
  }

  drop(ppn: number): void {
    const page = this.pages.get(ppn)!;
    page.place = "none";
    page.content = 0n;
  }

  #bring(page: Page): boolean {
    if (this.#free <= 0 && !this.#giveFrame(page.vm)) return false;
    if (page.place === "swapped") {
      this.#wait(this.#request(1, this.#host.readNs, this.#billNs));
      this.counts[page.vm]!.ins += 1;
    }
    if (page.place === "compressed") this.counts[page.vm]!.unzips += 1;
    page.place = "mapped";
    return true;
  }

  #isVictim(ppn: number): boolean {
    const { place, queued } = this.pages.get(ppn)!;
    return place === "mapped" && !queued;
  }

  #pick(row: number): number | undefined {
    const vm = this.#vms[row]!;
    if (this.count(row, "mapped") === 0) return undefined;
    let at = 0;
    for (let draw = 0; draw < DRAWS; draw += 1) {
      vm.random = nextState(vm.random);
      at = below(mix64(vm.random), vm.pages);
      if (this.#isVictim(vm.first + at)) return vm.first + at;
    }
    for (let step = 1; step < vm.pages; step += 1) {
      const ppn = vm.first + ((at + step) % vm.pages);
      if (this.#isVictim(ppn)) return ppn;
    }
    return undefined;
  }

  #compress(ppn: number): boolean {
    const page = this.pages.get(ppn)!;
    const most = this.#vms[page.vm]!.zipKib;
    const kib = this.#host.kibOf(page.content);
    if (most === 0 || kib > 2) return false;
    while (this.kib(page.vm) + kib > most) if (!this.#dropOldest(page.vm)) return false;
    const entries = this.entries[page.vm]!;
    if (entries.length === 2 * most) this.entries[page.vm] = this.#live(entries);
    const frames = Math.ceil(this.kib(page.vm) / 4);
    if (this.#free <= 0 && Math.ceil((this.kib(page.vm) + kib) / 4) > frames + 1) return false;
    page.place = "compressed";
    this.entries[page.vm]!.push(ppn);
    this.counts[page.vm]!.zips += 1;
    return true;
  }

  /** Entries of pages that are compressed, each once: the last. */
  #live(entries: readonly number[]): number[] {
    return entries.filter(
      (ppn, at) => this.pages.get(ppn)!.place === "compressed" && !entries.includes(ppn, at + 1),
    );
  }

  #dropOldest(vm: number): boolean {
    const [oldest] = this.entries[vm]!;
    if (oldest === undefined) return false;
    const page = this.pages.get(oldest)!;
    if (page.place === "compressed") {
      if (this.swapUsed >= this.#host.swapPages) return false;
      page.place = "swapped";
      this.counts[vm]!.outs += 1;
      this.#evicted += 1;
    }
    this.entries[vm]!.shift();
    return true;
  }

  #giveFrame(vm: number): boolean {
    const excess = this.#vms.map(
      ({ pages }, row) => this.count(row, "mapped", "leaving") + Math.ceil(this.kib(row) / 4) - pages,
    );
    let from = 0;
    let most = Number.NEGATIVE_INFINITY;
    excess.forEach((pages, row) => {
      if (this.count(row, "mapped", "leaving") === 0 || pages <= most) return;
      most = pages;
      from = row;
    });
    let written = 0;
    for (let page = 0; page < AT_THE_DOOR; page += 1) {
      const ppn = this.#pick(from) ?? this.#pick(vm);
      if (ppn === undefined) break;
      if (this.#compress(ppn)) continue;
      if (this.swapUsed >= this.#host.swapPages) break;
      this.#leave(ppn);
      written += 1;
    }
    written += this.#takeEvicted();
    if (written > 0) this.#wait(this.#request(written, this.#host.writeNs, this.#billNs));
    return this.#free > 0;
  }

  #takeEvicted(): number {
    const pages = this.#evicted;
    this.#evicted = 0;
    return pages;
  }

  #leave(ppn: number): void {
    const page = this.pages.get(ppn)!;
    page.place = "swapped";
    this.counts[page.vm]!.outs += 1;
  }

  take(vm: number, pages: number, at: bigint): number {
    let taken = 0;
    let listed: { readonly ppn: number; doneNs: bigint }[] = [];
    const send = (): void => {
      if (listed.length === 0) return;
      const done = this.#request(listed.length, this.#host.writeNs, at);
      for (const row of listed) row.doneNs = done;
      listed = [];
    };
    for (; taken < pages; taken += 1) {
      const ppn = this.#pick(vm);
      if (ppn === undefined) break;
      if (!this.#compress(ppn)) {
        if (this.swapUsed >= this.#host.swapPages || this.#queue.length >= RING) break;
        const row = { ppn, doneNs: 0n };
        this.#queue.push(row);
        listed.push(row);
        Object.assign(this.pages.get(ppn)!, { place: "leaving", queued: true });
      }
      if (listed.length === this.#host.cluster) send();
    }
    send();
    const evicted = this.#takeEvicted();
    if (evicted > 0) this.#request(evicted, this.#host.writeNs, at);
    return taken;
  }

  written(at: bigint): void {
    while (this.#queue.length > 0 && this.#queue[0]!.doneNs <= at) {
      const { ppn } = this.#queue.shift()!;
      const page = this.pages.get(ppn)!;
      page.queued = false;
      if (page.place === "leaving") this.#leave(ppn);
    }
  }
}
