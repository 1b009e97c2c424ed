/**
 * The whole memory mechanism, naively: sets of free frames, maps from pages to frames, one map from keys to what is on
 * file. Written from ESX'02 §4 and the house's own words, for the property tests to hold the core against.
 */

export interface ModelHost {
  /** Frames of each zone, lowest first. */
  readonly zones: readonly (readonly number[])[];
}

export interface ModelVm {
  readonly host: number;
  /** Tenant; VMs of different tenants never share. */
  readonly tenant: number;
  readonly ppns: readonly number[];
}

export interface Page {
  readonly vm: number;
  frame: number | undefined;
  cow: boolean;
  zero: boolean;
  touched: boolean;
  dirty: boolean;
  ineligible: boolean;
  visited: boolean;
}

export type Entry =
  | { readonly kind: "hint"; readonly ppn: number }
  | { readonly kind: "shared"; readonly frame: number };

export const SKIPPED = 0;
export const HINTED = 1;
export const SHARED = 2;
export const FALSE_MATCH = 3;

export class MachineMemory {
  readonly pages = new Map<number, Page>();
  /** Frames in use: content and the pages mapped there. */
  readonly frames = new Map<number, { content: bigint; readonly ppns: Set<number> }>();
  readonly free: Set<number>[];
  readonly file = new Map<string, Entry>();
  readonly cowBreaks: number[];
  readonly falseMatches: number[];
  hintsDropped = 0;
  protected readonly topology: readonly ModelHost[];
  protected readonly machines: readonly ModelVm[];
  protected readonly hashOf: (content: bigint) => bigint;
  protected readonly fileMax: number;

  /**
   * @param hash     hash of a content, cut to the bits in use
   * @param fileMax  entries on file from which on stale hints are swept first
   */
  constructor(
    hosts: readonly ModelHost[],
    vms: readonly ModelVm[],
    hash: (content: bigint) => bigint,
    fileMax: number,
  ) {
    this.topology = hosts;
    this.machines = vms;
    this.hashOf = hash;
    this.fileMax = fileMax;
    this.free = hosts.map(({ zones }) => new Set(zones.flat()));
    this.cowBreaks = vms.map(() => 0);
    this.falseMatches = vms.map(() => 0);
    vms.forEach((vm, row) => {
      for (const ppn of vm.ppns) this.pages.set(ppn, this.emptyPage(row));
    });
  }

  protected emptyPage(vm: number): Page {
    return {
      vm,
      frame: undefined,
      cow: false,
      zero: false,
      touched: false,
      dirty: false,
      ineligible: false,
      visited: false,
    };
  }

  protected hostOf(page: Page): number {
    return this.machines[page.vm]!.host;
  }

  protected key(page: Page): string {
    const { host, tenant } = this.machines[page.vm]!;
    return `${host} ${tenant} ${this.hashOf(this.frames.get(page.frame!)!.content)}`;
  }

  content(ppn: number): bigint | undefined {
    const { frame } = this.pages.get(ppn)!;
    return frame === undefined ? undefined : this.frames.get(frame)!.content;
  }

  protected allocate(host: number, ppn: number, content: bigint): number | undefined {
    for (const zone of this.topology[host]!.zones) {
      const frame = zone.find((candidate) => this.free[host]!.has(candidate));
      if (frame === undefined) continue;
      this.free[host]!.delete(frame);
      this.frames.set(frame, { content, ppns: new Set([ppn]) });
      return frame;
    }
    return undefined;
  }

  protected leave(ppn: number, frame: number): void {
    const { ppns } = this.frames.get(frame)!;
    ppns.delete(ppn);
    if (ppns.size > 0) return;
    this.frames.delete(frame);
    this.free[this.hostOf(this.pages.get(ppn)!)]!.add(frame);
  }

  protected back(ppn: number): boolean {
    const page = this.pages.get(ppn)!;
    const frame = this.allocate(this.hostOf(page), ppn, 0n);
    if (frame === undefined) return false;
    Object.assign(page, { frame, zero: true, touched: true, visited: false });
    return true;
  }

  read(ppn: number): boolean {
    const page = this.pages.get(ppn)!;
    if (page.frame === undefined) return this.back(ppn);
    page.touched = true;
    return true;
  }

  write(ppn: number, content: bigint): boolean {
    const page = this.pages.get(ppn)!;
    if (page.frame === undefined && !this.back(ppn)) return false;
    if (page.cow && !this.breakShared(ppn, page)) return false;
    this.frames.get(page.frame!)!.content = content;
    Object.assign(page, { touched: true, dirty: true, ineligible: false, visited: false });
    page.zero = content === 0n;
    return true;
  }

  rewrite(ppn: number): boolean {
    return this.write(ppn, this.content(ppn) ?? 0n);
  }

  protected breakShared(ppn: number, page: Page): boolean {
    const frame = this.frames.get(page.frame!)!;
    if (frame.ppns.size > 1) {
      const own = this.allocate(this.hostOf(page), ppn, frame.content);
      if (own === undefined) return false;
      this.leave(ppn, page.frame!);
      page.frame = own;
    } else {
      this.file.delete(this.key(page));
    }
    page.cow = false;
    this.cowBreaks[page.vm]! += 1;
    return true;
  }

  drop(ppn: number): void {
    const page = this.pages.get(ppn)!;
    if (page.frame === undefined) return;
    if (page.cow && this.frames.get(page.frame)!.ppns.size === 1) this.file.delete(this.key(page));
    this.leave(ppn, page.frame);
    Object.assign(page, { frame: undefined, cow: false, zero: false, ineligible: false, visited: false });
  }

  visit(ppn: number): number {
    const page = this.pages.get(ppn)!;
    if (page.frame === undefined || page.visited) return SKIPPED;
    page.visited = true;
    if (page.cow || page.ineligible) return SKIPPED;
    const key = this.key(page);
    const entry = this.file.get(key);
    if (entry?.kind === "shared") {
      return this.same(entry.frame, page) ? this.share(ppn, entry.frame) : this.forbid(page);
    }
    if (entry?.kind === "hint") {
      if (entry.ppn === ppn) return HINTED;
      const hinted = this.pages.get(entry.ppn)!;
      if (this.isLive(entry.ppn, key)) {
        if (!this.same(hinted.frame!, page)) return this.forbid(page);
        hinted.cow = true;
        this.file.set(key, { kind: "shared", frame: hinted.frame! });
        return this.share(ppn, hinted.frame!);
      }
      this.dropHint(key);
    }
    if (this.file.size >= this.fileMax) this.sweep();
    this.file.set(key, { kind: "hint", ppn });
    return HINTED;
  }

  protected same(frame: number, page: Page): boolean {
    return this.frames.get(frame)!.content === this.frames.get(page.frame!)!.content;
  }

  /** A hint stands for a page with a frame of its own whose key is still the one on file. */
  protected isLive(ppn: number, key: string): boolean {
    const page = this.pages.get(ppn)!;
    return page.frame !== undefined && !page.cow && this.key(page) === key;
  }

  protected dropHint(key: string): void {
    this.file.delete(key);
    this.hintsDropped += 1;
  }

  protected sweep(): void {
    for (const [key, entry] of [...this.file]) {
      if (entry.kind === "hint" && !this.isLive(entry.ppn, key)) this.dropHint(key);
    }
  }

  protected share(ppn: number, frame: number): number {
    const page = this.pages.get(ppn)!;
    this.frames.get(frame)!.ppns.add(ppn);
    this.leave(ppn, page.frame!);
    page.frame = frame;
    page.cow = true;
    return SHARED;
  }

  protected forbid(page: Page): number {
    page.ineligible = true;
    this.falseMatches[page.vm]! += 1;
    return FALSE_MATCH;
  }

  /** What the counters of a host must say. */
  countHost(host: number): { used: number; granted: number; shared: number; common: number; hints: number } {
    const mine = [...this.pages.values()].filter((page) => this.hostOf(page) === host);
    const frames = new Set(mine.flatMap(({ frame }) => (frame === undefined ? [] : [frame])));
    const sizes = [...frames].map((frame) => this.frames.get(frame)!.ppns.size);
    const hints = [...this.file.values()].filter(
      (entry) => entry.kind === "hint" && this.hostOf(this.pages.get(entry.ppn)!) === host,
    );
    return {
      used: frames.size,
      granted: sizes.reduce((sum, size) => sum + size, 0),
      shared: sizes.filter((size) => size > 1).reduce((sum, size) => sum + size, 0),
      common: sizes.filter((size) => size > 1).length,
      hints: hints.length,
    };
  }
}
