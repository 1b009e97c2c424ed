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
}

/** `ids` and `bytes`: how contents are held, exactly one of the two. `sharing`: a hint table. `salting`: salts in use. */
export type Group = "ids" | "bytes" | "sharing" | "salting" | "stage" | "zipf";

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
  { name: "ppn", doc: "Guest-physical pages of all VMs, VM after VM." },
  { name: "mpn", doc: "Machine pages (frames) of all hosts, zone after zone." },
  { name: "block", doc: "512 machine pages each, the size of a 2 MiB page." },
  { name: "frameWord", doc: "Words of the hierarchical bitset of free frames." },
  { name: "blockWord", doc: "Words of the hierarchical bitset of blocks that are free as a whole." },
  { name: "slot", doc: "Slots of the page-sharing table, sorted by tag." },
  { name: "overflow", doc: "Reference counts above 16 bits." },
  { name: "stream", doc: "Access streams of workloads." },
  { name: "alias", doc: "Rows of the alias tables that zipf streams draw from." },
  { name: "event", doc: "One pending event per (kind, row)." },
  { name: "tree", doc: "Nodes of the tournament tree over the events." },
  { name: "ring", doc: "Messages from the core to TypeScript." },
  { name: "scratch", doc: "Working space of one call." },
  { name: "stage", doc: "Pages on their way in from an image." },
];

const world: Column[] = [
  { name: "worldSeed", element: "u64", space: "world", unit: "-", writer: "core", doc: "Seed of every stream." },
  { name: "worldNow", element: "u64", space: "world", unit: "ns", writer: "core", doc: "Time of the last event." },
  { name: "worldEpochNs", element: "u64", space: "world", unit: "ns", writer: "core", doc: "Policies decide this often; 0 never." },
  { name: "worldHashMask", element: "u64", space: "world", unit: "-", writer: "core", doc: "Bits of the page hash in use." },
  { name: "worldBytesForm", element: "u32", space: "world", unit: "0/1", writer: "core", doc: "1: contents are bytes." },
  { name: "worldScanOrder", element: "u32", space: "world", unit: "enum", writer: "core", doc: "0 random, 1 permuted, 2 sequential." },
  { name: "worldSalted", element: "u32", space: "world", unit: "0/1", writer: "core", doc: "1: only VMs of one tenant share." },
  { name: "worldTableEntries", element: "u32", space: "world", unit: "entries", writer: "core", doc: "Entries of the page-sharing table." },
  { name: "worldHintsDropped", element: "u64", space: "world", unit: "hints", writer: "core", doc: "Stale hints taken off the table." },
  { name: "worldRingHead", element: "u32", space: "world", unit: "rows", writer: "core", doc: "Messages ever posted, mod 2^32.", volatile: true },
  { name: "worldRingTail", element: "u32", space: "world", unit: "rows", writer: "core", doc: "Messages ever drained, mod 2^32.", volatile: true },
];

const host: Column[] = [
  { name: "hostPages", element: "u32", space: "host", unit: "pages", writer: "core", doc: "Configured machine memory." },
  { name: "hostZoneFirst", element: "u32", space: "host", unit: "row", writer: "core", doc: "First zone." },
  { name: "hostZoneCount", element: "u32", space: "host", unit: "rows", writer: "core", doc: "Zones." },
  { name: "hostVmFirst", element: "u32", space: "host", unit: "row", writer: "core", doc: "First VM; a host's VMs are adjacent rows." },
  { name: "hostVmCount", element: "u32", space: "host", unit: "rows", writer: "core", doc: "VMs." },
  { name: "hostUsedPages", element: "u32", space: "host", unit: "pages", writer: "core", doc: "Frames in use." },
  { name: "hostGrantedPages", element: "u32", space: "host", unit: "PPNs", writer: "core", doc: "Mapped guest pages." },
  { name: "hostSharedPages", element: "u32", space: "host", unit: "PPNs", writer: "core", doc: "Guest pages on frames with two references or more." },
  { name: "hostCommonPages", element: "u32", space: "host", unit: "pages", writer: "core", doc: "Frames with two references or more." },
  { name: "hostHintPages", element: "u32", space: "host", unit: "hints", writer: "core", doc: "Hints on file, stale ones included." },
  { name: "hostUnvisitedPages", element: "u32", space: "host", unit: "PPNs", writer: "core", doc: "Recount: mapped pages not visited since their last write, of VMs that are scanned.", volatile: true },
  { name: "hostScanRateTarget", element: "u32", space: "host", unit: "pages/s", writer: "policy", doc: "Scan rate of the host; 2^32 − 1: no limit." },
  { name: "hostScanCarry", element: "u64", space: "host", unit: "page·ns", writer: "core", doc: "Scan budget not spent." },
  { name: "hostScanNext", element: "u32", space: "host", unit: "rows", writer: "core", doc: "VM whose turn it is, relative to the first." },
  { name: "hostScanned", element: "u64", space: "host", unit: "pages", writer: "core", doc: "Pages scanned." },
  { name: "hostComplete", element: "u32", space: "host", unit: "0/1", writer: "core", doc: "A first scan has been completed." },
];

const zone: Column[] = [
  { name: "zoneHost", element: "u32", space: "zone", unit: "row", writer: "core", doc: "Host." },
  { name: "zoneNode", element: "u32", space: "zone", unit: "-", writer: "core", doc: "NUMA node within the host." },
  { name: "zoneFirst", element: "u32", space: "zone", unit: "row", writer: "core", doc: "First frame, a multiple of 512." },
  { name: "zonePages", element: "u32", space: "zone", unit: "rows", writer: "core", doc: "Frames; those above it up to the next block do not exist." },
  { name: "zoneFreePages", element: "u32", space: "zone", unit: "pages", writer: "core", doc: "Free frames." },
];

const vm: Column[] = [
  { name: "vmHost", element: "u32", space: "vm", unit: "row", writer: "core", doc: "Host." },
  { name: "vmPpnFirst", element: "u32", space: "vm", unit: "row", writer: "core", doc: "First physical page, a multiple of 512." },
  { name: "vmPpnCount", element: "u32", space: "vm", unit: "rows", writer: "core", doc: "Configured physical pages." },
  { name: "vmSalt", element: "u64", space: "vm", unit: "-", writer: "core", doc: "Mixed into page hashes: host and tenant." },
  { name: "vmSaltGroup", element: "u16", space: "vm", unit: "-", writer: "core", doc: "Number of the tenant on its host." },
  { name: "vmPool", element: "u64", space: "vm", unit: "-", writer: "core", doc: "Key of the common contents." },
  { name: "vmPoolPages", element: "u32", space: "vm", unit: "pages", writer: "core", doc: "Common contents there are." },
  { name: "vmGrantedPages", element: "u32", space: "vm", unit: "PPNs", writer: "core", doc: "Mapped pages." },
  { name: "vmUnvisitedPages", element: "u32", space: "vm", unit: "PPNs", writer: "core", doc: "Mapped pages not visited by the scan since their last write." },
  { name: "vmScanRateTarget", element: "u32", space: "vm", unit: "pages/s", writer: "policy", doc: "Scan rate; 0 not scanned, 2^32 − 1 no limit." },
  { name: "vmScanCarry", element: "u64", space: "vm", unit: "page·ns", writer: "core", doc: "Scan budget not spent." },
  { name: "vmScanPosition", element: "u32", space: "vm", unit: "rows", writer: "core", doc: "Next position of a permuted or sequential pass." },
  { name: "vmScanPass", element: "u32", space: "vm", unit: "passes", writer: "core", doc: "Passes begun; keys the permutation." },
  { name: "vmScanRandom", element: "u64", space: "vm", unit: "-", writer: "core", doc: "State of the stream that picks candidates." },
  { name: "vmScanned", element: "u64", space: "vm", unit: "pages", writer: "core", doc: "Pages scanned." },
  { name: "vmCowBreaks", element: "u64", space: "vm", unit: "faults", writer: "core", doc: "Writes that broke a shared page." },
  { name: "vmFalseMatches", element: "u64", space: "vm", unit: "pages", writer: "core", doc: "Equal hash, different content." },
  { name: "vmAccesses", element: "u64", space: "vm", unit: "accesses", writer: "core", doc: "Accesses issued." },
  { name: "vmWrites", element: "u64", space: "vm", unit: "accesses", writer: "core", doc: "Of them writes." },
  { name: "vmOutOfFrames", element: "u64", space: "vm", unit: "accesses", writer: "core", doc: "Accesses that found no free frame." },
  { name: "vmSharedPages", element: "u32", space: "vm", unit: "PPNs", writer: "core", doc: "Recount: pages on frames with two references or more.", volatile: true },
  { name: "vmZeroPages", element: "u32", space: "vm", unit: "PPNs", writer: "core", doc: "Recount: pages known to be zero.", volatile: true },
  { name: "vmTouchedPages", element: "u32", space: "vm", unit: "PPNs", writer: "core", doc: "Recount: pages touched by the guest.", volatile: true },
  { name: "vmDirtyPages", element: "u32", space: "vm", unit: "PPNs", writer: "core", doc: "Recount: pages written by the guest.", volatile: true },
  { name: "vmSavedFraction", element: "f64", space: "vm", unit: "pages", writer: "core", doc: "Recount: sum of 1 − 1/refcount.", volatile: true },
];

const pages: Column[] = [
  { name: "extentVm", element: "u32", space: "extent", unit: "row", writer: "core", doc: "VM that these 512 pages belong to." },
  { name: "ppnMpn", element: "u32", space: "ppn", unit: "MPN", writer: "core", doc: "Machine page behind it; 2^32 − 1 none." },
  { name: "ppnFlags", element: "u16", space: "ppn", unit: "bits", writer: "core", doc: "1 mapped, 2 copy-on-write, 4 zero, 8 touched, 16 dirty, 32 ballooned, 64 swapped, 128 ineligible, 256 visited." },
  { name: "mpnRefcount", element: "u16", space: "mpn", unit: "PPNs", writer: "core", doc: "PPNs mapped here: 0 free, 1 private, 65,535 see overflow." },
  { name: "mpnContent", element: "u64", space: "mpn", unit: "id", writer: "core", doc: "Content id; 0 the zero page.", group: "ids" },
  { name: "mpnHash", element: "u64", space: "mpn", unit: "-", writer: "core", doc: "Hash of the bytes; 0 not known.", group: "bytes", volatile: true },
  { name: "mpnBytes", element: "page", space: "mpn", unit: "bytes", writer: "core", doc: "The page itself.", group: "bytes" },
  { name: "mpnSaltGroup", element: "u16", space: "mpn", unit: "-", writer: "core", doc: "Tenant that may share this frame, once it is on file.", group: "salting" },
  { name: "blockFreePages", element: "u16", space: "block", unit: "pages", writer: "core", doc: "Free frames of the block." },
  { name: "blockZone", element: "u32", space: "block", unit: "row", writer: "core", doc: "Zone of the block." },
  { name: "frameWordBits", element: "u64", space: "frameWord", unit: "bits", writer: "core", doc: "Bit set: frame free; upper levels: some bit below is set." },
  { name: "blockWordBits", element: "u64", space: "blockWord", unit: "bits", writer: "core", doc: "Bit set: all 512 frames free." },
  { name: "slotEntry", element: "u64", space: "slot", unit: "-", writer: "core", doc: "Tag (32 bits), kind (1: shared frame), row + 1 (31 bits); 0 empty.", group: "sharing" },
  { name: "overflowMpn", element: "u32", space: "overflow", unit: "MPN + 1", writer: "core", doc: "Frame; 0 empty." },
  { name: "overflowPpns", element: "u32", space: "overflow", unit: "PPNs", writer: "core", doc: "Its reference count." },
];

const guest: Column[] = [
  { name: "streamVm", element: "u32", space: "stream", unit: "row", writer: "core", doc: "VM." },
  { name: "streamPattern", element: "u32", space: "stream", unit: "enum", writer: "core", doc: "0 uniform, 1 zipf, 2 sequential, 3 hot-cold." },
  { name: "streamFirst", element: "u32", space: "stream", unit: "row", writer: "core", doc: "First PPN of its range." },
  { name: "streamPages", element: "u32", space: "stream", unit: "rows", writer: "core", doc: "Length of its range." },
  { name: "streamHotPages", element: "u32", space: "stream", unit: "rows", writer: "core", doc: "hot-cold: pages of the hot part." },
  { name: "streamHotPpm", element: "u32", space: "stream", unit: "ppm", writer: "core", doc: "hot-cold: accesses that go there." },
  { name: "streamWritesPpm", element: "u32", space: "stream", unit: "ppm", writer: "core", doc: "Accesses that write." },
  { name: "streamZeroPpm", element: "u32", space: "stream", unit: "ppm", writer: "core", doc: "Writes that zero the page." },
  { name: "streamCommonPpm", element: "u32", space: "stream", unit: "ppm", writer: "core", doc: "Writes that bring a common content." },
  { name: "streamAliasFirst", element: "u32", space: "stream", unit: "row", writer: "core", doc: "zipf: its alias table." },
  { name: "streamAliasCount", element: "u32", space: "stream", unit: "rows", writer: "core", doc: "zipf: rows of it." },
  { name: "streamPosition", element: "u32", space: "stream", unit: "rows", writer: "core", doc: "sequential: next page of the range." },
  { name: "streamRatePerKs", element: "u64", space: "stream", unit: "accesses/1000 s", writer: "core", doc: "Accesses per 1000 s." },
  { name: "streamPeriodNs", element: "u64", space: "stream", unit: "ns", writer: "core", doc: "Accesses are issued in batches, this far apart." },
  { name: "streamCarry", element: "u64", space: "stream", unit: "10^-12 accesses", writer: "core", doc: "Part of an access not yet issued." },
  { name: "streamStopNs", element: "u64", space: "stream", unit: "ns", writer: "core", doc: "No batch at or after this." },
  { name: "streamRandom", element: "u64", space: "stream", unit: "-", writer: "core", doc: "State of its random stream." },
  { name: "aliasCut", element: "u32", space: "alias", unit: "2^-32", writer: "core", doc: "Below it the row itself, else its alias.", group: "zipf" },
  { name: "aliasOther", element: "u32", space: "alias", unit: "row", writer: "core", doc: "The alias, relative to the table.", group: "zipf" },
  { name: "aliasRank", element: "u32", space: "alias", unit: "rank", writer: "core", doc: "First rank of the row.", group: "zipf" },
  { name: "aliasRanks", element: "u32", space: "alias", unit: "ranks", writer: "core", doc: "Ranks of the row, equally likely.", group: "zipf" },
];

const machinery: Column[] = [
  { name: "eventAt", element: "u64", space: "event", unit: "ns", writer: "core", doc: "When it is due; 2^64 − 1 never." },
  { name: "treeWinner", element: "u32", space: "tree", unit: "row", writer: "core", doc: "Earliest event below this node." },
  { name: "ringAt", element: "f64", space: "ring", unit: "ns", writer: "core", doc: "When.", volatile: true },
  { name: "ringKind", element: "u32", space: "ring", unit: "enum", writer: "core", doc: "1 scan complete, 2 out of frames.", volatile: true },
  { name: "ringRow", element: "u32", space: "ring", unit: "row", writer: "core", doc: "Of which host or VM.", volatile: true },
  { name: "ringNumber", element: "f64", space: "ring", unit: "-", writer: "core", doc: "A number that goes with it.", volatile: true },
  { name: "scratchWord", element: "u64", space: "scratch", unit: "-", writer: "core", doc: "Working space.", volatile: true },
  { name: "stageBytes", element: "page", space: "stage", unit: "bytes", writer: "core", doc: "Pages on their way in.", group: "stage", volatile: true },
];

export const COLUMNS: readonly Column[] = [...world, ...host, ...zone, ...vm, ...pages, ...guest, ...machinery];
