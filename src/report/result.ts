/** The result of a run: what `simulate` returns and `ballast run --json` prints. Base units, the unit in the name. */

export interface Result {
  /** Version of the package. */
  readonly ballast: string;
  /** Grows whenever simulated numbers change. */
  readonly model: number;
  readonly scenario: { readonly name: string; readonly digest: string };
  readonly seed: number;
  readonly resolution: "page";
  /** How page contents were held. */
  readonly content: "bytes" | "ids";
  /** Names of the policies that decided. */
  readonly policies: { readonly memory: string };
  readonly simulatedNs: number;
  /** Present and true when SIGINT or a signal ended the run early. */
  readonly interrupted?: boolean;
  /** 16 hex digits over every column of the world. */
  readonly stateHash: string;
  readonly hosts: readonly HostResult[];
  readonly pools: readonly never[];
  readonly vms: readonly VmResult[];
  readonly migrations: readonly never[];
  readonly events: readonly EventResult[];
  readonly decisions: readonly Decision[];
  readonly series: Series;
  /** What differs between two runs of one scenario: wall time and the machine. */
  readonly hostMachine: HostMachine;
}

export interface HostResult {
  readonly name: string;
  readonly memory: HostMemory;
}

export interface HostMemory {
  readonly sizePages: number;
  readonly freePages: number;
  /** Machine pages in use. */
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
}

export interface VmResult {
  readonly name: string;
  readonly host: string;
  readonly memory: VmMemory;
}

export interface VmMemory {
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
}

export interface EventResult {
  readonly atNs: number;
  /** `out-of-frames`, `scan-complete`, … */
  readonly kind: string;
  readonly host?: string;
  readonly vm?: string;
  /** One sentence for people. */
  readonly text: string;
}

/** One target that a policy changed. */
export interface Decision {
  readonly atNs: number;
  readonly policy: string;
  /** `vm web-1`, `host h1`. */
  readonly row: string;
  readonly inputs: Readonly<Record<string, number>>;
  /** The columns written, with their new values. */
  readonly target: Readonly<Record<string, number | "none">>;
  /** One sentence. */
  readonly reason: string;
}

/** Samples over simulated time; every array is as long as `atNs`. */
export interface Series {
  readonly atNs: readonly number[];
  readonly hosts: Readonly<Record<string, HostSeries>>;
  readonly vms: Readonly<Record<string, VmSeries>>;
}

export interface HostSeries {
  readonly usedPages: readonly number[];
  readonly grantedPages: readonly number[];
  readonly sharedPages: readonly number[];
  readonly savedPages: readonly number[];
  readonly hintPages: readonly number[];
  readonly cowBreaks: readonly number[];
}

export interface VmSeries {
  readonly grantedPages: readonly number[];
  readonly consumedPages: readonly number[];
  readonly sharedPages: readonly number[];
  readonly savedPages: readonly number[];
  readonly zeroPages: readonly number[];
}

export interface HostMachine {
  /** `node v20.20.2` or the browser's name. */
  readonly runtime: string;
  readonly platform: string;
  readonly threads: number;
  readonly wallMs: number;
  /** Pages scanned for sharing per second of wall time. */
  readonly scannedPagesPerSecond: number;
  readonly coreBytes: number;
}
