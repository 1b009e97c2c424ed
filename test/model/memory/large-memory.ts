/**
 * Large pages, naively: the whole memory mechanism with a map from extents to blocks and a set of pages held back. Which
 * frames are free, which pages stand where is asked of sets, frame by frame.
 */
import { HINTED, MachineMemory, type ModelHost, type ModelVm, type Page } from "./machine-memory.ts";

const BLOCK = 512;
const range = (first: number): number[] => Array.from({ length: BLOCK }, (_, at) => first + at);

export interface LargeRules {
  /** Memory of a host: not all of it may have rows. */
  readonly memory: number;
  /** Free frames below which large pages are broken for sharing, and that making them leaves. */
  readonly below: number;
  readonly above: number;
  /** Backed as long as there is a whole block. */
  readonly always: boolean;
}

export class LargeMemory extends MachineMemory {
  /** First frame of the block behind each large page, by extent. */
  readonly large = new Map<number, number>();
  readonly held = new Set<number>();
  readonly counts: { backed: number; formed: number; shared: number; taken: number }[];
  moves = 0;
  readonly #rules: LargeRules;

  constructor(
    hosts: readonly ModelHost[],
    vms: readonly ModelVm[],
    hash: (content: bigint) => bigint,
    fileMax: number,
    rules: LargeRules,
  ) {
    super(hosts, vms, hash, fileMax);
    this.#rules = rules;
    this.counts = vms.map(() => ({ backed: 0, formed: 0, shared: 0, taken: 0 }));
  }

  #isLarge(ppn: number): boolean {
    return this.large.has(Math.floor(ppn / BLOCK));
  }

  #free(host: number): number {
    const rows = this.topology[host]!.zones.flat().length;
    return this.#rules.memory - (rows - this.free[host]!.size);
  }

  #breaks(host: number): boolean {
    return this.#free(host) < this.#rules.below;
  }

  #plenty(host: number): boolean {
    return this.#free(host) >= this.#rules.above + BLOCK && !this.#breaks(host);
  }

  /** First frame of the lowest block that is free as a whole. */
  #freeBlock(host: number): number | undefined {
    const free = this.free[host]!;
    const starts = this.topology[host]!.zones.flat().filter((mpn) => mpn % BLOCK === 0);
    return starts.find((mpn) => range(mpn).every((one) => free.has(one)));
  }

  protected override back(ppn: number): boolean {
    const page = this.pages.get(ppn)!;
    const host = this.hostOf(page);
    const first = ppn - (ppn % BLOCK);
    const isEmpty = range(first).every((one) => this.pages.get(one)?.frame === undefined);
    const isWhole = range(first).every((one) => this.pages.has(one));
    const block = this.#freeBlock(host);
    const may = this.#rules.always || this.#plenty(host);
    if (!isEmpty || !isWhole || !may || block === undefined) return super.back(ppn);
    range(first).forEach((one, at) => {
      this.free[host]!.delete(block + at);
      this.frames.set(block + at, { content: 0n, ppns: new Set([one]) });
      Object.assign(this.pages.get(one)!, { frame: block + at, zero: true, visited: false });
    });
    page.touched = true;
    this.large.set(first / BLOCK, block);
    this.counts[page.vm]!.backed += 1;
    return true;
  }

  override write(ppn: number, content: bigint): boolean {
    // A page of a large page that nobody has touched counts as touched even if the write finds no frame.
    const page = this.pages.get(ppn)!;
    if (page.frame !== undefined) page.touched = true;
    const isWritten = super.write(ppn, content);
    if (isWritten) this.held.delete(ppn);
    return isWritten;
  }

  override drop(ppn: number): void {
    if (this.pages.get(ppn)!.frame !== undefined) this.break(ppn, "taken");
    super.drop(ppn);
  }

  /** Breaks the large page around a page, if there is one. */
  break(ppn: number, why: "shared" | "taken"): void {
    if (!this.#isLarge(ppn)) return;
    for (const one of range(ppn - (ppn % BLOCK))) {
      if (this.held.delete(one)) this.pages.get(one)!.visited = false;
    }
    this.large.delete(Math.floor(ppn / BLOCK));
    this.counts[this.pages.get(ppn)!.vm]![why] += 1;
  }

  override visit(ppn: number): number {
    const page = this.pages.get(ppn)!;
    const entry = this.entryFor(ppn, page);
    if (entry === undefined) return super.visit(ppn);
    const other = entry.kind === "hint" ? entry.ppn : ppn;
    if (!this.#isLarge(ppn) && !this.#isLarge(other)) return super.visit(ppn);
    if (this.#breaks(this.hostOf(page))) {
      // Broken when the page has been seen already: what was held back of it is to be seen again.
      page.visited = true;
      this.break(ppn, "shared");
      this.break(other, "shared");
      const visitedAgain = page.visited;
      page.visited = false;
      const result = super.visit(ppn);
      page.visited = visitedAgain;
      return result;
    }
    page.visited = true;
    if (entry.kind === "hint" && this.#isLarge(other)) this.held.add(other);
    if (entry.kind === "hint" && !this.#isLarge(ppn)) this.file.set(this.key(page), { kind: "hint", ppn });
    if (this.#isLarge(ppn)) this.held.add(ppn);
    return HINTED;
  }

  /** What is on file that a candidate could be shared with; undefined where large pages make no difference. */
  protected entryFor(ppn: number, page: Page) {
    if (page.frame === undefined || page.visited || page.cow || page.ineligible) return undefined;
    const entry = this.file.get(this.key(page));
    if (entry?.kind === "shared") return this.same(entry.frame, page) ? entry : undefined;
    if (entry === undefined || entry.ppn === ppn || !this.isLive(entry.ppn, this.key(page))) return undefined;
    return this.same(this.pages.get(entry.ppn)!.frame!, page) ? entry : undefined;
  }

  /** A look while memory is short: the richest are broken, until what is held back makes up for what is missing. */
  look(host: number): void {
    if (!this.#breaks(host)) return;
    const short = Math.max(1, this.#rules.above - this.#free(host));
    let promised = 0;
    for (let rich = 256; rich > 0; rich = Math.floor(rich / 2)) {
      const extents = [...this.large.keys()].sort((a, b) => a - b);
      for (const extent of extents.filter((one) => this.hostOf(this.pages.get(one * BLOCK)!) === host)) {
        const held = range(extent * BLOCK).filter((ppn) => this.held.has(ppn)).length;
        if (held < rich || promised >= short) continue;
        promised += held;
        this.break(extent * BLOCK, "shared");
      }
    }
  }

  /** Forms large pages while the budget is above what one takes at the most. @returns the budget left */
  defragment(host: number, budget: number): number {
    let left = budget;
    const extents = [...new Set([...this.pages.keys()].map((ppn) => Math.floor(ppn / BLOCK)))];
    const mine = extents.filter((one) => this.hostOf(this.pages.get(one * BLOCK)!) === host);
    for (const extent of mine) {
      if (left < BLOCK + BLOCK / 2) break;
      if (this.#isLarge(extent * BLOCK)) continue;
      if (!range(extent * BLOCK).every((ppn) => this.#stands(ppn))) continue;
      if (!this.#plenty(host)) break;
      left -= this.#form(host, extent * BLOCK);
    }
    this.moves += budget - left;
    return left;
  }

  #stands(ppn: number): boolean {
    const page = this.pages.get(ppn);
    return page?.frame !== undefined && !page.cow;
  }

  /** Page of a frame that may move elsewhere; undefined: none may. */
  #movable(mpn: number): number | undefined {
    const ppns = this.frames.get(mpn)?.ppns;
    if (ppns?.size !== 1) return undefined;
    const [ppn] = [...ppns];
    return this.#stands(ppn!) && !this.#isLarge(ppn!) ? ppn : undefined;
  }

  #form(host: number, first: number): number {
    const free = this.free[host]!;
    const home = Math.floor(this.pages.get(first)!.frame! / BLOCK) * BLOCK;
    const misplaced = range(first).filter((ppn, at) => this.pages.get(ppn)!.frame !== home + at);
    const canClear = misplaced.every((ppn) => {
      const place = home + (ppn - first);
      return free.has(place) || this.#movable(place) !== undefined;
    });
    let moves = 0;
    if (misplaced.length <= BLOCK / 2 && canClear) {
      for (const ppn of misplaced) {
        const place = home + (ppn - first);
        if (this.pages.get(ppn)!.frame === place) continue;
        if (!free.has(place)) {
          this.#move(host, this.#movable(place)!, this.#gap(host, home)!);
          moves += 1;
        }
        this.#move(host, ppn, place);
        moves += 1;
      }
      return this.#formed(first, home, moves);
    }
    if (this.#freeBlock(host) === undefined) {
      const block = this.#emptiest(host);
      if (block === undefined) return 0;
      for (const mpn of range(block).filter((one) => !free.has(one))) {
        this.#move(host, this.#movable(mpn)!, this.#gap(host, block)!);
        moves += 1;
      }
    }
    const block = this.#freeBlock(host)!;
    range(first).forEach((ppn, at) => {
      this.#move(host, ppn, block + at);
    });
    return this.#formed(first, block, moves + BLOCK);
  }

  #formed(first: number, block: number, moves: number): number {
    this.large.set(first / BLOCK, block);
    this.counts[this.pages.get(first)!.vm]!.formed += 1;
    return moves;
  }

  #move(host: number, ppn: number, to: number): void {
    const page = this.pages.get(ppn)!;
    const { content } = this.frames.get(page.frame!)!;
    this.free[host]!.delete(to);
    this.frames.set(to, { content, ppns: new Set([ppn]) });
    this.leave(ppn, page.frame!);
    page.frame = to;
  }

  /** Lowest free frame outside of a block, of blocks that are in use if there is one. */
  #gap(host: number, block: number): number | undefined {
    const free = this.free[host]!;
    const outside = this.topology[host]!.zones.flat().filter(
      (mpn) => free.has(mpn) && Math.floor(mpn / BLOCK) !== block / BLOCK,
    );
    const blockOf = (mpn: number): number[] => range(mpn - (mpn % BLOCK));
    return outside.find((mpn) => !blockOf(mpn).every((one) => free.has(one))) ?? outside[0];
  }

  #emptiest(host: number): number | undefined {
    const free = this.free[host]!;
    let best: number | undefined;
    let most = BLOCK / 2 - 1;
    const zones = this.topology[host]!.zones.flatMap((zone) =>
      zone.slice(0, zone.length - (zone.length % BLOCK)),
    );
    for (const start of zones.filter((mpn) => mpn % BLOCK === 0)) {
      const used = range(start).filter((mpn) => !free.has(mpn));
      const own = BLOCK - used.length;
      if (own <= most || free.size - own < used.length) continue;
      if (!used.every((mpn) => this.#movable(mpn) !== undefined)) continue;
      [best, most] = [start, own];
    }
    return best;
  }

  /** What the counters of a VM must say. */
  countLarge(vm: number): object {
    const mine = (ppn: number): boolean => this.pages.get(ppn)!.vm === vm;
    return {
      pages: [...this.large.keys()].filter((extent) => mine(extent * BLOCK)).length,
      held: [...this.held].filter(mine).length,
      ...this.counts[vm],
    };
  }
}
