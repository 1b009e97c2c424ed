/** What the Wasm module exports: `assembly/index.ts` as TypeScript sees it. u32 results arrive signed: `>>> 0`. */

export interface CoreExports {
  /** Reads row counts and base addresses from the header; once per instance, before anything but pure kernels. */
  attach(): void;
  layoutVersion(): number;
  heapBase(): number;
  build(): void;
  start(): void;
  now(): number;
  hashRange(address: number, bytes: number, out: number): void;
  hashContents(bytesForm: number, out: number): void;
  /** @returns a `Stop` */
  advance(untilNs: number): number;
  /** Lets a paused VM run again; off, it is no longer paused. */
  cpu_resume(vm: number, atNs: number): void;
  cpu_suspend(vm: number, atNs: number): void;
  /** Migrations: see assembly/migration/move.ts. */
  move_begin(move: number, atNs: number): void;
  move_nextRound(move: number, atNs: number): void;
  move_stopAndCopy(move: number, atNs: number): void;
  move_goPostCopy(move: number, atNs: number): void;
  move_abort(move: number, atNs: number): void;
  move_lose(move: number, atNs: number): void;
  move_cut(move: number, atNs: number): void;
  move_recover(move: number, atNs: number): void;
  /** Shares of links anew: somebody's traffic or limit has changed. */
  move_reshare(atNs: number): void;
  /** @returns bytes of a page's XBZRLE delta on the wire; 4096: it goes whole */
  xbzrle_deltaBytes(old: number, page: number): number;
  /** Events that this world's rows make room for. */
  eventsOf(): number;
  /** When the scenario next wants something done; 2^64 − 1 never. */
  script_hurryEpoch(): void;
  script_schedule(at: bigint): void;
  cpu_powerOn(vm: number, atNs: number): void;
  cpu_powerOff(vm: number, atNs: number): void;
  cpu_plug(vm: number, online: number, atNs: number): void;
  /** A pool or VM comes to a place where nobody was. */
  cpu_enter(client: number, atNs: number): void;
  /** It goes: nothing below it is on. */
  cpu_leave(client: number): void;
  /** Takes a VM to another of its nodes on its host. */
  cpu_transfer(vm: number, client: number, atNs: number): void;
  cpu_changeShares(client: number, shares: number, atNs: number): void;
  /** @param quotaNs  nominal core time a period; negative: no limit */
  cpu_changeLimit(client: number, quotaNs: number, atNs: number): void;
  cpu_changeReservation(client: number, ppm: number, atNs: number): void;
  cpu_changeFrequency(host: number, ppm: number, atNs: number): void;
  /** Brings the `Seen` columns up to a time. */
  cpu_recount(atNs: number): void;
  /** For the bench: charges the vCPU that runs and picks another, over and over. @returns a digest of their order */
  cpu_decide(pcpu: number, decisions: number, quantumNs: number): number;
  /** Before `cpu_powerOn`: overhead, boot, streams of physical memory. */
  memory_powerOn(vm: number, atNs: number): void;
  /** Before `cpu_powerOff`: every page is dropped. */
  memory_powerOff(vm: number, atNs: number): void;
  /** Between `cpu_powerOff` and `cpu_powerOn`. */
  memory_reset(vm: number, atNs: number): void;
  /** One access of a stream, outside of any batch. */
  issue_one(stream: number, at: bigint): void;
  startStream(stream: number, atNs: number): void;
  bitsetWords(bits: number): number;
  bits_setBit(base: number, bits: number, index: number): void;
  bits_clearBit(base: number, bits: number, index: number): void;
  bits_hasBit(base: number, index: number): number;
  /** @returns 2^32 − 1 if there is none */
  bits_nextSet(base: number, bits: number, from: number): number;
  queue_schedule(event: number, at: bigint): void;
  queue_earliest(): number;
  /** For the bench: the hold model, `count` events. @returns a digest of their order */
  queue_hold(increments: number, mask: number, from: number, count: number): number;
  prng_permute(index: number, count: number, key: bigint): number;
  prng_seedStream(seed: bigint, subsystem: number, row: bigint): bigint;
  /** Hashes the bytes of frames in use ahead of the scan. */
  content_hashFrames(first: number, count: number): void;
  load_bytes(vm: number, at: number, pages: number, left: number): number;
  load_ids(vm: number, at: number, pages: number): number;
  load_mix(vm: number, pages: number, common: number, unique: number): number;
  fault_deviceRead(ppn: number): number;
  fault_deviceWrite(ppn: number, id: bigint): number;
  fault_dropPage(ppn: number): void;
  fault_readPage(ppn: number): number;
  fault_rewritePage(ppn: number): number;
  fault_writePage(ppn: number, id: bigint): number;
  /** Takes the set bits out; room for 64 · count + 4160 u32 at `out`. @returns how many */
  dirtyBitmap_takeBits(words: number, count: number, base: number, out: number): number;
  /** For the bench: block after block, to one place. @returns a digest */
  dirtyBitmap_takeRun(words: number, count: number, out: number): number;
  dirtyBitmap_countBits(words: number, count: number): number;
  /** `to |= from; from = 0`. @returns bits of `to` */
  dirtyBitmap_moveBits(from: number, to: number, count: number): number;
  dirtyLog_open(vm: number): void;
  dirtyLog_close(vm: number): void;
  /** Moves the pages written since the last harvest into a set of words. @returns pages of the set */
  dirtyLog_harvest(vm: number, set: number): number;
  /** @returns when it is done, ns */
  disk_read(disk: number, pages: number, at: bigint): bigint;
  disk_write(disk: number, pages: number, at: bigint): bigint;
  bill_open(at: bigint): void;
  victims_pagesWritten(host: number, at: bigint): void;
  victims_takePages(vm: number, pages: number, at: bigint): number;
  /** A host's look at its large pages. */
  largePage_tick(host: number, at: bigint): void;
  /** Breaks the large page around a page, if there is one. */
  largePage_breakAround(ppn: number): void;
  /** A VM's writes are harvested from now on, period by period. */
  harvest_begin(vm: number, at: bigint): void;
  harvest_tick(vm: number, at: bigint): void;
  /** Forms large pages, as many as a period's budget allows. */
  defragment_run(host: number, periodNs: bigint): void;
  reclaim_tick(host: number, at: bigint): number;
  activity_tick(vm: number, at: bigint): void;
  pageSharing_visitPage(ppn: number): number;
  recount_unvisited(host: number): number;
  recount_vm(vm: number): void;
  refcount_of(mpn: number): number;
  refcount_increment(mpn: number): number;
  refcount_decrement(mpn: number): number;
  /** @returns 2^32 − 1 if the host has none */
  frames_allocate(host: number): number;
  frames_release(host: number, mpn: number): number;
  sharingTable_insert(entry: bigint): void;
  sharingTable_remove(entry: bigint): void;
  sharingTable_seek(entry: bigint): number;
  accesses_due(stream: number): bigint;
  accesses_nextPage(stream: number): number;

  /** XXH3-64 of consecutive 4 KiB pages, u64 results at `out`. */
  pageHash_hashRun(address: number, pages: number, out: number): void;
  /** The same of the pages whose numbers, relative to `base`, stand at `rows` (u32). */
  pageHash_hashRows(base: number, rows: number, count: number, out: number): void;
  /** XXH64 of any bytes; the result is signed, `BigInt.asUintN(64, …)`. */
  pageHash_xxh64(address: number, bytes: number, seed: bigint): bigint;
  pageHash_xxh64Run(address: number, pages: number, out: number): void;
  /** One byte a page: 1 if it holds only zeroes. */
  pageZero_zeroRun(address: number, pages: number, out: number): void;
  pageZero_zeroRows(base: number, rows: number, count: number, out: number): void;
  /** One byte a page: 1 if the pages are equal. */
  pageCompare_compareRun(a: number, b: number, pages: number, out: number): void;
  pageCompare_compareRows(base: number, aRows: number, bRows: number, count: number, out: number): void;
  /**
   * One page as an LZ4 block of at most `bound` (below 4096) bytes at `out`.
   *
   * @returns bytes of the block, 4096 if it would be longer
   */
  pageCompress_compressPage(page: number, out: number, bound: number): number;
  /** @returns bytes of the page's block, 4096 if they are more than `bound` (below 4096) */
  pageCompress_compressedSize(page: number, bound: number): number;
  /** @returns 1 if the block is one page, which now stands at `out` */
  pageCompress_decompressPage(block: number, bytes: number, out: number): number;
  /** The sizes of the blocks of consecutive pages, a u32 each; 4096 for more than `bound`. */
  pageCompress_sizeRun(address: number, pages: number, bound: number, out: number): void;
  /** Bytes of the block that stands for a content id; see assembly/memory/page-compress.ts. */
  pageCompress_modelledSize(id: bigint, quarterPpm: number, halfPpm: number, wholePpm: number): number;
  /** Counts hashes in a table of contents; see assembly/memory/tally.ts. */
  tally_add(hashes: number, count: number, file: number, table: number, slots: number, control: number): void;
  /** As `tally_add`; a byte a page at `marks`: 0 known to its file, 1 new to it, 3 new to all. */
  tally_addMarked(
    hashes: number,
    count: number,
    file: number,
    table: number,
    slots: number,
    control: number,
    marks: number,
  ): void;
  tally_move(from: number, count: number, table: number, slots: number): void;

  /** Places items where rooms are most parallel to them; see assembly/place/cosine.ts. */
  cosine_placeRun(control: number, from: number, to: number): number;
  cosine_open(control: number, host: number): void;

  /** Entitlements of one pool's clients, and of a tree of pools; see assembly/cpu/entitlement.ts. */
  entitlement_solveFlat(
    count: number,
    shares: number,
    low: number,
    high: number,
    out: number,
    capacity: number,
    control: number,
  ): void;
  entitlement_solveTree(
    rows: number,
    first: number,
    children: number,
    shares: number,
    low: number,
    high: number,
    out: number,
    capacity: number,
    control: number,
  ): void;
  /** A page's place in the pmap has changed: translations follow before the next access. */
  mmu_noteChange(ppn: number): void;
  /** Enters every mapped page of a VM into its nested tables. */
  mmu_populateNested(vm: number): void;
  /** Takes a table of level 1 out, so that its extent can become a large page. */
  mmu_leaveExtent(vm: number, gfn: number): void;
  /** Takes up a virtual processor whose columns have been written. */
  mmu_open(cx: number): void;
  mmu_close(cx: number): void;
  /** @returns 0: a #GP */
  mmu_loadCr3(cx: number, value: bigint): number;
  mmu_invalidatePage(cx: number, address: bigint): void;
  /** @param kind  0 one address of a PCID, 1 a PCID, 2 all, 3 all but global pages. @returns 0: a #GP */
  mmu_invalidatePcid(cx: number, kind: number, pcid: number, address: bigint): number;
  mmu_setControls(cx: number, controls: number): void;
  /** @param kind  bits: 1 write, 2 user, 4 fetch. @returns the frame, 2^32 − 1 for a fault */
  mmu_access(cx: number, address: bigint, kind: number): number;
  /** Translates rows of `lookup`. @returns how many faulted */
  mmu_run(cx: number, first: number, count: number): number;
  /** @returns the first row that faults, or the one behind the last */
  mmu_runToFault(cx: number, first: number, count: number): number;
  /** @returns 0 if the VM has no page left for a table */
  mmu_takeTable(cx: number): number;
  mmu_giveTable(cx: number, gfn: number): void;
  /** @param leaf  level of the entries. @returns pages mapped */
  mmu_mapRun(cx: number, address: bigint, gfn: bigint, count: number, leaf: number, bits: number): number;
  /** @returns guest-physical page of the table, 2^32 − 1 none */
  mmu_seekTable(cx: number, address: bigint, leaf: number): number;
  /** The guest's kernel writes a word of its memory. @returns 0 for lack of a frame */
  mmu_writeTable(cx: number, gfn: bigint, index: number, value: bigint): number;
  mmu_guestWord(vm: number, gfn: bigint, index: number): bigint;
  mmu_drawLookups(stream: number, count: number, base: bigint, kinds: number): void;
}
