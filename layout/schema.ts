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

/** Name, element, unit, meaning; what else there is to say of it. */
type Entry = readonly [
  name: string,
  element: Element,
  unit: string,
  doc: string,
  more?: { readonly writer?: "policy"; readonly group?: Group; readonly volatile?: true },
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
  ["vmSavedFraction", "f64", "pages", "Recount: sum of 1 − 1/refcount.", { volatile: true }],
]);

const extent = columnsOf("extent", [["extentVm", "u32", "row", "VM that these 512 pages belong to."]]);

const ppn = columnsOf("ppn", [
  ["ppnMpn", "u32", "MPN", "Machine page behind it; 2^32 − 1 none."],
  [
    "ppnFlags",
    "u16",
    "bits",
    "1 mapped, 2 copy-on-write, 4 zero, 8 touched, 16 dirty, 32 ballooned, 64 swapped, 128 ineligible, 256 visited.",
  ],
]);

const mpn = columnsOf("mpn", [
  ["mpnRefcount", "u16", "PPNs", "PPNs mapped here: 0 free, 1 private, 65,535 see overflow."],
  ["mpnContent", "u64", "id", "Content id; 0 the zero page.", { group: "ids" }],
  ["mpnHash", "u64", "-", "Hash of the bytes; 0 not known.", { group: "bytes", volatile: true }],
  ["mpnBytes", "page", "bytes", "The page itself.", { group: "bytes" }],
  ["mpnSaltGroup", "u16", "-", "Tenant that may share this frame, once it is on file.", { group: "salting" }],
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
  ["streamPattern", "u32", "enum", "0 uniform, 1 zipf, 2 sequential, 3 hot-cold."],
  ["streamFirst", "u32", "row", "First PPN of its range."],
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

const tree = columnsOf("tree", [["treeWinner", "u32", "row", "Earliest event below this node."]]);

const ring = columnsOf("ring", [
  ["ringAt", "f64", "ns", "When.", { volatile: true }],
  ["ringKind", "u32", "enum", "1 scan complete, 2 out of frames.", { volatile: true }],
  ["ringRow", "u32", "row", "Of which host or VM.", { volatile: true }],
  ["ringNumber", "f64", "-", "A number that goes with it.", { volatile: true }],
]);

const scratch = columnsOf("scratch", [["scratchWord", "u64", "-", "Working space.", { volatile: true }]]);

const stage = columnsOf("stage", [
  ["stageBytes", "page", "bytes", "Pages on their way in.", { group: "stage", volatile: true }],
]);

export const COLUMNS: readonly Column[] = [
  ...world,
  ...host,
  ...zone,
  ...vm,
  ...extent,
  ...ppn,
  ...mpn,
  ...block,
  ...frameWord,
  ...blockWord,
  ...slot,
  ...overflow,
  ...stream,
  ...alias,
  ...event,
  ...tree,
  ...ring,
  ...scratch,
  ...stage,
];
