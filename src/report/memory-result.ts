/** Memory in a result: what hosts, VMs and their guests did with it. Base units, the unit in the name. */

/** What large pages of 2 MiB did: present where VMs may have some. Of a host the sums over its VMs. */
export interface LargePageCounts {
  /** Large pages that back memory now: 512 pages each. */
  readonly largePages?: number;
  /** Given, on a first touch or with an image. */
  readonly largeBacked?: number;
  /** Formed of small ones by moving frames. */
  readonly largeFormed?: number;
  /** Broken: so that pages of them could be shared, or because pages of them were taken away. */
  readonly largeBroken?: number;
  /** Of them so that pages could be shared. */
  readonly largeBrokenToShare?: number;
  /** Pages inside large pages that equal another page: shared once they are broken. */
  readonly largeHintPages?: number;
}

/** What harvests of a VM's dirty and accessed pages found and cost: present where the scenario asks for them. */
export interface HarvestCounts {
  readonly method: "write-protection" | "dirty-bits" | "page-modification-log" | "ring";
  /** Dirty harvests, the pages that they found in all, and those of the last. */
  readonly periods: number;
  readonly dirtyPages: number;
  readonly lastDirtyPages: number;
  /** Pages with the accessed bit at the end of the last period of sampling; only where they are harvested. */
  readonly lastAccessedPages?: number;
  /** Faults of write protection; exits because a log or ring was full; what both cost the guest. */
  readonly traps: number;
  readonly exits: number;
  readonly guestNs: number;
  /** Entries that harvests looked at, and what that cost the hypervisor. */
  readonly scannedEntries: number;
  readonly hostNs: number;
}

/** What translating addresses came to: present where a VM's accesses go through page tables and a TLB. */
export interface MmuCounts {
  readonly mode: "native" | "shadow" | "nested";
  readonly accesses: number;
  /** Found in the second-level TLB only; found in none. */
  readonly secondHits: number;
  readonly tlbMisses: number;
  readonly walks: number;
  /** Page-table entries read, guest's, shadow and nested ones. */
  readonly references: number;
  /** Times that the monitor took over: shadow entries filled, traced tables written to, nested violations. */
  readonly exits: number;
  readonly hiddenFaults: number;
  readonly traceFaults: number;
  readonly violations: number;
  /** TLB flushes because the host had moved, shared or taken pages. */
  readonly flushes: number;
  /** Entries that the guest wrote to its tables. */
  readonly tableWrites: number;
  /** Cycles in translation, and the time that they are: charged to the guest as work. */
  readonly cycles: number;
  readonly ns: number;
}

export interface HostMemory extends LargePageCounts {
  /** Frames moved to form large pages, and the time that copying and mapping them takes the hypervisor. */
  readonly largeMovedPages?: number;
  readonly largeMoveNs?: number;
  readonly sizePages: number;
  /** Machine pages that can be given out. */
  readonly freePages: number;
  /** Machine pages behind guest pages. */
  readonly usedPages: number;
  /** Guest pages that are backed. */
  readonly grantedPages: number;
  /** Guest pages on a frame with two references or more. */
  readonly sharedPages: number;
  /** Frames with two references or more. */
  readonly commonPages: number;
  /** shared − common. */
  readonly savedPages: number;
  /** Guest pages known to hold only zeroes. */
  readonly zeroPages: number;
  /** Hint frames on file, stale ones included. */
  readonly hintPages: number;
  readonly scannedPages: number;
  /** Mapped pages not visited since their last write; 0: the scan is complete. */
  readonly unvisitedPages: number;
  readonly cowBreaks: number;
  readonly falseMatches: number;
  /** Accesses that found no free frame. */
  readonly outOfFrames: number;
  /** What the hypervisor keeps for itself, and the overhead of the VMs that are on. */
  readonly systemPages: number;
  readonly overheadPages: number;
  /** Free memory that the host aims at: 6 % of memory, or minFree; 0 if it never reclaims. */
  readonly minFreePages: number;
  /** Reservations and overhead of the VMs that are on, and what the hypervisor keeps. */
  readonly reservedPages: number;
  /** Sizes and overhead of the VMs that are on. */
  readonly configuredPages: number;
  /** Free memory as reclaiming sees it. */
  readonly state: MemoryState;
  readonly stateNs: Readonly<Record<MemoryState, number>>;
  readonly balloonPages: number;
  readonly swappedPages: number;
  /** Slots of the swap file. */
  readonly swapSizePages: number;
  readonly compressedPages: number;
  /** Machine pages that compressed pages take. */
  readonly zipFrames: number;
  readonly swapIns: number;
  readonly swapOuts: number;
  /** Of page-outs, those that sharing made unnecessary. */
  readonly sharedBeforeSwap: number;
  /** Most guest pages that were mapped at once. */
  readonly largestGrantedPages: number;
}

export type MemoryState = "high" | "clear" | "soft" | "hard" | "low";

/** What a guest that manages its memory did with it. */
export interface GuestMemory {
  readonly freePages: number;
  readonly cachePages: number;
  readonly anonymousPages: number;
  readonly kernelPages: number;
  /** Pages that its programs wrote and its disk does not have yet. */
  readonly dirtyPages: number;
  readonly swapUsedPages: number;
  readonly fileReads: number;
  readonly fileWrites: number;
  readonly faults: number;
  /** Time that accesses waited for its disk. */
  readonly stallNs: number;
  /** Accesses refused because nothing could be evicted. */
  readonly outOfMemory: number;
  readonly booted: boolean;
}

export interface VmMemory extends LargePageCounts {
  readonly sizePages: number;
  /** Guest pages that are backed. */
  readonly grantedPages: number;
  /** granted − saved. */
  readonly consumedPages: number;
  readonly touchedPages: number;
  readonly dirtyPages: number;
  readonly sharedPages: number;
  /** Sum over its pages of 1 − 1/refcount, rounded so that the VMs add up to the host. */
  readonly savedPages: number;
  readonly zeroPages: number;
  readonly cowBreaks: number;
  readonly balloonPages: number;
  readonly swappedPages: number;
  readonly compressedPages: number;
  readonly scannedPages: number;
  readonly accesses: number;
  readonly writes: number;
  readonly outOfFrames: number;
  /** Controls in force. */
  readonly minPages: number;
  readonly maxPages: number;
  readonly shares: number;
  readonly overheadPages: number;
  /** Machine pages that it may have; null: as many as it wants. */
  readonly targetPages: number | null;
  readonly balloonTargetPages: number;
  readonly balloonMaxPages: number;
  readonly swapTargetPages: number;
  readonly swapIns: number;
  readonly swapOuts: number;
  readonly zips: number;
  readonly unzips: number;
  readonly sharedBeforeSwap: number;
  /** Pages of the balloon that the guest touched. */
  readonly pops: number;
  /** Truth: pages touched in the last period of sampling. */
  readonly activePages: number;
  /** Estimate by sampling: the largest of slow, fast and next. */
  readonly activeEstimatePages: number;
  readonly activeSlowPpm: number;
  readonly activeFastPpm: number;
  readonly activeNextPpm: number;
  /** Estimate by access bits, blind to devices. */
  readonly accessedEstimatePages: number;
  /** Hidden page faults, the work that they were, and the time that accesses waited for the swap device. */
  readonly faults: number;
  readonly faultNs: number;
  readonly stallNs: number;
  /** Time that it was stopped because its host was low on memory. */
  readonly blockedNs: number;
  readonly guestSwapIns: number;
  readonly guestSwapOuts: number;
  /** Present if the guest manages its memory. */
  readonly guest?: GuestMemory;
}
