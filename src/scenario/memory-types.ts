/** What a scenario says of memory beyond sizes and streams, in base units. */

/** Memory controls of a VM or pool. */
export interface MemoryControls {
  /** Whole number, 1 … 2^32 − 2; the words low, normal, high are resolved (5, 10, 20 a configured MB; a pool counts as 16 GB). */
  readonly shares: number;
  /** The minimum: machine pages it can always have; 0: none. */
  readonly minPages: number;
  /** Machine pages it can ever have; VMs: at most their size. Absent (pools only): none. */
  readonly maxPages?: number;
}

/** A block device. */
export interface DiskSpec {
  readonly kind: "hdd" | "ssd" | "nvme" | "remote";
  readonly readNs: number;
  readonly writeNs: number;
  readonly bytesPerSecond: number;
  /** True: one request at a time, latency included; else latencies overlap. */
  readonly serial: boolean;
}

/** A guest that manages its memory. */
export interface OsSpec {
  readonly kind: "linux" | "windows";
  /** Boot: no balloon driver and no workload until then. */
  readonly bootNs: number;
  /** Boot writes zeroes to all of memory (as Windows did), not to the kernel only. */
  readonly bootZeroes: boolean;
  /** Kernel and its tables; they grow with the configured size. */
  readonly kernelPages: number;
  /** Part of them that equal systems have in common. */
  readonly kernelCommonPpm: number;
  /** Zero-page thread: pages a second; 0: none. */
  readonly zeroPagesPerSecond: number;
  /** Swap space on its disk. */
  readonly swapPages: number;
  readonly disk: DiskSpec;
  /** Free pages below which allocations wait, reclaiming begins, and up to which it goes. */
  readonly freePages: { readonly min: number; readonly low: number; readonly high: number };
  /** What its programs and files occupy; streams name them by index. */
  readonly regions: readonly RegionSpec[];
}

/** Memory that a guest gives to a program, or a file. */
export interface RegionSpec {
  readonly kind: "anonymous" | "file";
  readonly pages: number;
  /** Files: VMs with the same name here have the same file. */
  readonly name: string;
}

/** How hosts take memory back. */
export interface ReclaimSpec {
  /** False: never. Accesses that find no free page fail then. */
  readonly enabled: boolean;
  /** How often the core walks towards the targets. */
  readonly everyNs: number;
  /** Balloons are used. */
  readonly balloon: boolean;
  /** Pages are offered for sharing before they are paged out. */
  readonly shareFirst: boolean;
  /** Pages of one write to the swap device. */
  readonly clusterPages: number;
  /** Compression cache of a VM at the most, of its size; 0: no compression. */
  readonly zipPpm: number;
  /** Contents held as ids: parts that compress to a quarter or less, and to a half or less, those to a quarter among them. */
  readonly zipQuarterPpm: number;
  readonly zipHalfPpm: number;
  /**
   * Free memory at which states begin: `fixed` 6/4/2/1 % of memory (ESX 2), `min-free` 64/32/16 % of the sliding minimum,
   * `min-free-5` with a state clear below 100 % of it.
   */
  readonly states: "fixed" | "min-free" | "min-free-5";
  /** A better state begins this part of memory above its threshold. */
  readonly hysteresisPpm: number;
}

/** When VMs are backed by pages of 2 MiB. */
export interface LargePageSpec {
  /** Of VMs that do not say: `auto` where a whole block is free and memory is plentiful, `always` where a whole block is free. */
  readonly backing: "never" | "auto" | "always";
  /**
   * Free memory at which large pages are broken for sharing: below what the state high wants, from a worse state on, as soon as
   * there is something to share, or never.
   */
  readonly breakAt: "always" | "high" | "clear" | "soft" | "hard" | "low" | "never";
  /** Pages that a host moves to form large pages; 0: none. */
  readonly defragPagesPerSecond: number;
}

/** How a hypervisor finds out which pages a VM writes and accesses. */
export interface HarvestSpec {
  readonly method: "write-protection" | "dirty-bits" | "page-modification-log" | "ring";
  readonly everyNs: number;
  /** Entries of a dirty ring, 512 … 65_536. */
  readonly ring: number;
  /** Accessed bits of all pages, with each period of sampling. */
  readonly accessed: boolean;
}

/** What finding them costs. */
export interface TrackingCosts {
  readonly trapNs: number;
  readonly fullNs: number;
  readonly ringNs: number;
  readonly entryPs: number;
  readonly flushNs: number;
}

/** How a VM's addresses are translated. */
export interface MmuVmSpec {
  readonly mode: "native" | "shadow" | "nested";
  /** Name of a TLB's shape. */
  readonly tlb: string;
  readonly guestPages: "4KiB" | "2MiB";
  /** Pages at the end of its memory that hold its guest's page tables. */
  readonly tablePages: number;
}

/** How active memory is estimated. */
export interface ActivitySpec {
  /** 0: never. */
  readonly everyNs: number;
  /** Pages watched per VM and period, 1 … 10_000. */
  readonly pages: number;
  readonly slowKeepPpm: number;
  readonly fastKeepPpm: number;
  readonly minPpm: number;
}

/** What happens to a page costs its guest processor time. */
export interface MemoryCosts {
  readonly mapNs: number;
  readonly zeroNs: number;
  readonly copyNs: number;
  readonly zipNs: number;
  readonly unzipNs: number;
}
