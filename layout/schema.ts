/**
 * What the world's memory looks like, declared once: every column of every space. `npm run layout` writes the
 * AssemblyScript accessors, the TypeScript views and the table in the docs from here; nobody types an offset.
 */

export type Element = "u8" | "u16" | "u32" | "i32" | "f64" | "u64" | "page";

export interface Space {
  readonly name: string;
  readonly doc: string;
}

export interface Column {
  /** Space + noun + unit, camel case. */
  readonly name: string;
  readonly element: Element;
  readonly space: string;
  readonly unit: string;
  readonly writer: "core" | "policy";
  readonly doc: string;
  /** Present only in worlds that use this mechanism; else zero bytes. */
  readonly group?: Group;
  /** Left out of state hash and snapshot: scratch, or derived by looking. */
  readonly volatile?: true;
  /**
   * Stands beside the others of its space that say so, row by row: they are used together, and then cost one cache line;
   * `behind`: after the others.
   */
  readonly record?: true | "behind";
}

/**
 * `ids` and `bytes`: how contents are held, exactly one of the two. `sharing`: a hint table. `salting`: salts in use.
 * `cpu`: guests compute. `reserved`: some have a CPU reservation. `cache`: shared caches. `trace`: a timeline is kept.
 * `wants`: hosts of several pCPUs go by virtual time. `credit`: the credit
 * scheduler. `entitled`: virtual time goes by entitlements on hosts of several pCPUs, where somebody reserves or limits.
 * `large`: VMs are backed by large pages.
 * `mmu`: addresses are translated; `nested`, `shadow`: through tables of that kind.
 * `life`: VMs and pools come, go, or change places.
 * `guest`: some guests manage their memory. `dirty`: writes can be logged. `moving`: VMs move between
 * hosts; `moving-shared`: and their hosts share pages. `swap-ids`, `swap-bytes`: hosts can swap, and in which form.
 */
export type Group =
  | "ids"
  | "bytes"
  | "sharing"
  | "salting"
  | "stage"
  | "zipf"
  | "cpu"
  | "reserved"
  | "wants"
  | "credit"
  | "entitled"
  | "cache"
  | "trace"
  | "guest"
  | "dirty"
  | "life"
  | "moving"
  | "moving-shared"
  | "swap-ids"
  | "swap-bytes"
  | "large"
  | "mmu"
  | "nested"
  | "shadow";

export const BYTES: Readonly<Record<Element, number>> = {
  u8: 1,
  u16: 2,
  u32: 4,
  i32: 4,
  f64: 8,
  u64: 8,
  page: 4096,
};

export const SPACES: readonly Space[] = [
  { name: "world", doc: "One row: clock, seed and what holds everywhere." },
  { name: "host", doc: "Physical hosts." },
  { name: "zone", doc: "Ranges of machine pages of one host and node; multiples of 512 frames." },
  { name: "vm", doc: "Virtual machines." },
  { name: "extent", doc: "512 physical pages each; every VM starts on a new one." },
  { name: "large", doc: "The same extents, where VMs may be backed by large pages of 2 MiB." },
  { name: "heldWord", doc: "Words of the sets of pages inside large pages that are held back from sharing." },
  { name: "ppn", doc: "Guest-physical pages of all VMs, VM after VM." },
  { name: "dirtyWord", doc: "Words of the dirty bitmaps: 64 physical pages each." },
  { name: "move", doc: "Migrations of the scenario, in its order." },
  { name: "phase", doc: "Sixteen rows a migration: when it came to each phase." },
  { name: "round", doc: "256 rows a migration: its rounds; the last row is the last round." },
  { name: "landing", doc: "Second ranges of physical pages: a range for each VM that can move at once." },
  { name: "sendWord", doc: "Words of the sets of pages to be sent, a bit a page of a second range." },
  { name: "link", doc: "Links between two hosts each." },
  { name: "mpn", doc: "Machine pages (frames) of all hosts, zone after zone." },
  { name: "block", doc: "512 machine pages each, the size of a 2 MiB page." },
  { name: "frameWord", doc: "Words of the hierarchical bitset of free frames." },
  { name: "blockWord", doc: "Words of the hierarchical bitset of blocks that are free as a whole." },
  { name: "slot", doc: "Slots of the page-sharing table, sorted by tag." },
  { name: "overflow", doc: "Reference counts above 16 bits." },
  { name: "stream", doc: "Access streams of workloads." },
  { name: "reference", doc: "References of page traces that streams replay." },
  {
    name: "disk",
    doc: "Block devices: the swap device of every host, then the disks of the VMs that have one.",
  },
  {
    name: "swap",
    doc: "Slots of the hosts' swap files, host after host; compressed pages have one each too.",
  },
  { name: "swapWord", doc: "Words of the hierarchical bitset of free slots." },
  { name: "pageOut", doc: "Pages on their way to a swap device: a ring of 1024 rows a host that can swap." },
  {
    name: "zip",
    doc: "Compressed pages of the VMs, a ring of two rows a KiB of cache a VM, the oldest first.",
  },
  { name: "harvest", doc: "The VMs, where some of them are harvested for dirty and accessed pages." },
  { name: "sample", doc: "Pages watched for activity, as many a VM as are sampled." },
  { name: "region", doc: "Memory that a guest gives to its programs and files." },
  { name: "logical", doc: "Pages of regions: where the guest keeps each." },
  { name: "pool", doc: "Resource pools of the scenario: their memory controls." },
  {
    name: "ledger",
    doc: "Fifteen rows a pool: counters of VMs that have left it, less those that they came with.",
  },
  { name: "alias", doc: "Rows of the alias tables that zipf streams draw from." },
  {
    name: "pcpu",
    doc: "Hardware threads of all hosts: socket after socket, core after core, thread after thread.",
  },
  { name: "smt", doc: "Eight rows a host: speed of each of k busy threads of a core." },
  {
    name: "client",
    doc: "Nodes of the scheduler's trees: a root a host, pools, VMs, vCPUs; siblings are adjacent, by name.",
  },
  { name: "vacant", doc: "As many as nodes, where some of them have nobody for a time." },
  { name: "entitle", doc: "The hosts, where some of them go by entitlements." },
  { name: "vcpu", doc: "Virtual processors, VM after VM, as many as a VM can ever have." },
  { name: "seat", doc: "Trees of the run queues: host after host, queue after queue, group after group." },
  { name: "runBit", doc: "Words of the sets of run queues that hold somebody, and of idle pCPUs." },
  { name: "task", doc: "Threads of guests." },
  { name: "op", doc: "Steps of the programs that guest threads run." },
  { name: "sync", doc: "Locks, barriers and wait queues of guests." },
  { name: "source", doc: "Arrivals of requests from outside: open loops." },
  { name: "bucket", doc: "Latency histograms, 1024 rows a VM with guest threads." },
  { name: "irq", doc: "Interrupt sources." },
  { name: "curve", doc: "Points of miss-ratio curves." },
  { name: "line", doc: "Occupancy of shared caches: VM by cache by way." },
  { name: "service", doc: "Interrupts in line: 16 a pCPU, in no order." },
  { name: "watt", doc: "Power tables, eleven rows a host: 0 %, 10 % … 100 % busy." },
  { name: "trace", doc: "The timeline on its way to TypeScript: one row a change of state." },
  {
    name: "mmu",
    doc: "Virtual processors whose addresses are translated: control registers, what the last fault was, counters.",
  },
  {
    name: "mmuLevel",
    doc: "Sixteen rows an mmu: 0 … 5 tables of the guest or shadow tables, 8 … 13 nested ones.",
  },
  { name: "tlb", doc: "Translation caches: one a physical processor, or one an mmu." },
  {
    name: "tlbPart",
    doc: "Shapes of the parts of a TLB, 16 rows: see assembly/mmu/cache.ts; all TLBs are alike.",
  },
  { name: "tlbShape", doc: "The same as a search reads them: eight rows a part, sixteen parts a TLB." },
  { name: "tlbSet", doc: "Sets of the parts, TLB after TLB." },
  { name: "tlbSlot", doc: "Entries of the parts, TLB after TLB, set after set, a multiple of four a set." },
  { name: "asid", doc: "Tags of TLB entries: a VM and PCID each, by open addressing." },
  { name: "lookup", doc: "Addresses on their way to be translated." },
  { name: "virtualPage", doc: "Virtual page numbers of the pages of streams that replay traces." },
  { name: "change", doc: "Pages whose place in the pmap has changed, and translations have yet to follow." },
  {
    name: "tablePage",
    doc: "Contents that guests have written word by word, in worlds that hold contents as ids.",
  },
  {
    name: "nestedPage",
    doc: "Nested page tables, VM after VM, lowest level first: a table for each extent.",
  },
  { name: "shadow", doc: "Pool of shadow page tables." },
  { name: "shadowEntry", doc: "Entries of shadow page tables: 512 rows a table." },
  { name: "event", doc: "One pending event per (kind, row)." },
  { name: "tree", doc: "Nodes of the tournament tree over the events, the lowest over four each." },
  { name: "ring", doc: "Messages from the core to TypeScript." },
  { name: "scratch", doc: "Working space of one call." },
  { name: "stage", doc: "Pages on their way in from an image." },
];

/** Name, element, unit, meaning; what else there is to say of it. */
type Entry = readonly [
  name: string,
  element: Element,
  unit: string,
  doc: string,
  more?: Partial<Pick<Column, "writer" | "group" | "volatile" | "record">>,
];

function columnsOf(space: string, entries: readonly Entry[]): Column[] {
  return entries.map(([name, element, unit, doc, more]) => ({
    name,
    element,
    space,
    unit,
    writer: "core",
    doc,
    ...more,
  }));
}

const world = columnsOf("world", [
  ["worldSeed", "u64", "-", "Seed of every stream."],
  ["worldNow", "u64", "ns", "Time of the last event."],
  ["worldEpochNs", "u64", "ns", "Policies decide this often; 0 never."],
  ["worldHashMask", "u64", "-", "Bits of the page hash in use."],
  ["worldBytesForm", "u32", "0/1", "1: contents are bytes."],
  ["worldScanOrder", "u32", "enum", "0 random, 1 permuted, 2 sequential."],
  ["worldSalted", "u32", "0/1", "1: only VMs of one tenant share."],
  ["worldTableEntries", "u32", "entries", "Entries of the page-sharing table."],
  ["worldHintsDropped", "u64", "hints", "Stale hints taken off the table."],
  ["worldRingHead", "u32", "rows", "Messages ever posted, mod 2^32.", { volatile: true }],
  ["worldRingTail", "u32", "rows", "Messages ever drained, mod 2^32.", { volatile: true }],
]);

const host = columnsOf("host", [
  ["hostPages", "u32", "pages", "Configured machine memory."],
  ["hostZoneFirst", "u32", "row", "First zone."],
  ["hostZoneCount", "u32", "rows", "Zones."],
  ["hostVmFirst", "u32", "row", "First VM; a host's VMs are adjacent rows."],
  ["hostVmCount", "u32", "rows", "VMs."],
  ["hostUsedPages", "u32", "pages", "Frames in use."],
  ["hostGrantedPages", "u32", "PPNs", "Mapped guest pages."],
  ["hostSharedPages", "u32", "PPNs", "Guest pages on frames with two references or more."],
  ["hostCommonPages", "u32", "pages", "Frames with two references or more."],
  ["hostHintPages", "u32", "hints", "Hints on file, stale ones included."],
  [
    "hostUnvisitedPages",
    "u32",
    "PPNs",
    "Recount: mapped pages not visited since their last write, of VMs that are scanned.",
    { volatile: true },
  ],
  [
    "hostScanRateTarget",
    "u32",
    "pages/s",
    "Scan rate of the host; 2^32 − 1: no limit.",
    { writer: "policy" },
  ],
  ["hostScanCarry", "u64", "page·ns", "Scan budget not spent."],
  ["hostScanNext", "u32", "rows", "VM whose turn it is, relative to the first."],
  ["hostScanned", "u64", "pages", "Pages scanned."],
  ["hostComplete", "u32", "0/1", "A first scan has been completed."],
]);

const worldMemory = columnsOf("world", [
  ["worldShareFirst", "u32", "0/1", "1: a page is offered for sharing right before it is paged out."],
  ["worldCluster", "u32", "pages", "Pages of one write to a swap device."],
  ["worldZipPpm", "u32", "ppm", "Compression cache of a VM at the most, of its size; 0: no compression."],
  ["worldZipQuarterPpm", "u32", "ppm", "Contents held as ids: of them compress to a quarter or less."],
  ["worldZipHalfPpm", "u32", "ppm", "Contents held as ids: of them compress to a half or less."],
  ["worldActivityNs", "u64", "ns", "Active memory is estimated over this period; 0 never."],
  ["worldSamplePages", "u32", "pages", "Pages sampled per VM and period."],
  ["worldSlowKeepPpm", "u32", "ppm", "Slow average: part that stays from period to period."],
  ["worldFastKeepPpm", "u32", "ppm", "Fast average: part that stays."],
  ["worldActiveMinPpm", "u32", "ppm", "No estimate is below this."],
  ["worldReclaimNs", "u64", "ns", "Reclaiming goes on this often; 0: hosts never reclaim."],
  ["worldTaxPpm", "u32", "ppm", "Idle memory tax in force."],
  ["worldBillAt", "u64", "ns", "Bill of accesses: time it has come to.", { volatile: true }],
  ["worldBillWorkNs", "u64", "ns", "Processor time.", { volatile: true }],
  ["worldBillHostNs", "u64", "ns", "Until when the vCPU waits for the host.", { volatile: true }],
  ["worldBillGuestNs", "u64", "ns", "Until when the thread waits for its guest's disk.", { volatile: true }],
  [
    "worldZipEvicted",
    "u32",
    "pages",
    "Compressed pages passed on to a swap file whose write nobody has begun.",
    { volatile: true },
  ],
  ["worldMapNs", "u64", "ns", "What a hidden page fault costs the guest."],
  ["worldZeroNs", "u64", "ns", "What zeroing a page costs it."],
  ["worldCopyNs", "u64", "ns", "What copying a page costs it."],
  ["worldZipNs", "u64", "ns", "What compressing a page takes."],
  ["worldUnzipNs", "u64", "ns", "What decompressing a page costs the guest."],
]);

const hostMemory = columnsOf("host", [
  ["hostSystemPages", "u32", "pages", "Kept for the hypervisor itself."],
  ["hostOverheadPages", "u32", "pages", "Overhead of the VMs that are on."],
  ["hostCowPages", "u32", "PPNs", "Guest pages that are copy-on-write."],
  ["hostState", "u8", "enum", "Free memory: 0 high, 1 clear, 2 soft, 3 hard, 4 low."],
  ["hostStateSinceNs", "u64", "ns", "In this state since."],
  ["hostLookedNs", "u64", "ns", "When it last looked at what its VMs use."],
  ["hostHighNs", "u64", "ns", "Time in state high before that."],
  ["hostClearNs", "u64", "ns", "In clear."],
  ["hostSoftNs", "u64", "ns", "In soft."],
  ["hostHardNs", "u64", "ns", "In hard."],
  ["hostLowNs", "u64", "ns", "In low."],
  [
    "hostClearBelow",
    "u32",
    "pages",
    "Free pages below which clear, or worse, begins; 0: there is no such state.",
  ],
  ["hostSoftBelow", "u32", "pages", "The same for soft."],
  ["hostHardBelow", "u32", "pages", "The same for hard."],
  ["hostLowBelow", "u32", "pages", "The same for low."],
  ["hostClearAbove", "u32", "pages", "Free pages from which on clear is over."],
  ["hostSoftAbove", "u32", "pages", "The same for soft."],
  ["hostHardAbove", "u32", "pages", "The same for hard."],
  ["hostLowAbove", "u32", "pages", "The same for low."],
  ["hostAlarmBelow", "u32", "pages", "Free pages below which the state gets worse; 0: it cannot."],
  ["hostSwapDisk", "u32", "row", "Its swap device; 2^32 − 1: none."],
  ["hostSwapFirst", "u32", "row", "First slot."],
  ["hostSwapCount", "u32", "rows", "Slots of its swap file."],
  ["hostSwapUsed", "u32", "slots", "Slots in use for pages paged out, or on their way."],
  ["hostSlotCount", "u32", "rows", "All its slots: those of the swap file and of the compression caches."],
  ["hostPageOutFirst", "u32", "row", "Ring of pages on their way out."],
  ["hostPageOutHead", "u32", "rows", "Page-outs ever begun, mod 2^32."],
  ["hostPageOutTail", "u32", "rows", "Page-outs ever finished, mod 2^32."],
  ["hostZipFrames", "u32", "pages", "Frames that compressed pages take."],
  ["hostVictim", "u32", "rows", "VM that pages out next, relative to the first."],
  ["hostLargestUse", "u32", "pages", "Most guest pages that have been mapped at once."],
]);

const vmMemory = columnsOf("vm", [
  ["vmStreamFirst", "u32", "row", "First stream; the next VM's first is behind its last."],
  ["vmMinPages", "u32", "pages", "Reservation: machine pages it can always have."],
  ["vmMaxPages", "u32", "pages", "Limit: machine pages it can ever have."],
  ["vmMemShares", "u32", "shares", "Memory shares."],
  ["vmTaxPpm", "u32", "ppm", "Idle memory tax of its own; 2^32 − 1: the policy's."],
  ["vmOverheadPages", "u32", "pages", "What the hypervisor needs for it."],
  [
    "vmCapPages",
    "u32",
    "pages",
    "Machine pages that limits of its pools leave it, whatever the host has; 2^32 − 1 no such limit.",
    { writer: "policy" },
  ],
  [
    "vmTargetPages",
    "u32",
    "pages",
    "Machine pages that it may have; 2^32 − 1 no target.",
    { writer: "policy" },
  ],
  [
    "vmBroughtBack",
    "u32",
    "pages",
    "Pages brought back from its host's swap or its own when policies last decided, mod 2^32.",
    { writer: "policy" },
  ],
  ["vmCowPages", "u32", "PPNs", "Pages that are copy-on-write."],
  ["vmSwappedPages", "u32", "PPNs", "Pages in the host's swap file."],
  ["vmSwapTarget", "u32", "PPNs", "What reclaiming wants there to be."],
  ["vmLeavingPages", "u32", "PPNs", "Pages on their way to the swap device, mapped still."],
  ["vmCompressedPages", "u32", "PPNs", "Pages in the compression cache."],
  ["vmZipFirst", "u32", "row", "Its compressed pages: first row of the ring."],
  ["vmZipRows", "u32", "rows", "Rows of the ring, and entries of the cache at the most."],
  ["vmZipHead", "u32", "rows", "Pages ever compressed, mod 2^32."],
  ["vmZipTail", "u32", "rows", "Entries of the ring that are done with, mod 2^32."],
  ["vmZipUnits", "u32", "KiB", "Compressed pages' size, in whole KiB."],
  ["vmZipFrames", "u32", "pages", "Frames of its compression cache."],
  ["vmBalloonPages", "u32", "PPNs", "Pages in the balloon."],
  ["vmBalloonTarget", "u32", "PPNs", "What reclaiming wants there to be."],
  ["vmBalloonMax", "u32", "PPNs", "More the driver does not take; 0: no driver."],
  ["vmBalloonReady", "u8", "0/1", "1: the driver is up."],
  ["vmBalloonRate", "u32", "pages/s", "What the driver takes at the most."],
  ["vmPageRandom", "u64", "-", "State of the stream that victims and samples are drawn from."],
  ["vmSwapIns", "u64", "pages", "Pages brought back from the host's swap file."],
  ["vmSwapOuts", "u64", "pages", "Pages written to it."],
  ["vmZips", "u64", "pages", "Pages compressed."],
  ["vmUnzips", "u64", "pages", "Pages decompressed on access."],
  ["vmSharedFirst", "u64", "pages", "Page-outs that sharing made unnecessary."],
  ["vmPops", "u64", "pages", "Ballooned pages that the guest touched."],
  [
    "vmFaults",
    "u64",
    "faults",
    "Hidden page faults: pages mapped, unshared, decompressed, brought back, sampled.",
  ],
  ["vmFaultNs", "u64", "ns", "Work that they were."],
  ["vmStallNs", "u64", "ns", "Time that accesses waited for pages in the host's swap file."],
  [
    "vmBlocked",
    "u8",
    "0/1",
    "1: it is stopped because the host is low on memory and it has more than its target.",
  ],
  ["vmBlockedNs", "u64", "ns", "Time that it was stopped because the host was low on memory."],
  ["vmSampleFirst", "u32", "row", "First page watched."],
  ["vmSampleCount", "u32", "rows", "Pages watched this period; 0: none yet."],
  ["vmSampleTouched", "u32", "pages", "Of them touched so far."],
  ["vmSampleFaults", "u64", "faults", "First touches of watched pages, ever."],
  ["vmActivityPeriods", "u32", "periods", "Periods completed since power-on."],
  ["vmSlowPpm", "u32", "ppm", "Slow average of the active part of its memory."],
  ["vmFastPpm", "u32", "ppm", "Fast average."],
  ["vmAccessedPpm", "u32", "ppm", "What access bits say of the last period: blind to devices."],
  ["vmActivePages", "u32", "PPNs", "Truth: pages touched in the last period."],
  [
    "vmGuestEvictions",
    "u64",
    "pages",
    "Guest pages needed again after fewer evictions than the guest has pages: how short of memory it is.",
  ],
]);

const guest = { group: "guest" } as const;
const vmGuest = columnsOf("vm", [
  ["vmOs", "u8", "enum", "Who manages guest memory: 0 nobody, 1 an operating system.", guest],
  ["vmOsPhase", "u8", "enum", "0 off, 1 boots, 2 up.", guest],
  ["vmOsSinceNs", "u64", "ns", "In this phase since.", guest],
  ["vmBootNs", "u64", "ns", "Length of its boot.", guest],
  ["vmBootNext", "u32", "rows", "Booting: next page to write, relative to the first.", guest],
  ["vmBootPages", "u32", "pages", "Pages that booting writes: kernel first.", guest],
  ["vmKernelPages", "u32", "pages", "Pages of the kernel: written at boot, never given away.", guest],
  ["vmKernelCommon", "u32", "pages", "Of them with contents that equal systems share.", guest],
  ["vmZeroRate", "u32", "pages/s", "Pages that the zero-page thread writes; 0: there is none.", guest],
  ["vmGuestCarry", "u64", "10^-9 pages", "Rest of the driver's pages.", guest],
  ["vmZeroCarry", "u64", "10^-9 pages", "Rest of the zero-page thread's pages.", guest],
  ["vmFreePages", "u32", "pages", "Free to the guest.", guest],
  ["vmZeroedPages", "u32", "pages", "Of them known to be zero.", guest],
  ["vmFreeHead", "u32", "PPN", "First free page; 2^32 − 1 none.", guest],
  ["vmZeroedHead", "u32", "PPN", "First free page known to be zero; 2^32 − 1 none.", guest],
  ["vmBalloonHead", "u32", "PPN", "Page last taken into the balloon; 2^32 − 1 none.", guest],
  ["vmActiveHead", "u32", "PPN", "Active list: page that came last; 2^32 − 1 none.", guest],
  ["vmActiveTail", "u32", "PPN", "Page that came first.", guest],
  ["vmActiveListed", "u32", "pages", "Pages of the active list.", guest],
  ["vmInactiveHead", "u32", "PPN", "Inactive list: page that came last; 2^32 − 1 none.", guest],
  ["vmInactiveTail", "u32", "PPN", "Page that came first.", guest],
  ["vmInactiveListed", "u32", "pages", "Pages of the inactive list.", guest],
  ["vmFreeMin", "u32", "pages", "Whoever allocates below this waits for writes.", guest],
  ["vmFreeLow", "u32", "pages", "Below this the guest reclaims.", guest],
  ["vmFreeHigh", "u32", "pages", "Up to this.", guest],
  ["vmStuck", "u8", "0/1", "1: reclaiming has just found nothing that could be evicted.", guest],
  ["vmEvicted", "u32", "pages", "Pages ever evicted, mod 2^32.", guest],
  ["vmDisk", "u32", "row", "Its disk.", guest],
  ["vmGuestSwapPages", "u32", "pages", "Size of its swap space.", guest],
  ["vmGuestSwapUsed", "u32", "pages", "In use.", guest],
  ["vmGuestSwapIns", "u64", "pages", "Pages that the guest brought back from its swap space.", guest],
  ["vmGuestSwapOuts", "u64", "pages", "Pages that it wrote there.", guest],
  ["vmFileReads", "u64", "pages", "File pages read from its disk.", guest],
  ["vmFileWrites", "u64", "pages", "File pages written to it.", guest],
  ["vmGuestFaults", "u64", "faults", "The guest's own page faults.", guest],
  ["vmGuestStallNs", "u64", "ns", "Time that accesses waited for the guest's disk.", guest],
  ["vmGuestOom", "u64", "accesses", "Accesses refused because the guest had nothing left to evict.", guest],
  ["vmRegionFirst", "u32", "row", "First region.", guest],
  ["vmRegionCount", "u32", "rows", "Regions.", guest],
]);

const pool = columnsOf("pool", [
  ["poolMinPages", "u32", "pages", "Memory reservation."],
  ["poolMaxPages", "u32", "pages", "Memory limit; 2^32 − 1 none."],
  ["poolMemShares", "u32", "shares", "Memory shares."],
]);

const region = columnsOf("region", [
  ["regionVm", "u32", "row", "VM.", guest],
  ["regionFirst", "u32", "row", "First logical page.", guest],
  ["regionPages", "u32", "rows", "Logical pages.", guest],
  ["regionFile", "u8", "0/1", "1: a file, that the page cache holds; 0: memory of a program.", guest],
  ["regionContent", "u64", "-", "File: key of its contents; equal keys are equal files.", guest],
]);

const logical = columnsOf("logical", [
  ["logicalPpn", "u32", "PPN", "Physical page that holds it; 2^32 − 1 none.", guest],
  [
    "logicalFlags",
    "u8",
    "bits",
    "1: has a copy in the guest's swap space; 2: file page that was changed; 4: of a file; 8: has been evicted.",
    guest,
  ],
  ["logicalEvicted", "u32", "pages", "vmEvicted when it last was.", guest],
  ["logicalContent", "u64", "id", "Content of that copy, or of the changed file page.", guest],
]);

const disk = columnsOf("disk", [
  ["diskReadNs", "u64", "ns", "Latency of a read."],
  ["diskWriteNs", "u64", "ns", "Latency of a write."],
  ["diskPageNs", "u64", "ns", "Transfer of a page."],
  ["diskSerial", "u8", "0/1", "1: one request at a time, latency included; 0: latencies overlap."],
  ["diskFreeNs", "u64", "ns", "Busy until then."],
  ["diskReads", "u64", "requests", "Reads."],
  ["diskWrites", "u64", "requests", "Writes."],
  ["diskReadPages", "u64", "pages", "Pages read."],
  ["diskWrittenPages", "u64", "pages", "Pages written."],
  ["diskBusyNs", "u64", "ns", "Time busy."],
]);

const swap = columnsOf("swap", [
  ["swapContent", "u64", "id", "Content of the page in this slot.", { group: "swap-ids" }],
  ["swapBytes", "page", "bytes", "The page in this slot.", { group: "swap-bytes" }],
]);

const swapWord = columnsOf("swapWord", [["swapWordBits", "u64", "bits", "Bit set: slot free, see bits.ts."]]);

const pageOut = columnsOf("pageOut", [
  ["pageOutPpn", "u32", "PPN", "Page on its way out."],
  ["pageOutDoneNs", "u64", "ns", "When it will have been written."],
]);

const zip = columnsOf("zip", [["zipPpn", "u32", "PPN", "Compressed page, or one that has left since."]]);

const sample = columnsOf("sample", [["samplePpn", "u32", "PPN", "Page watched."]]);

const reference = columnsOf("reference", [
  ["referencePage", "u32", "rows", "Page of the range, times two; plus one: a write."],
]);

const cpu = { group: "cpu" } as const;
/** Of a row, what is looked at together: its fields stand side by side. */
const record = { ...cpu, record: true } as const;
/** What is looked at less often stands behind it. */
const behind = { ...cpu, record: "behind" } as const;
const reserved = { group: "reserved" } as const;
const wants = { group: "wants" } as const;
const credit = { group: "credit" } as const;
const entitled = { group: "entitled" } as const;
const seen = { group: "cpu", volatile: true } as const;

const worldCpu = columnsOf("world", [
  ["worldScheduler", "u32", "enum", "0 virtual time, 1 stride, 2 lottery, 3 round robin, 4 credit.", cpu],
  ["worldQuantumNs", "u64", "ns", "A vCPU runs this long before others are looked at.", cpu],
  ["worldWakePreempts", "u32", "0/1", "1: a vCPU that wakes may preempt.", cpu],
  ["worldWakeMarginNs", "u64", "ns", "It must be this far behind.", cpu],
  [
    "worldLagNs",
    "u64",
    "ns",
    "Service that a sleeper may be behind, or a reserved VM ahead, at the most.",
    cpu,
  ],
  ["worldLimitPeriodNs", "u64", "ns", "CPU limits are enforced over this.", cpu],
  ["worldGrantNs", "u64", "ns", "A limited vCPU takes its budget in parts of this.", cpu],
  ["worldCoscheduling", "u32", "enum", "0 none, 1 strict, 2 relaxed, 3 per vCPU.", cpu],
  ["worldCostopNs", "u64", "ns", "Skew above which a vCPU is co-stopped.", cpu],
  ["worldCostartNs", "u64", "ns", "Skew below which it may start again.", cpu],
  ["worldSkewPollNs", "u64", "ns", "Skew is looked at on this grid.", cpu],
  ["worldBalanceNs", "u64", "ns", "Period of the fairness scan; 0 never.", cpu],
  [
    "worldBalanceMarginNs",
    "u64",
    "ns",
    "A waiting vCPU is fetched if it is this far behind the one that runs.",
    cpu,
  ],
  ["worldWholeCoreNs", "u64", "ns", "A vCPU this far behind its core mate gets the whole core.", cpu],
  ["worldGuestSliceNs", "u64", "ns", "Guests switch between threads of one vCPU this often.", cpu],
  ["worldRefillNsPerMib", "u64", "ns", "Time to fetch 1 MiB of working set into another cache.", cpu],
  ["worldRefillFarNsPerMib", "u64", "ns", "The same into a cache of another socket.", cpu],
  ["worldLotteryRandom", "u64", "-", "State of the stream that lotteries are drawn from.", cpu],
  [
    "worldReserving",
    "u32",
    "rows",
    "Clients whose reservations are served by tags at the moment, and 1 if some host always serves them so.",
    cpu,
  ],
  ["worldTagging", "u32", "0/1", "1: some host always serves reservations by tags.", cpu],
  [
    "worldCaches",
    "u32",
    "rows",
    "Last-level caches of the host that has most: rows a VM in space line, times 32.",
    cpu,
  ],
  ["worldScriptNext", "u32", "rows", "Next step of the scenario's script.", cpu],
  ["worldTurn", "u64", "-", "Counts enqueued vCPUs: the key of round robin and of credit.", cpu],
  ["worldCreditTickNs", "u64", "ns", "Boosts end on this grid.", credit],
  ["worldCreditTicks", "u32", "ticks", "Credits are handed out every so many.", credit],
  ["worldCreditBoost", "u32", "0/1", "1: who wakes up with credits left goes before all others.", credit],
  ["worldKickHead", "u32", "row", "First vCPU whose guest work has changed; 2^32 − 1 none.", cpu],
  ["worldKickTail", "u32", "row", "Last of them.", cpu],
  ["worldSampleNs", "u64", "ns", "Mean distance of the samples of sampled system time; 0: none.", cpu],
  ["worldTracing", "u32", "0/1", "1: the timeline is written.", { group: "trace", volatile: true }],
  [
    "worldTraceHead",
    "u32",
    "rows",
    "Rows of the timeline ever written, mod 2^32.",
    { group: "trace", volatile: true },
  ],
  ["worldTraceTail", "u32", "rows", "Rows ever drained, mod 2^32.", { group: "trace", volatile: true }],
]);

const hostCpu = columnsOf("host", [
  ["hostPcpuFirst", "u32", "row", "First pCPU.", record],
  ["hostPcpuCount", "u32", "rows", "pCPUs; 0: no guest of the host computes.", record],
  ["hostThreads", "u32", "rows", "Threads of a core.", record],
  ["hostCachePcpus", "u32", "rows", "pCPUs that share a last-level cache.", record],
  ["hostSocketPcpus", "u32", "rows", "pCPUs of a socket.", record],
  ["hostRunQueues", "u32", "rows", "One a pCPU, or one for all.", record],
  ["hostRoot", "u32", "row", "Client at the root.", record],
  ["hostQueueWords", "u32", "rows", "Words of the first of these sets.", record],
  ["hostSeatFirst", "u32", "row", "First seat of the first run queue.", record],
  ["hostSeatStride", "u32", "rows", "Seats of a run queue.", record],
  [
    "hostWantTrees",
    "u32",
    "row",
    "First seat of the trees of all who want processors; 2^32 − 1: run queues are enough.",
    { ...seen, record: true },
  ],
  [
    "hostBitFirst",
    "u32",
    "row",
    "Words of the set of run queues that hold somebody; idle pCPUs behind them.",
    record,
  ],
  ["hostFrequencyPpm", "u32", "ppm", "Clock in force, of the nominal one.", record],
  ["hostBalanceNext", "u32", "rows", "pCPU whose turn the fairness scan is, relative to the first.", record],
  ["hostCreditTicks", "u32", "ticks", "Ticks since credits were handed out.", credit],
  ["hostRandom", "u64", "-", "State of the stream that system time is sampled by.", cpu],
  ["hostIrqFirst", "u32", "row", "First interrupt source.", cpu],
  ["hostIrqCount", "u32", "rows", "Interrupt sources.", cpu],
  ["hostBusyNs", "u64", "ns", "Power: core-busy time at the last look.", cpu],
  ["hostEnergyMicroJ", "u64", "µJ", "Energy used.", cpu],
  ["hostCacheWays", "u32", "ways", "Ways of a last-level cache.", cpu],
  ["hostWayBytes", "u32", "bytes", "Size of a way.", cpu],
  ["hostMissNs", "u32", "ns", "A miss of the last-level cache costs this.", cpu],
  ["hostTickNs", "u64", "ns", "Caches, power and interrupt balance are looked at this often; 0 never.", cpu],
]);

const vmCpu = columnsOf("vm", [
  ["vmClient", "u32", "row", "Its client; 2^32 − 1 none.", cpu],
  ["vmVcpuFirst", "u32", "row", "First vCPU.", record],
  ["vmVcpuCount", "u32", "rows", "vCPUs it can ever have.", cpu],
  ["vmVcpuOnline", "u32", "rows", "vCPUs plugged in: the first ones.", record],
  ["vmPower", "u8", "enum", "0 off, 1 on, 2 panicked.", cpu],
  ["vmPowerNs", "u64", "ns", "Powered on since.", cpu],
  ["vmPowerTotalNs", "u64", "ns", "Powered on before that.", cpu],
  ["vmGang", "u8", "0/1", "1: strict co-scheduling waits to start all its vCPUs at once.", record],
  [
    "vmGangNext",
    "u32",
    "vCPU",
    "Strict, of a VM wider than its host: the one that is first to get a pCPU next time.",
    cpu,
  ],
  ["vmCostopped", "u32", "vCPUs", "vCPUs that are co-stopped.", record],
  ["vmTaskFirst", "u32", "row", "First guest thread.", cpu],
  ["vmTaskCount", "u32", "rows", "Guest threads.", cpu],
  [
    "vmSyncFirst",
    "u32",
    "row",
    "First lock, barrier or wait queue; the next VM's first is behind its last.",
    cpu,
  ],
  ["vmSourceFirst", "u32", "row", "First source of requests; the next VM's first is behind its last.", cpu],
  ["vmQueueHead", "u32", "row", "First guest thread that waits for a vCPU; 2^32 − 1 none.", record],
  ["vmQueueTail", "u32", "row", "Last one.", record],
  ["vmBucketFirst", "u32", "row", "Its latency histogram.", record],
  ["vmOperations", "u64", "operations", "Operations completed.", record],
  ["vmLatencyNs", "u64", "ns", "Sum of their latencies.", record],
  ["vmLatencyMaxNs", "u64", "ns", "The longest.", record],
  ["vmSpinNs", "u64", "ns", "CPU time lost by spinning.", cpu],
  ["vmPanicNs", "u64", "ns", "A wait by spinning longer than this is a panic; 2^64 − 1 never.", cpu],
  ["vmSmtSharing", "u8", "enum", "Core mates: 0 any, 1 internal, 2 none.", record],
  ["vmQuarantined", "u8", "0/1", "1: runs alone on a core, because it hurt its core mates.", record],
  ["vmHarmPpm", "u32", "ppm", "Core mates are slowed down by this.", cpu],
  ["vmHarmNs", "u64", "ns", "Time it has run beside a core mate.", cpu],
  ["vmWorkingBytes", "u64", "bytes", "What a vCPU wants in its cache.", cpu],
  ["vmSampledSystemNs", "u64", "ns", "System time as sampling sees it.", cpu],
  ["vmTickNs", "u64", "ns", "Period of the guest's timer; 0: no guest time.", record],
  [
    "vmTimeMode",
    "u8",
    "enum",
    "Late ticks: 0 charged to the running process, 1 to a sponge, 2 steal time.",
    cpu,
  ],
  ["vmCatchUpPpm", "u32", "ppm", "Late ticks come at this part of the nominal rate, on top of it.", cpu],
  ["vmTimeSeenNs", "u64", "ns", "Guest time is up to date until here.", cpu],
  ["vmBacklogNs", "u64", "ns", "Time whose ticks have not been delivered.", cpu],
  ["vmBacklogMaxNs", "u64", "ns", "The most there was.", cpu],
  ["vmDroppedNs", "u64", "ns", "Backlog given up because it was above 60 s.", cpu],
  ["vmProcessNs", "u64", "ns", "Time that the guest has charged to its processes.", cpu],
  ["vmSpongeNs", "u64", "ns", "Time that the sponge took.", cpu],
  ["vmStealNs", "u64", "ns", "Time reported as stolen.", cpu],
  ["vmCurveFirst", "u32", "row", "First point of its miss-ratio curve.", cpu],
  ["vmCurveCount", "u32", "rows", "Points; 0: no cache model.", cpu],
  ["vmReferencesPerUs", "u32", "1/µs", "References to the last-level cache, per µs of work, × 1000.", cpu],
  ["vmWayMask", "u32", "bits", "Ways it may fill.", cpu],
  ["vmCachePpm", "u32", "ppm", "Speed that its cache misses leave it.", record],
  ["vmMisses", "u64", "misses", "Cache misses.", cpu],
]);

const pcpu = columnsOf("pcpu", [
  ["pcpuHost", "u32", "row", "Host.", record],
  ["pcpuVcpu", "u32", "row", "vCPU that runs; 2^32 − 1 idle.", record],
  ["pcpuSettledNs", "u64", "ns", "Time is accounted up to here.", record],
  ["pcpuSliceEndNs", "u64", "ns", "End of the quantum.", record],
  ["pcpuStolenNs", "u64", "ns", "An interrupt has the thread until then.", record],
  ["pcpuStolenVm", "u32", "row", "VM on whose behalf the last one came.", cpu],
  ["pcpuGrantNs", "u64", "ns", "Budget of limited clients still in hand; 2^64 − 1: nobody limits.", record],
  ["pcpuChargePpm", "u32", "ppm", "Part of elapsed time that is charged: SMT × clock.", record],
  [
    "pcpuWorkPpm",
    "u32",
    "ppm",
    "Part of elapsed time that is work: that, less cache misses and interference.",
    record,
  ],
  ["pcpuChargeRest", "u32", "10^-6 ns", "Charge not yet a whole ns.", behind],
  ["pcpuQueued", "u32", "vCPUs", "vCPUs in its run queue.", record],
  ["pcpuBusyNs", "u64", "ns", "Time with a vCPU.", behind],
  ["pcpuSystemNs", "u64", "ns", "Time with interrupts, part of busy time if a vCPU was there.", cpu],
  ["pcpuUsedNs", "u64", "ns", "Charged to clients: nominal core time.", behind],
  ["pcpuDispatches", "u64", "dispatches", "Dispatches.", behind],
  ["pcpuIrqPerKs", "u64", "ns/1000 s", "Interrupt work assigned.", cpu],
  ["pcpuHeld", "u8", "0/1", "1: left idle for the sake of a core mate.", behind],
  ["pcpuQueue", "u32", "row", "Whose run queue it takes from.", record],
  ["pcpuTrees", "u32", "row", "First seat of that queue.", record],
  ["pcpuKept", "u32", "row", "vCPU that has left its run queue and kept its seats; 2^32 − 1 none.", record],
  ["pcpuCacheNs", "u64", "ns", "Busy time at the last look of the cache model.", cpu],
]);

const smt = columnsOf("smt", [
  ["smtSpeedPpm", "u32", "ppm", "Speed of each of row % 8 + 1 busy threads.", cpu],
]);

const client = columnsOf("client", [
  ["clientParent", "u32", "row", "Group it is in; 2^32 − 1: a root.", record],
  ["clientFirst", "u32", "row", "Group: first child.", record],
  ["clientChildren", "u32", "rows", "Group: children.", cpu],
  ["clientHost", "u32", "row", "Host.", cpu],
  ["clientDepth", "u8", "-", "0: the root.", cpu],
  ["clientVm", "u32", "row", "VM, of VMs and vCPUs; 2^32 − 1 none.", cpu],
  ["clientVcpu", "u32", "row", "vCPU, of leaves; 2^32 − 1 none.", record],
  ["clientShares", "u32", "shares", "Weight that it goes by among its siblings.", record],
  [
    "clientVtime",
    "u64",
    "2^-12 ns/share",
    "Virtual time: usage / shares, relative to the group's last rebase.",
    record,
  ],
  ["clientVtimeRest", "u32", "-", "Remainder of that division.", record],
  [
    "clientClock",
    "u64",
    "2^-12 ns/share",
    "Group: largest virtual time that a child was dispatched at by its shares.",
    record,
  ],
  [
    "clientLag",
    "u64",
    "2^-12 ns/share",
    "Group: what a child that comes back from sleep may be behind the clock: worldLagNs at the mean shares of a child.",
    cpu,
  ],
  ["clientSharesSum", "u64", "shares", "Group: shares of all children.", cpu],
  ["clientSharesMost", "u32", "shares", "Group: of the child that has most.", cpu],
  [
    "clientSlack",
    "u64",
    "2^-12 ns/share",
    "Group: what a child may be behind the clock: worldLagNs at the least shares of a child.",
    record,
  ],
  ["clientSeat", "u32", "rows", "Group: its tree within a run queue.", record],
  ["clientSeats", "u32", "rows", "Group: leaves of that tree, a power of two.", record],
  ["clientActive", "u32", "vCPUs", "vCPUs at or below that are queued or running.", cpu],
  [
    "clientQueued",
    "u32",
    "vCPUs",
    "vCPUs at or below in run queues, but for those that a limit below holds.",
    wants,
  ],
  ["clientUsedNs", "u64", "ns", "Charged: nominal core time.", record],
  ["clientQuotaNs", "u64", "ns", "Limit per period; 2^64 − 1 none.", cpu],
  ["clientBudgetNs", "u64", "ns", "Left of it.", cpu],
  ["clientPeriod", "u64", "periods", "Period that the budget belongs to.", cpu],
  ["clientThrottled", "u8", "0/1", "1: out of budget.", record],
  [
    "clientOwnShares",
    "u32",
    "shares",
    "Shares that it was given: its weight, but where entitlements are.",
    cpu,
  ],
  ["clientReservePpm", "u32", "ppm", "Reservation in ppm of one pCPU; 0 none.", cpu],
  ["clientTagPpm", "u32", "ppm", "The same, where reservations are served by tags.", reserved],
  ["clientScale", "f64", "shares", "Shares that it was given, of whoever counts.", entitled],
  ["clientLow", "f64", "pCPUs", "What it must have, by its demand.", entitled],
  ["clientHigh", "f64", "pCPUs", "What it can use, by its demand.", entitled],
  ["clientDue", "f64", "pCPUs", "What it is entitled to.", entitled],
  ["clientLeast", "f64", "pCPUs", "What it must have were it busy.", entitled],
  ["clientMost", "f64", "pCPUs", "What it could use were it busy.", entitled],
  ["clientDueNs", "u64", "ns", "What it is entitled to, in a period of limits.", entitled],
  ["clientMostNs", "u64", "ns", "What it could use were it busy, in a period of limits.", entitled],
  ["clientShareNs", "u64", "ns", "Its part of a period of a limit above; 2^64 − 1: nobody cares.", entitled],
  ["clientShareUsedNs", "u64", "ns", "Taken of it.", entitled],
  ["clientSharePeriod", "u64", "periods", "Period that was in.", entitled],
  ["clientShareHeld", "u8", "0/1", "1: throttled because it is spent.", entitled],
  ["clientPart", "f64", "pCPUs", "What it would be entitled to, were all busy.", entitled],
  ["clientReserveNs", "u64", "ns", "Time until which its reservation has been served.", reserved],
  [
    "clientRemain",
    "u64",
    "2^-12 ns/share",
    "Virtual time minus clock when it left (stride) or was throttled, two's complement.",
    cpu,
  ],
  [
    "clientEarning",
    "u32",
    "vCPUs",
    "vCPUs at or below that earned when credits were last handed out.",
    credit,
  ],
  ["clientCreditNs", "u64", "ns", "Credits that it was given then, and hands on to those below.", credit],
]);

const entitle = columnsOf("entitle", [
  ["entitleEveryNs", "u64", "ns", "Entitlements are worked out this often; 0: the host goes by shares.", cpu],
  ["entitleMeasuredNs", "u64", "ns", "Time of the last measurement of demand.", cpu],
  ["entitleSystemNs", "u64", "ns", "Time that interrupts had taken of its pCPUs until then.", cpu],
  ["entitleLost", "f64", "-", "Part of its pCPUs' time that they took before it.", cpu],
]);

const vcpu = columnsOf("vcpu", [
  ["vcpuDemand", "f64", "pCPUs", "RUN / (RUN + WAIT) at the last measurement; 1: it had neither.", entitled],
  ["vcpuMeasuredRunNs", "u64", "ns", "RUN until then.", entitled],
  ["vcpuMeasuredWaitNs", "u64", "ns", "WAIT until then.", entitled],
  ["vcpuVm", "u32", "row", "VM.", record],
  ["vcpuClient", "u32", "row", "Its leaf of the tree.", record],
  ["vcpuState", "u8", "enum", "0 off, 1 run, 2 ready, 3 co-stopped, 4 idle, 5 waits for swap.", record],
  ["vcpuLimited", "u8", "0/1", "1: ready, but a limit holds it.", record],
  ["vcpuPcpu", "u32", "row", "pCPU it runs on, is queued at, or was on last.", record],
  [
    "vcpuWarm",
    "u32",
    "row",
    "pCPU it ran on last, whose caches hold its working set; nothing before its first dispatch.",
    record,
  ],
  ["vcpuSinceNs", "u64", "ns", "In this state since; running: accounted up to here by its pCPU.", record],
  ["vcpuLimitedSinceNs", "u64", "ns", "Limited since.", cpu],
  ["vcpuRunNs", "u64", "ns", "RUN: time on a pCPU.", behind],
  ["vcpuReadyNs", "u64", "ns", "READY: time in a run queue.", behind],
  ["vcpuCostopNs", "u64", "ns", "COSTOP.", cpu],
  ["vcpuIdleNs", "u64", "ns", "IDLE: the guest has nothing to run.", cpu],
  ["vcpuSwapNs", "u64", "ns", "SWPWT.", cpu],
  ["vcpuSystemNs", "u64", "ns", "SYS: work of the hypervisor on its behalf.", cpu],
  ["vcpuOverlapNs", "u64", "ns", "OVRLP: part of RUN that went to work for others.", cpu],
  ["vcpuLimitedNs", "u64", "ns", "MLMTD: part of READY due to a limit.", cpu],
  ["vcpuUsedNs", "u64", "ns", "Charged for running: nominal core time.", behind],
  ["vcpuDispatches", "u64", "dispatches", "Dispatches.", behind],
  ["vcpuPreemptions", "u64", "preemptions", "Of them ended by others' turn.", behind],
  ["vcpuMigrations", "u64", "migrations", "Dispatches on another pCPU than before.", cpu],
  ["vcpuCostops", "u64", "co-stops", "Co-stops.", cpu],
  ["vcpuDeficitNs", "u64", "ns", "Time without progress: what skew is made of.", record],
  [
    "vcpuStopNs",
    "u64",
    "ns",
    "While it runs: when it has to stop for its siblings as they are now, or later; 2^64 − 1: never.",
    record,
  ],
  ["vcpuSkewMaxNs", "u64", "ns", "Largest skew seen when it stopped running.", cpu],
  ["vcpuCreditNs", "u64", "ns", "Time on a pCPU that it has in store, two's complement.", credit],
  ["vcpuPriority", "u8", "enum", "0 boost, 1 under, 2 over.", credit],
  ["vcpuEarns", "u8", "0/1", "1: it was seen running, and has not saved up since.", credit],
  ["vcpuLine", "u64", "-", "Its number in the line of those of its priority.", credit],
  ["vcpuTask", "u32", "row", "Guest thread on it; 2^32 − 1 none.", record],
  ["vcpuWorkRest", "u32", "10^-6 ns", "Work not yet a whole ns.", record],
  ["vcpuRefillNs", "u64", "ns", "Cache refill left after a migration.", record],
  ["vcpuSliceNs", "u64", "ns", "Guest's own slice: CPU time left before the next thread's turn.", behind],
  ["vcpuKickNext", "u32", "row", "Next kicked vCPU; itself: last; 2^32 − 1: not kicked.", record],
  [
    "vcpuSpinUntilNs",
    "u64",
    "ns",
    "Running: when its spinning becomes a panic; else: for how much longer it may spin; 2^64 − 1 never.",
    behind,
  ],
  [
    "vcpuSwapUntilNs",
    "u64",
    "ns",
    "Its guest waits for a page of the host until then; 0 or past: it does not.",
    behind,
  ],
  ["vcpuSeenRunNs", "u64", "ns", "Recount: RUN up to now.", seen],
  ["vcpuSeenReadyNs", "u64", "ns", "Recount: READY up to now.", seen],
  ["vcpuSeenCostopNs", "u64", "ns", "Recount: COSTOP up to now.", seen],
  ["vcpuSeenIdleNs", "u64", "ns", "Recount: IDLE up to now.", seen],
  ["vcpuSeenSwapNs", "u64", "ns", "Recount: SWPWT up to now.", seen],
  ["vcpuSeenLimitedNs", "u64", "ns", "Recount: MLMTD up to now.", seen],
  ["vcpuSeenUsedNs", "u64", "ns", "Recount: charged for running up to now.", seen],
  ["vcpuSeenOverlapNs", "u64", "ns", "Recount: OVRLP up to now.", seen],
]);

const seat = columnsOf("seat", [
  [
    "seatKey",
    "u64",
    "-",
    "Virtual time above rank; inner nodes: the least below, lottery: the sum of shares, credit: priority above turn above rank.",
    cpu,
  ],
  ["seatReserve", "u64", "-", "The same for reservations: time served above rank.", reserved],
]);

const runBit = columnsOf("runBit", [["runBitWord", "u64", "bits", "Hierarchical bitset, see bits.ts.", cpu]]);

const task = columnsOf("task", [
  ["taskVm", "u32", "row", "VM.", cpu],
  [
    "taskState",
    "u8",
    "enum",
    "0 asleep or blocked, 1 waits for a vCPU, 2 on a vCPU, 3 spins on a vCPU, 4 ended.",
    record,
  ],
  ["taskVcpu", "u32", "row", "vCPU it is on or was on last; 2^32 − 1 none.", record],
  ["taskOpFirst", "u32", "row", "First step of its program.", record],
  ["taskOpCount", "u32", "rows", "Steps.", record],
  ["taskOp", "u32", "rows", "Next step, relative to the first.", record],
  ["taskWorkNs", "u64", "ns", "Work left of the present run, at nominal clock on a whole core.", record],
  ["taskTurn", "u32", "row", "Next in the queue for a vCPU; 2^32 − 1 last.", record],
  ["taskSync", "u32", "row", "Lock, barrier or wait queue that it waits at; 2^32 − 1 none.", cpu],
  ["taskNext", "u32", "row", "Next of those who wait there, or for a request; 2^32 − 1 last.", record],
  ["taskBeginNs", "u64", "ns", "When the present operation became due.", record],
  ["taskTimerNs", "u64", "ns", "Last release of its periodic timer.", cpu],
  ["taskRandom", "u64", "-", "State of its random stream.", record],
  ["taskLoop0", "u32", "rounds", "Rounds left of its loops, outermost first.", cpu],
  ["taskLoop1", "u32", "rounds", "As above.", cpu],
  ["taskLoop2", "u32", "rounds", "As above.", cpu],
  ["taskLoop3", "u32", "rounds", "As above.", cpu],
  ["taskStartNs", "u64", "ns", "Starts this long after power-on.", cpu],
  ["taskInstantNs", "u64", "ns", "Time of its last step.", record],
  ["taskSteps", "u32", "steps", "Steps it has done at that time: too many end it.", record],
  ["taskAccesses", "u32", "accesses", "Left of its present step.", cpu],
]);

const op = columnsOf("op", [
  [
    "opKind",
    "u8",
    "enum",
    "0 end, 1 run, 2 sleep, 3 timer, 4 lock, 5 unlock, 6 barrier, 7 suspend, 8 resume, 9 take a request, 10 operation begins, 11 operation ends, 12 loop begins, 13 loop ends, 14 sleep until, 15 end if past, 16 access memory.",
    cpu,
  ],
  ["opDraw", "u8", "enum", "Length: 0 constant, 1 uniform, 2 exponential, 3 normal (sum of twelve).", cpu],
  ["opNs", "u64", "ns", "Length or its mean; a period; a time.", cpu],
  ["opSpreadNs", "u64", "ns", "Half width, or standard deviation.", cpu],
  [
    "opTarget",
    "u32",
    "row",
    "Lock, barrier, queue or source, relative to the VM's first; loop: partner step; loops also have the rounds in opNs, 0 for ever.",
    cpu,
  ],
  ["opDepth", "u8", "-", "Loop: nesting, 0 … 3.", cpu],
]);

const sync = columnsOf("sync", [
  [
    "syncKind",
    "u8",
    "enum",
    "0 spin lock, 1 ticket lock, 2 mutex (blocks), 3 spin barrier, 4 blocking barrier, 5 wait queue.",
    cpu,
  ],
  ["syncVm", "u32", "row", "VM.", cpu],
  ["syncHolder", "u32", "row", "Lock: guest thread that holds it; 2^32 − 1 free.", cpu],
  ["syncParties", "u32", "tasks", "Barrier: guest threads that meet.", cpu],
  ["syncArrived", "u32", "tasks", "Barrier: of them there.", cpu],
  ["syncHead", "u32", "row", "First waiter; 2^32 − 1 none.", cpu],
  ["syncTail", "u32", "row", "Last waiter.", cpu],
]);

const source = columnsOf("source", [
  ["sourceVm", "u32", "row", "VM.", cpu],
  ["sourceDraw", "u8", "enum", "Gaps: 0 constant, 2 exponential.", cpu],
  ["sourceGapNs", "u64", "ns", "Mean gap between requests.", cpu],
  ["sourceStopNs", "u64", "ns", "No request after this.", cpu],
  ["sourceNextNs", "u64", "ns", "Next arrival.", cpu],
  ["sourceRandom", "u64", "-", "Stream of the gaps.", cpu],
  ["sourceTakenNs", "u64", "ns", "Arrival of the oldest request nobody has taken.", cpu],
  [
    "sourceTakenRandom",
    "u64",
    "-",
    "The same stream, replayed behind it: so a backlog of any length takes no memory.",
    cpu,
  ],
  ["sourcePending", "u64", "requests", "Requests nobody has taken.", cpu],
  ["sourceHead", "u32", "row", "First guest thread that waits for a request; 2^32 − 1 none.", cpu],
  ["sourceTail", "u32", "row", "Last one.", cpu],
]);

const bucket = columnsOf("bucket", [
  [
    "bucketOperations",
    "u32",
    "operations",
    "Operations of this latency, see assembly/guest/latency.ts.",
    cpu,
  ],
]);

const irq = columnsOf("irq", [
  ["irqHost", "u32", "row", "Host.", cpu],
  ["irqVm", "u32", "row", "VM on whose behalf; 2^32 − 1: the host's own.", cpu],
  ["irqPcpu", "u32", "row", "pCPU that takes it.", cpu],
  ["irqDraw", "u8", "enum", "Gaps: 0 constant, 2 exponential.", cpu],
  ["irqGapNs", "u64", "ns", "Mean gap.", cpu],
  ["irqCostNs", "u64", "ns", "Time it takes.", cpu],
  ["irqRandom", "u64", "-", "Stream of the gaps.", cpu],
  ["irqRaised", "u64", "interrupts", "Interrupts so far.", cpu],
]);

const cache = { group: "cache" } as const;
const curve = columnsOf("curve", [
  ["curveBytes", "u64", "bytes", "Cache that the VM has.", cache],
  ["curveMissPpm", "u32", "ppm", "Part of its references that miss then.", cache],
]);

const line = columnsOf("line", [
  ["lineBytes", "u32", "bytes", "Bytes of the way that hold the VM's lines.", cache],
]);

const service = columnsOf("service", [
  ["serviceUntilNs", "u64", "ns", "When an interrupt will be done; in the past: this row is free.", cpu],
  ["serviceVm", "u32", "row", "VM that it works for; 2^32 − 1: the host's own.", cpu],
]);

const watt = columnsOf("watt", [
  ["wattMilli", "u32", "mW", "Power at row % 11 tenths of the busy time.", cpu],
]);

const trace = columnsOf("trace", [
  ["traceAt", "f64", "ns", "When.", { group: "trace", volatile: true }],
  ["traceVcpu", "u32", "row", "vCPU.", { group: "trace", volatile: true }],
  ["tracePcpu", "u32", "row", "pCPU, of running ones.", { group: "trace", volatile: true }],
  [
    "traceState",
    "u8",
    "enum",
    "State from then on, as vcpuState; 16: migrated here first.",
    { group: "trace", volatile: true },
  ],
]);

const zone = columnsOf("zone", [
  ["zoneHost", "u32", "row", "Host."],
  ["zoneNode", "u32", "-", "NUMA node within the host."],
  ["zoneFirst", "u32", "row", "First frame, a multiple of 512."],
  ["zonePages", "u32", "rows", "Frames; those above it up to the next block do not exist."],
  ["zoneFreePages", "u32", "pages", "Free frames."],
]);

const vm = columnsOf("vm", [
  ["vmHost", "u32", "row", "Host."],
  ["vmPpnFirst", "u32", "row", "First physical page, a multiple of 512."],
  ["vmPpnCount", "u32", "rows", "Configured physical pages."],
  ["vmSalt", "u64", "-", "Mixed into page hashes: host and tenant."],
  ["vmSaltGroup", "u16", "-", "Number of the tenant on its host."],
  ["vmPool", "u64", "-", "Key of the common contents."],
  ["vmPoolPages", "u32", "pages", "Common contents there are."],
  ["vmGrantedPages", "u32", "PPNs", "Mapped pages."],
  ["vmUnvisitedPages", "u32", "PPNs", "Mapped pages not visited by the scan since their last write."],
  [
    "vmScanRateTarget",
    "u32",
    "pages/s",
    "Scan rate; 0 not scanned, 2^32 − 1 no limit.",
    { writer: "policy" },
  ],
  ["vmScanCarry", "u64", "page·ns", "Scan budget not spent."],
  ["vmScanPosition", "u32", "rows", "Next position of a permuted or sequential pass."],
  ["vmScanPass", "u32", "passes", "Passes begun; keys the permutation."],
  ["vmScanRandom", "u64", "-", "State of the stream that picks candidates."],
  ["vmScanned", "u64", "pages", "Pages scanned."],
  ["vmCowBreaks", "u64", "faults", "Writes that broke a shared page."],
  ["vmFalseMatches", "u64", "pages", "Equal hash, different content."],
  ["vmAccesses", "u64", "accesses", "Accesses issued."],
  ["vmWrites", "u64", "accesses", "Of them writes."],
  ["vmOutOfFrames", "u64", "accesses", "Accesses that found no free frame."],
  [
    "vmSharedPages",
    "u32",
    "PPNs",
    "Recount: pages on frames with two references or more.",
    { volatile: true },
  ],
  ["vmZeroPages", "u32", "PPNs", "Recount: pages known to be zero.", { volatile: true }],
  ["vmTouchedPages", "u32", "PPNs", "Recount: pages touched by the guest.", { volatile: true }],
  ["vmDirtyPages", "u32", "PPNs", "Recount: pages written by the guest.", { volatile: true }],
  [
    "vmDirtyLog",
    "u8",
    "enum",
    "Its writes are logged: 0 no, 1 yes, 2 for periodic harvests.",
    { group: "dirty" },
  ],
  ["vmLoggedPages", "u32", "PPNs", "Pages written since its log was last harvested.", { group: "dirty" }],
  [
    "vmTracking",
    "u8",
    "enum",
    "How written pages are found: 0 for nothing, 1 write protection, 2 dirty bits, 3 modification log, 4 ring.",
    { group: "dirty" },
  ],
  ["vmTrackRing", "u32", "entries", "Size of its ring.", { group: "dirty" }],
  ["vmTrackBuffered", "u32", "entries", "Entries in its log or ring.", { group: "dirty" }],
  ["vmTrackTraps", "u64", "faults", "Faults of write protection.", { group: "dirty" }],
  ["vmTrackExits", "u64", "exits", "Exits because a log or ring was full.", { group: "dirty" }],
  ["vmTrackNs", "u64", "ns", "What they cost the guest.", { group: "dirty" }],
  ["vmTrackScanned", "u64", "entries", "Entries that harvests have looked at.", { group: "dirty" }],
  ["vmTrackHostNs", "u64", "ns", "What that cost the hypervisor.", { group: "dirty" }],
  ["vmSavedFraction", "f64", "pages", "Recount: sum of 1 − 1/refcount.", { volatile: true }],
]);

const extent = columnsOf("extent", [["extentVm", "u32", "row", "VM that these 512 pages belong to."]]);

const worldTrack = columnsOf("world", [
  ["worldTrackTrapNs", "u64", "ns", "A fault of write protection.", { group: "dirty" }],
  ["worldTrackFullNs", "u64", "ns", "An exit because a page-modification log is full.", { group: "dirty" }],
  ["worldTrackRingNs", "u64", "ns", "An exit because a dirty ring is full.", { group: "dirty" }],
  ["worldTrackEntryPs", "u32", "ps", "A harvest: an entry looked at, or protected.", { group: "dirty" }],
  ["worldTrackFlushNs", "u64", "ns", "A harvest: TLBs are flushed.", { group: "dirty" }],
]);

const harvest = columnsOf("harvest", [
  ["harvestEveryNs", "u64", "ns", "Its written pages are harvested this often; 0: not at all."],
  ["harvestAccessed", "u8", "0/1", "1: its accessed bits are, with each period of sampling."],
  ["harvestPeriods", "u64", "periods", "Dirty harvests so far."],
  ["harvestPages", "u64", "PPNs", "Pages that they found, all together."],
  ["harvestLastPages", "u32", "PPNs", "Pages that the last one found."],
  [
    "harvestLastAccessed",
    "u32",
    "PPNs",
    "Pages with the accessed bit at the end of the last period of sampling.",
  ],
]);

const large = { group: "large" } as const;
const worldLarge = columnsOf("world", [
  ["worldLargeNs", "u64", "ns", "Hosts look at their large pages this often.", large],
  [
    "worldLargeLevel",
    "u32",
    "enum",
    "State of free memory from which on large pages are broken for sharing, as hostState; 0: always, 5: never.",
    large,
  ],
  ["worldDefragRate", "u32", "pages/s", "Pages moved to form large pages, a host; 0: none.", large],
]);

const hostLarge = columnsOf("host", [
  ["hostLargeBelow", "u32", "pages", "Free pages below which large pages are broken for sharing.", large],
  [
    "hostLargeAbove",
    "u32",
    "pages",
    "Free pages that making large pages leaves, and that breaking them aims at.",
    large,
  ],
  ["hostDefragCarry", "u64", "page·ns", "Budget of moves not spent.", large],
  ["hostDefragNext", "u32", "rows", "Extent looked at next, relative to its VMs' first.", large],
  ["hostDefragMoves", "u64", "pages", "Pages moved to form large pages.", large],
]);

const vmLarge = columnsOf("vm", [
  [
    "vmLargeMode",
    "u8",
    "enum",
    "Backed by large pages: 0 never, 1 while memory is plentiful, 2 always.",
    large,
  ],
  ["vmLargePages", "u32", "extents", "Extents backed by a large page.", large],
  ["vmLargeHeld", "u32", "PPNs", "Pages inside them that are held back from sharing.", large],
  ["vmLargeBacked", "u64", "extents", "Large pages given, on a first touch or with an image.", large],
  ["vmLargeFormed", "u64", "extents", "Large pages formed of small ones.", large],
  ["vmLargeShared", "u64", "extents", "Large pages broken so that a page of them could be shared.", large],
  ["vmLargeTaken", "u64", "extents", "Large pages broken because a page of them was taken away.", large],
]);

const largeExtent = columnsOf("large", [
  [
    "largeBlock",
    "u32",
    "block + 1",
    "Block of frames that backs the extent as one large page; 0 none.",
    large,
  ],
  ["largeHeld", "u16", "PPNs", "Pages of it that are held back from sharing.", large],
]);

const heldWord = columnsOf("heldWord", [
  [
    "heldWordBits",
    "u64",
    "bits",
    "Bit set: the page equals one on file, but one of the two is inside a large page.",
    large,
  ],
]);

const ppn = columnsOf("ppn", [
  ["ppnMpn", "u32", "MPN", "Machine page behind it; paged out or compressed: its slot; 2^32 − 1 none."],
  [
    "ppnFlags",
    "u16",
    "bits",
    "1 mapped, 2 copy-on-write, 4 zero, 8 touched, 16 dirty, 32 ballooned, 64 swapped, 128 ineligible, 256 visited, 512 recent, 1024 accessed, 2048 watched, 4096 leaving, 8192 compressed, 16384 queued, 32768 kept.",
  ],
  ["ppnLogical", "u32", "row", "Logical page that it holds; 2^32 − 1 none.", guest],
  [
    "ppnNext",
    "u32",
    "PPN",
    "Next of the guest's list that it is in, towards the tail; 2^32 − 1 last.",
    guest,
  ],
  ["ppnPrevious", "u32", "PPN", "The one before; 2^32 − 1 first.", guest],
  [
    "ppnGuest",
    "u8",
    "bits",
    "The guest's view: 1 referenced, 2 dirty, 4 active list, 8 free, 16 free and zeroed, 32 kernel, 64 balloon.",
    guest,
  ],
]);

const dirtyWord = columnsOf("dirtyWord", [
  [
    "dirtyWordBits",
    "u64",
    "bits",
    "Bit set: the page has been written since its VM's log was last harvested.",
    { group: "dirty" },
  ],
]);

const life = { group: "life", writer: "policy" } as const;

const worldLife = columnsOf("world", [
  ["worldLife", "u32", "changes", "How often a VM or pool has come, gone or changed its place.", life],
]);

const vmLife = columnsOf("vm", [
  ["vmLife", "u8", "0-4", "0 there, 1 to come, 2 come, its image still to be loaded, 3 come, 4 gone.", life],
  ["vmAddedNs", "f64", "ns", "When it came.", life],
  ["vmRemovedNs", "f64", "ns", "When it went.", life],
  ["vmPoolNow", "u32", "row + 1", "Pool that it went to on its host; 0: directly below the host.", life],
  [
    "vmPoolSince",
    "u32",
    "row + 2",
    "The vmMoved that it had then, and 1: it holds until it moves again; 0: never.",
    life,
  ],
]);

const poolLife = columnsOf("pool", [
  ["poolLife", "u8", "0/1/2/4", "0 there, 1 to come, 2 come, 4 gone.", life],
  ["poolAddedNs", "f64", "ns", "When it came.", life],
  ["poolRemovedNs", "f64", "ns", "When it went.", life],
]);

const ledger = columnsOf("ledger", [["ledgerSum", "f64", "-", "As the counters are.", life]]);

const vacant = columnsOf("vacant", [
  ["vacantNow", "u8", "0/1", "1: nobody is there, its shares do not count.", { group: "cpu" }],
]);

const moving = { group: "moving" } as const;

const worldMoving = columnsOf("world", [
  [
    "worldRangePages",
    "u32",
    "pages",
    "Pages of a second range: those of the largest VM that can move.",
    moving,
  ],
  [
    "worldPhaseWatch",
    "u32",
    "bits",
    "Phases at which the world stops, because a failure waits for one.",
    { group: "moving", writer: "policy" },
  ],
  ["worldMoved", "u32", "moves", "How often a VM has changed its host.", moving],
]);

const hostMoving = columnsOf("host", [
  ["hostNicBps", "u64", "bit/s", "What its network card carries, in and out.", moving],
  ["hostDown", "u8", "0/1", "1: it has failed.", moving],
]);

const vmMoving = columnsOf("vm", [
  ["vmPaused", "u8", "0/1", "1: stopped between two hosts, or for want of a link.", moving],
  ["vmPausedSinceNs", "u64", "ns", "Since then.", moving],
  ["vmPausedNs", "u64", "ns", "Time stopped before that, since it was powered on.", moving],
  ["vmMove", "u32", "row + 1", "Migration that it is in; 0 none.", moving],
  ["vmMoved", "u32", "row + 1", "Migration that brought it where it is; 0: it is where it began.", moving],
  ["vmRemote", "u32", "row + 1", "Migration whose source still holds pages of it; 0 none.", moving],
  ["vmTrafficBps", "u64", "bit/s", "What it sends while it runs.", moving],
  ["vmTrafficShare", "u64", "bit/s", "What it gets of that.", moving],
  ["vmTrafficSettledNs", "u64", "ns", "Its traffic is accounted up to then.", moving],
  ["vmTrafficRest", "u64", "byte·ns/s", "Part of a byte sent.", moving],
  ["vmTrafficBytes", "u64", "bytes", "Sent.", moving],
  [
    "vmTrafficFixed",
    "u8",
    "0/1",
    "While shares are computed: its share stands.",
    { group: "moving", volatile: true },
  ],
  [
    "vmThrottlePpm",
    "u32",
    "ppm",
    "Part of its accesses that auto-converge takes away.",
    { group: "moving", writer: "policy" },
  ],
  [
    "vmStunFaults",
    "u32",
    "faults",
    "A stream is parked after so many first writes of pages; 0 never.",
    moving,
  ],
  ["vmLostRequests", "u64", "requests", "That came while nobody knew where it is.", moving],
  ["vmDeafUntilNs", "u64", "ns", "Requests that come before that are lost; 0: none is.", moving],
]);

const streamMoving = columnsOf("stream", [
  ["streamHeld", "u8", "0/1", "1: its batch waits for its VM to run again.", moving],
  ["streamFaults", "u32", "faults", "First writes of pages since its VM's log was opened.", moving],
  ["streamParked", "u8", "0/1", "1: parked until the migration is over.", moving],
]);

const sourceMoving = columnsOf("source", [
  ["sourceGapAfter", "u64", "requests", "Requests pending before those that were lost.", moving],
  ["sourceGapCount", "u64", "requests", "Requests that were lost behind them.", moving],
]);

const move = columnsOf("move", [
  ["moveVm", "u32", "row", "VM.", moving],
  ["moveFrom", "u32", "row", "Host that it leaves.", moving],
  ["moveTo", "u32", "row", "Host that it comes to.", moving],
  ["moveMode", "u8", "enum", "0 pre-copy, 1 post-copy, 2 hybrid, 3 stop-and-copy.", moving],
  ["moveClient", "u32", "row", "Its node in the destination's tree of processors.", moving],
  ["moveSalt", "u64", "-", "Salt of its pages at the other host.", moving],
  ["movePageBytes", "u32", "bytes", "A page on the wire.", moving],
  ["moveAgainBytes", "u32", "bytes", "A page that is sent again.", moving],
  ["moveDeltas", "u8", "0/1", "1: pages that are sent again go as XBZRLE deltas.", moving],
  ["moveZeroBytes", "u32", "bytes", "A zero page on the wire.", moving],
  ["moveReferenceBytes", "u32", "bytes", "A page that the destination has, by reference.", moving],
  ["moveStateBytes", "u64", "bytes", "Registers and devices.", moving],
  ["moveDiskBytes", "u64", "bytes", "Disk that is not shared: it goes first.", moving],
  ["moveLatencyNs", "u64", "ns", "Round trip.", moving],
  ["moveSwitchNs", "u64", "ns", "Redirecting network and disks.", moving],
  ["moveAnnounceNs", "u64", "ns", "From its running again until the network knows where it is.", moving],
  [
    "moveSkips",
    "u8",
    "bits",
    "1 pages dirtied again in the round, 2 pages that the guest holds free.",
    moving,
  ],
  ["moveSharedSwap", "u8", "0/1", "1: both hosts see the swap file.", moving],
  ["moveKeepsPlace", "u8", "0/1", "1: a new round goes on where the last one stood.", moving],
  ["moveBubbles", "u8", "0/1", "1: pages around the last fault are pushed first.", moving],
  [
    "moveWindowNs",
    "u64",
    "ns",
    "How often the remainder is looked at within a round; 0: at its end.",
    moving,
  ],
  ["moveCpuNsPerPage", "u32", "ns", "Processor time of a page on either host.", moving],
  ["moveCapBps", "u64", "bit/s", "Rate limit.", moving],
  [
    "moveThreshold",
    "u32",
    "pages",
    "Look when so many wait, or fewer.",
    { group: "moving", writer: "policy" },
  ],
  ["movePhase", "u8", "enum", "See assembly/migration/phases.ts.", moving],
  ["movePath", "u32", "row + 1", "Link between its hosts; 0: their cards only.", moving],
  ["moveRange", "u32", "row", "Its second range.", moving],
  ["moveRound", "u32", "rounds", "Rounds begun.", moving],
  ["movePosition", "u32", "pages", "Next page to look at.", moving],
  ["movePivot", "u32", "pages", "Page of the last fault; 2^32 − 1: none yet.", moving],
  ["moveBelow", "u32", "pages", "Below it: the first one that is known to be pushed.", moving],
  ["moveWaiting", "u32", "pages", "Of the set to be sent.", moving],
  ["moveCheckNs", "u64", "ns", "Next look within the round.", moving],
  ["moveLeft", "u64", "bit·ns/s", "Of what is on the wire.", moving],
  ["moveCredit", "u64", "bit·ns/s", "Sent beyond it, by rounding.", moving],
  ["moveReadyNs", "u64", "ns", "Pages of it have been read from the swap file then.", moving],
  ["moveShareBps", "u64", "bit/s", "What it gets of its path.", moving],
  ["moveSettledNs", "u64", "ns", "Accounted up to then.", moving],
  [
    "moveFixed",
    "u8",
    "0/1",
    "While shares are computed: its share stands.",
    { group: "moving", volatile: true },
  ],
  ["moveRest", "u64", "bytes", "Of disk or state, still to be sent.", moving],
  ["moveAsks", "u8", "0/1", "1: its round is over, and somebody has to say what comes next.", moving],
  [
    "moveReason",
    "u8",
    "enum",
    "Why it ended, or pre-copy did: see src/sim/move-reasons.ts.",
    { group: "moving", writer: "policy" },
  ],
  [
    "moveConverged",
    "u8",
    "0/1",
    "1: pre-copy ended by its rule's aim.",
    { group: "moving", writer: "policy" },
  ],
  [
    "moveHits",
    "u8",
    "times",
    "Auto-converge: periods in which the guest dirtied too fast.",
    { group: "moving", writer: "policy" },
  ],
  [
    "movePeriodRound",
    "u32",
    "rounds",
    "Auto-converge: first round of the period.",
    { group: "moving", writer: "policy" },
  ],
  ["moveFailed", "u8", "enum", "1: the destination had no frame.", moving],
  ["moveBegunNs", "u64", "ns", "When it began.", moving],
  ["movePausedNs", "u64", "ns", "When the VM stopped.", moving],
  ["moveResumedNs", "u64", "ns", "When it ran again.", moving],
  ["moveEndedNs", "u64", "ns", "When it was over.", moving],
  ["moveDownNs", "u64", "ns", "How long the VM stood still for it.", moving],
  ["moveBytes", "u64", "bytes", "Sent.", moving],
  ["moveNormal", "u64", "pages", "Sent whole, each time counted.", moving],
  ["moveZero", "u64", "pages", "Sent as zero pages.", moving],
  ["moveReference", "u64", "pages", "Sent by reference.", moving],
  ["moveSkipped", "u64", "pages", "Left to a later round: dirtied again.", moving],
  ["moveFree", "u64", "pages", "Never sent: the guest holds them free, or its balloon.", moving],
  ["moveFaults", "u64", "faults", "Accesses that had to fetch a page.", moving],
  ["moveStopPages", "u32", "pages", "That waited when the VM stopped.", moving],
  ["moveStopBytes", "u64", "bytes", "Sent while it stood still.", moving],
  ["moveStopNs", "u64", "ns", "How long that took.", moving],
  ["moveRoundNs", "u64", "ns", "When the round began.", moving],
  ["moveRoundBytes", "u64", "bytes", "Sent before it.", moving],
  ["moveRoundPages", "u64", "pages", "Sent before it, of any kind.", moving],
]);

const phase = columnsOf("phase", [
  ["phaseNs", "u64", "ns + 1", "When it came to the phase; 0 never.", moving],
]);

const round = columnsOf("round", [
  ["roundPages", "u32", "pages", "Sent in it, of any kind.", moving],
  ["roundBytes", "u64", "bytes", "Sent.", moving],
  ["roundLengthNs", "u64", "ns", "How long it took.", moving],
  ["roundDirtied", "u32", "pages", "Dirtied meanwhile.", moving],
  ["roundWaiting", "u32", "pages", "That waited at its end, the dirtied ones too.", moving],
  ["roundCapBps", "u64", "bit/s", "Its rate limit.", moving],
  ["roundThrottlePpm", "u32", "ppm", "How much the guest was slowed down.", moving],
]);

const landing = columnsOf("landing", [
  [
    "landingMpn",
    "u32",
    "MPN",
    "Frame behind the page on the other host; 2^31 + slot: paged out there; + 2^30: copy-on-write; 2^32 − 1 none.",
    moving,
  ],
]);

const sendWord = columnsOf("sendWord", [
  ["sendWordBits", "u64", "bits", "Bit set: to be sent; after the switch: still at the source.", moving],
]);

const link = columnsOf("link", [
  ["linkOne", "u32", "row", "Host at one end.", moving],
  ["linkOther", "u32", "row", "Host at the other.", moving],
  ["linkBps", "u64", "bit/s", "What it carries, each way.", moving],
  ["linkDown", "u8", "0/1", "1: it has failed.", moving],
]);

const mpnMoving = columnsOf("mpn", [
  [
    "mpnLanded",
    "u32",
    "MPN + 1",
    "Frame of the other host that got this one's content; 0 none.",
    { group: "moving-shared" },
  ],
]);

const mpn = columnsOf("mpn", [
  ["mpnRefcount", "u16", "PPNs", "PPNs mapped here: 0 free, 1 private, 65,535 see overflow."],
  ["mpnContent", "u64", "id", "Content id; 0 the zero page.", { group: "ids" }],
  ["mpnHash", "u64", "-", "Hash of the bytes; 0 not known.", { group: "bytes", volatile: true }],
  ["mpnBytes", "page", "bytes", "The page itself.", { group: "bytes" }],
  ["mpnSaltGroup", "u16", "-", "Tenant that may share this frame, once it is on file.", { group: "salting" }],
  ["mpnPpn", "u32", "PPN", "Page that was mapped here last; of a private frame the only one.", large],
]);

const block = columnsOf("block", [
  ["blockFreePages", "u16", "pages", "Free frames of the block."],
  ["blockZone", "u32", "row", "Zone of the block."],
]);

const frameWord = columnsOf("frameWord", [
  ["frameWordBits", "u64", "bits", "Bit set: frame free; upper levels: some bit below is set."],
]);

const blockWord = columnsOf("blockWord", [["blockWordBits", "u64", "bits", "Bit set: all 512 frames free."]]);

const slot = columnsOf("slot", [
  [
    "slotEntry",
    "u64",
    "-",
    "Tag (32 bits), kind (1: shared frame), row + 1 (31 bits); 0 empty.",
    { group: "sharing" },
  ],
]);

const overflow = columnsOf("overflow", [
  ["overflowMpn", "u32", "MPN + 1", "Frame; 0 empty."],
  ["overflowPpns", "u32", "PPNs", "Its reference count."],
]);

const stream = columnsOf("stream", [
  ["streamVm", "u32", "row", "VM."],
  ["streamPattern", "u32", "enum", "0 uniform, 1 zipf, 2 sequential, 3 hot-cold, 4 a page trace."],
  ["streamFirst", "u32", "row", "First PPN of its range; of a region: first logical page."],
  ["streamRegion", "u32", "row", "Region that it accesses; 2^32 − 1: physical memory."],
  ["streamReferenceFirst", "u32", "row", "Trace: first reference."],
  ["streamReferenceCount", "u32", "rows", "Trace: references; they are repeated."],
  ["streamStartNs", "u64", "ns", "It begins then, at the earliest."],
  ["streamDueNs", "u64", "ns", "Next batch, at the earliest."],
  ["streamPending", "u64", "accesses", "Of its batch, still to be done: one of them waits."],
  ["streamAccesses", "u64", "accesses", "Accesses made, refused ones included."],
  ["streamOperations", "u64", "accesses", "Accesses done."],
  ["streamPages", "u32", "rows", "Length of its range."],
  ["streamHotPages", "u32", "rows", "hot-cold: pages of the hot part."],
  ["streamHotPpm", "u32", "ppm", "hot-cold: accesses that go there."],
  ["streamWritesPpm", "u32", "ppm", "Accesses that write."],
  ["streamZeroPpm", "u32", "ppm", "Writes that zero the page."],
  ["streamCommonPpm", "u32", "ppm", "Writes that bring a common content."],
  ["streamSamePpm", "u32", "ppm", "Writes that leave the content as it was."],
  ["streamAliasFirst", "u32", "row", "zipf: its alias table."],
  ["streamAliasCount", "u32", "rows", "zipf: rows of it."],
  ["streamPosition", "u32", "rows", "sequential: next page of the range."],
  ["streamRatePerKs", "u64", "accesses/1000 s", "Accesses per 1000 s."],
  ["streamPeriodNs", "u64", "ns", "Accesses are issued in batches, this far apart."],
  ["streamCarry", "u64", "10^-12 accesses", "Part of an access not yet issued."],
  ["streamStopNs", "u64", "ns", "No batch after this."],
  ["streamRandom", "u64", "-", "State of its random stream."],
]);

const alias = columnsOf("alias", [
  ["aliasCut", "u32", "2^-32", "Below it the row itself, else its alias.", { group: "zipf" }],
  ["aliasOther", "u32", "row", "The alias, relative to the table.", { group: "zipf" }],
  ["aliasRank", "u32", "rank", "First rank of the row.", { group: "zipf" }],
  ["aliasRanks", "u32", "ranks", "Ranks of the row, equally likely.", { group: "zipf" }],
]);

const event = columnsOf("event", [["eventAt", "u64", "ns", "When it is due; 2^64 − 1 never."]]);

const tree = columnsOf("tree", [
  ["treeDue", "u64", "ns + 1", "When the earliest event below this node is due; 2^64 − 1 never."],
  ["treeWinner", "u32", "row", "Earliest event below this node."],
]);

const ring = columnsOf("ring", [
  ["ringAt", "f64", "ns", "When.", { volatile: true }],
  ["ringKind", "u32", "enum", "See assembly/ring.ts.", { volatile: true }],
  ["ringRow", "u32", "row", "Of which host or VM.", { volatile: true }],
  ["ringNumber", "f64", "-", "A number that goes with it.", { volatile: true }],
]);

const scratch = columnsOf("scratch", [["scratchWord", "u64", "-", "Working space.", { volatile: true }]]);

const stage = columnsOf("stage", [
  ["stageBytes", "page", "bytes", "Pages on their way in.", { group: "stage", volatile: true }],
]);

const mmuGroup = { group: "mmu" } as const;
const nestedGroup = { group: "nested" } as const;
const shadowGroup = { group: "shadow" } as const;
const lately = { group: "mmu", volatile: true } as const;

const worldMmu = columnsOf("world", [
  ["worldChanges", "u32", "rows", "Pages in the log of pmap changes.", mmuGroup],
  ["worldChangedAll", "u32", "0/1", "1: the log has overflowed; every page may have changed.", mmuGroup],
  ["worldSecondCycles", "u32", "cycles", "A hit in the second-level TLB.", mmuGroup],
  ["worldExitCycles", "u32", "cycles", "To the monitor and back.", mmuGroup],
  ["worldHiddenCycles", "u32", "cycles", "Filling a shadow entry, beside the exit.", mmuGroup],
  ["worldTraceCycles", "u32", "cycles", "A write to a traced table, beside the exit.", mmuGroup],
  ["worldViolationCycles", "u32", "cycles", "A nested violation, beside the exit.", mmuGroup],
  ["worldEmulateCycles", "u32", "cycles", "An access that the monitor makes for the guest.", mmuGroup],
  ["worldPhysicalBits", "u32", "bits", "MAXPHYADDR: higher bits of an address are reserved.", mmuGroup],
  ["worldTlbTagged", "u32", "0/1", "1: TLB entries of several address spaces stand side by side.", mmuGroup],
  ["worldAsids", "u32", "rows", "Tags in use.", mmuGroup],
  ["worldTableHand", "u32", "row", "Where the next page of words is looked for.", mmuGroup],
  ["worldNestedLevels", "u32", "levels", "Depth of nested page tables: 4 or 5.", nestedGroup],
  ["worldNestedLargest", "u32", "level", "Largest nested leaf: 1 4 KiB, 2 2 MiB, 3 1 GiB.", nestedGroup],
  ["worldShadowHand", "u32", "row", "Next candidate for eviction from the pool.", shadowGroup],
  [
    "worldShadowFill",
    "u32",
    "fills",
    "Fills ever begun, mod 2^32; tables of the current one stay.",
    shadowGroup,
  ],
  ["worldShadowUsed", "u32", "rows", "Tables of the pool in use.", shadowGroup],
  ["worldShadowUnsynced", "u32", "rows", "Of them untraced until they are synchronised.", shadowGroup],
]);

const vmMmu = columnsOf("vm", [
  ["vmMmu", "u32", "row + 1", "mmu that the accesses of its streams go through; 0 none.", mmuGroup],
  ["vmMmuReady", "u8", "0/1", "1: its guest's page tables are in place.", mmuGroup],
  ["vmMmuLeaf", "u8", "level", "Pages that its guest maps: 1 4 KiB, 2 2 MiB.", mmuGroup],
  ["vmMmuPages", "u32", "pages", "Pages below its guest's page tables: what streams can access.", mmuGroup],
  ["vmTlbStale", "u8", "0/1", "1: TLB entries of the VM have to go before its next access.", mmuGroup],
  ["vmTableNext", "u32", "gfn", "Guest kernel: next page never used for a page table.", mmuGroup],
  ["vmTableEnd", "u32", "gfn", "Guest kernel: end of the pages for page tables.", mmuGroup],
  [
    "vmTableFree",
    "u32",
    "gfn",
    "Guest kernel: first free page table, the next in its first word; 0 none.",
    mmuGroup,
  ],
  [
    "vmShadowLazy",
    "u8",
    "0/1",
    "1: lowest tables that the guest writes to go untraced until they are synchronised.",
    shadowGroup,
  ],
  ["vmNestedFirst", "u32", "row", "First nested page table.", nestedGroup],
]);

const extentMmu = columnsOf("extent", [
  ["extentTraced", "u16", "PPNs", "Pages of it that are traced.", shadowGroup],
]);

const ppnMmu = columnsOf("ppn", [
  ["ppnReverse", "u32", "row", "First shadow entry that maps it, + 1; 0 none.", shadowGroup],
  ["ppnShadow", "u32", "row", "First shadow table made of it, + 1; 0 none.", shadowGroup],
]);

const mmu = columnsOf("mmu", [
  ["mmuVm", "u32", "row", "VM.", mmuGroup],
  ["mmuTlb", "u32", "row", "TLB that it uses.", mmuGroup],
  ["mmuMode", "u8", "enum", "0 native, 1 shadow, 2 nested.", mmuGroup],
  [
    "mmuControls",
    "u32",
    "bits",
    "1 CR0.WP, 2 EFER.NXE, 4 CR4.LA57, 8 CR4.PGE, 16 CR4.PCIDE, 32 1 GiB pages, 64 SMEP, 128 SMAP.",
    mmuGroup,
  ],
  ["mmuCr3", "u64", "-", "CR3: frame of the root, PCID in the lowest 12 bits.", mmuGroup],
  ["mmuAsid", "u32", "row", "Tag of its TLB entries, + 1.", mmuGroup],
  ["mmuGlobalAsid", "u32", "row", "Tag of its global TLB entries, + 1.", mmuGroup],
  ["mmuNestedAsid", "u32", "row", "Tag of what its TLB knows of nested tables, + 1.", mmuGroup],
  ["mmuRoot", "u32", "row", "Root of its shadow tables; 2^32 − 1 none.", mmuGroup],
  [
    "mmuFault",
    "u8",
    "enum",
    "Last access: 0 fine, 1 #PF, 2 #GP, 3 outside of the VM's memory, 4 no frame left.",
    mmuGroup,
  ],
  ["mmuFaultCode", "u32", "bits", "Error code of a #PF: 1 P, 2 W, 4 U, 8 RSVD, 16 I.", mmuGroup],
  ["mmuFaultAddress", "u64", "address", "CR2 of a #PF.", mmuGroup],
  ["mmuAccesses", "u64", "accesses", "Accesses.", mmuGroup],
  ["mmuSecondHits", "u64", "accesses", "Of them found in the second-level TLB only.", mmuGroup],
  ["mmuTlbMisses", "u64", "accesses", "Of them found in none.", mmuGroup],
  ["mmuWalks", "u64", "walks", "Page walks, those that faulted too.", mmuGroup],
  ["mmuGuestFaults", "u64", "faults", "#PF and #GP for the guest.", mmuGroup],
  ["mmuHiddenFaults", "u64", "faults", "Faults that only the monitor saw: shadow entries filled.", mmuGroup],
  [
    "mmuTraceFaults",
    "u64",
    "faults",
    "Writes of the guest to its page tables, seen through write protection.",
    mmuGroup,
  ],
  ["mmuReflected", "u64", "faults", "Guest faults that came by way of the monitor.", mmuGroup],
  ["mmuViolations", "u64", "faults", "Nested violations.", mmuGroup],
  ["mmuOutside", "u64", "accesses", "Accesses outside of the VM's memory.", mmuGroup],
  ["mmuEmulated", "u64", "accesses", "Accesses that the monitor made for the guest.", mmuGroup],
  ["mmuCr3Loads", "u64", "loads", "Loads of CR3.", mmuGroup],
  ["mmuInvalidations", "u64", "instructions", "INVLPG and INVPCID.", mmuGroup],
  ["mmuTableWrites", "u64", "writes", "Words that the guest has written to its page tables.", mmuGroup],
  ["mmuExits", "u64", "exits", "Times that the monitor took over.", mmuGroup],
  [
    "mmuSyncedEntries",
    "u64",
    "entries",
    "Shadow entries compared with the guest's in synchronisations.",
    mmuGroup,
  ],
  ["mmuShadowsMade", "u64", "tables", "Shadow tables made.", mmuGroup],
  ["mmuEvictions", "u64", "tables", "Shadow tables evicted from the pool.", mmuGroup],
  [
    "mmuFlushes",
    "u64",
    "flushes",
    "Times that its TLB entries were all dropped because the pmap or a trace changed.",
    mmuGroup,
  ],
  ["mmuMhz", "u32", "MHz", "Clock of its host: what a cycle is.", mmuGroup],
  [
    "mmuBilledNs",
    "u64",
    "ns",
    "Of what it has spent on translations, what its guest has been charged.",
    mmuGroup,
  ],
  ["mmuFrameSum", "u64", "-", "Sum over the frames of its accesses, order included.", mmuGroup],
]);

const mmuLevel = columnsOf("mmuLevel", [
  ["mmuLevelCycles", "u32", "cycles", "What an entry of that level costs to read.", mmuGroup],
  ["mmuLevelReferences", "u64", "references", "Entries read by page walks.", mmuGroup],
]);

const tlb = columnsOf("tlb", [
  ["tlbSlotFirst", "u32", "row", "Its first entry.", mmuGroup],
  ["tlbSetFirst", "u32", "row", "Its first set.", mmuGroup],
  ["tlbOwner", "u32", "row", "mmu that used it last, + 1.", mmuGroup],
  [
    "tlbSizes",
    "u32",
    "bits",
    "Page sizes that it may hold: 1 4 KiB, 2 2 MiB, 4 1 GiB; 8 global pages.",
    mmuGroup,
  ],
  ["tlbLastTag", "u64", "address", "Page last found, its lowest 12 bits set; 0 none.", mmuGroup],
  ["tlbLastData", "u64", "-", "Its entry.", mmuGroup],
]);

const tlbPart = columnsOf("tlbPart", [
  ["tlbPartFirst", "u32", "row", "First entry, relative to its TLB's.", mmuGroup],
  ["tlbPartSetFirst", "u32", "row", "First set, relative to its TLB's.", mmuGroup],
  ["tlbPartSets", "u32", "rows", "Sets, a power of two; 0: it is not there.", mmuGroup],
  ["tlbPartWays", "u32", "rows", "Entries of a set, 64 at the most.", mmuGroup],
  ["tlbPartStride", "u32", "rows", "Ways, rounded up to a multiple of four.", mmuGroup],
]);

const tlbShape = columnsOf("tlbShape", [
  [
    "tlbShapeWord",
    "u32",
    "bytes",
    "Of a part of a TLB: first entry, first set, both in bytes from the column's first row; sets − 1; bytes of a set's tags; ways; sets; a bit for each way, twice 32.",
    mmuGroup,
  ],
]);

const tlbSet = columnsOf("tlbSet", [
  ["tlbSetUsed", "u64", "bits", "Ways used lately: pseudo-LRU.", mmuGroup],
  ["tlbSetValid", "u64", "bits", "Ways that hold something.", mmuGroup],
]);

const tlbSlot = columnsOf("tlbSlot", [
  ["tlbSlotTag", "u64", "-", "What it is the entry of; 0: empty.", mmuGroup],
  ["tlbSlotData", "u64", "-", "Frame and rights.", mmuGroup],
]);

const asid = columnsOf("asid", [
  [
    "asidKey",
    "u32",
    "-",
    "VM × 4098 + PCID + 1, global pages as PCID 4096, nested tables 4097; 0: free.",
    mmuGroup,
  ],
]);

const lookup = columnsOf("lookup", [
  [
    "lookupAddress",
    "u64",
    "address",
    "Virtual address, 4 KiB aligned, | 1 write | 2 user | 4 fetch.",
    lately,
  ],
]);

const virtualPage = columnsOf("virtualPage", [
  ["virtualPageNumber", "u64", "VPN", "Virtual page number.", mmuGroup],
]);

const change = columnsOf("change", [["changePpn", "u32", "PPN", "A page that has changed.", mmuGroup]]);

const tablePage = columnsOf("tablePage", [
  ["tablePagePpn", "u32", "PPN", "Page that it is the content of, + 1; 0 free.", mmuGroup],
  ["tablePageBytes", "page", "bytes", "The bytes.", mmuGroup],
]);

const nestedPage = columnsOf("nestedPage", [
  [
    "nestedPageBytes",
    "page",
    "bytes",
    "512 entries: 1 present, 2 writable, 32 accessed, 64 dirty, 128 large, frame or table row from bit 12.",
    nestedGroup,
  ],
]);

const shadow = columnsOf("shadow", [
  [
    "shadowPpn",
    "u32",
    "PPN",
    "Guest table that it shadows, or first page of the large page that it splits.",
    shadowGroup,
  ],
  ["shadowKind", "u8", "enum", "0 free, 1 of a guest table, 2 of a large page.", shadowGroup],
  ["shadowLevel", "u8", "level", "Level: 1 holds entries of 4 KiB.", shadowGroup],
  ["shadowNext", "u32", "row", "Next table made of the same page, + 1; 0 none.", shadowGroup],
  ["shadowParents", "u32", "row", "First entry that points to it, + 1; 0 none.", shadowGroup],
  ["shadowPins", "u16", "mmus", "Times that it is a root in use.", shadowGroup],
  ["shadowRecent", "u8", "0/1", "1: used since eviction last looked.", shadowGroup],
  ["shadowStamp", "u32", "fills", "Fill that last came through it.", shadowGroup],
  ["shadowUnsynced", "u8", "0/1", "1: its guest table may have been written to unseen.", shadowGroup],
  ["shadowBytes", "page", "bytes", "512 entries as the processor reads them.", shadowGroup],
]);

const shadowEntry = columnsOf("shadowEntry", [
  [
    "shadowEntryNext",
    "u32",
    "row",
    "Next entry that maps the same page or points to the same table, + 1; 0 none.",
    shadowGroup,
  ],
  ["shadowEntryPrevious", "u32", "row", "The one before, + 1; 0: it is the first.", shadowGroup],
]);

export const COLUMNS: readonly Column[] = [
  ...world,
  ...worldMemory,
  ...worldLarge,
  ...worldTrack,
  ...worldCpu,
  ...worldMmu,
  ...host,
  ...hostMemory,
  ...hostLarge,
  ...hostCpu,
  ...zone,
  ...vm,
  ...vmMemory,
  ...vmLarge,
  ...vmGuest,
  ...vmCpu,
  ...vmMmu,
  ...extent,
  ...largeExtent,
  ...heldWord,
  ...extentMmu,
  ...ppn,
  ...dirtyWord,
  ...ppnMmu,
  ...worldLife,
  ...vmLife,
  ...poolLife,
  ...ledger,
  ...vacant,
  ...worldMoving,
  ...hostMoving,
  ...vmMoving,
  ...streamMoving,
  ...sourceMoving,
  ...move,
  ...phase,
  ...round,
  ...landing,
  ...sendWord,
  ...link,
  ...mpnMoving,
  ...mpn,
  ...block,
  ...frameWord,
  ...blockWord,
  ...slot,
  ...overflow,
  ...stream,
  ...reference,
  ...alias,
  ...disk,
  ...swap,
  ...swapWord,
  ...pageOut,
  ...zip,
  ...sample,
  ...harvest,
  ...region,
  ...logical,
  ...pool,
  ...pcpu,
  ...smt,
  ...client,
  ...entitle,
  ...vcpu,
  ...seat,
  ...runBit,
  ...task,
  ...op,
  ...sync,
  ...source,
  ...bucket,
  ...irq,
  ...curve,
  ...line,
  ...service,
  ...watt,
  ...trace,
  ...mmu,
  ...mmuLevel,
  ...tlb,
  ...tlbPart,
  ...tlbShape,
  ...tlbSet,
  ...tlbSlot,
  ...asid,
  ...lookup,
  ...virtualPage,
  ...change,
  ...tablePage,
  ...nestedPage,
  ...shadow,
  ...shadowEntry,
  ...event,
  ...tree,
  ...ring,
  ...scratch,
  ...stage,
];

/** Columns of a space that stand together: where each is within a row, and how far rows are apart, a power of two. */
export interface RecordPlan {
  readonly step: number;
  readonly offsets: ReadonlyMap<string, number>;
}

/** The space of a single row: its columns stand where they do in every world, whatever groups that uses. */
export const FIXED = "world";

/** The widest first, so that all are aligned. */
function sideBySide(columns: readonly Column[], from: number): { offsets: [string, number][]; end: number } {
  let end = Math.ceil(from / 8) * 8;
  const offsets = columns
    .toSorted((a, b) => BYTES[b.element] - BYTES[a.element])
    .map(({ name, element }): [string, number] => {
      end += BYTES[element];
      return [name, end - BYTES[element]];
    });
  return { offsets, end };
}

/** Undefined where a space has no record. */
export function recordOf(space: string): RecordPlan | undefined {
  const fields = COLUMNS.filter((column) => column.space === space && column.record);
  if (fields.length === 0) return undefined;
  if (fields.some(({ group }) => group !== fields[0]!.group))
    throw new Error(`${space}: a record of two groups`);
  const before = sideBySide(
    fields.filter(({ record }) => record !== "behind"),
    0,
  );
  const behind = sideBySide(
    fields.filter(({ record }) => record === "behind"),
    before.end,
  );
  const end = Math.max(before.end, behind.end);
  return { step: 2 ** Math.ceil(Math.log2(end)), offsets: new Map([...before.offsets, ...behind.offsets]) };
}

/** Of the columns that stand where they do in every world: those of the processors first, which are asked for most. */
export function fixedPlan(): RecordPlan {
  const columns = COLUMNS.filter(({ space }) => space === FIXED);
  const before = sideBySide(
    columns.filter(({ group }) => group === "cpu"),
    0,
  );
  const behind = sideBySide(
    columns.filter(({ group }) => group !== "cpu"),
    before.end,
  );
  return {
    step: Math.ceil(behind.end / 64) * 64,
    offsets: new Map([...before.offsets, ...behind.offsets]),
  };
}
