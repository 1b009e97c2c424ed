/** What a scenario says once words have become numbers: base units, defaults filled in, counts expanded. */

/** Generation of the product whose defaults fill the gaps. */
export type Profile = "esx2" | "esx4" | "esx6";

export interface Scenario {
  readonly name: string;
  /** Safe integer, 0 … 2^53 − 1. */
  readonly seed: number;
  readonly durationNs: number;
  readonly resolution: "page";
  readonly profile: Profile;
  /** How page contents are held: real bytes, 64-bit ids, or bytes where they fit. */
  readonly content: "auto" | "bytes" | "ids";
  /** Samples of the series are this far apart; absent: chosen from duration and size. */
  readonly seriesEveryNs?: number;
  readonly hosts: readonly HostSpec[];
  readonly vms: readonly VmSpec[];
  readonly policies: { readonly memory: MemoryPolicySpec };
}

export interface HostSpec {
  readonly name: string;
  readonly memoryPages: number;
  /** NUMA nodes; memory is split evenly, the rest on the last. */
  readonly nodes: number;
  readonly cpu: CpuSpec;
}

export interface CpuSpec {
  readonly sockets: number;
  /** Cores per socket. */
  readonly cores: number;
  /** Threads per core. */
  readonly threads: number;
  readonly mhz: number;
}

export interface VmSpec {
  readonly name: string;
  /** Index into `hosts`. */
  readonly host: number;
  readonly vcpus: number;
  readonly memoryPages: number;
  /** Tenant for salted sharing; absent: none given. */
  readonly salt?: string;
  /** Absent: nothing is touched before the workload does. */
  readonly image?: ImageSpec;
  /** Access streams, in the scenario's order; empty: an idle guest. */
  readonly workload: readonly StreamSpec[];
}

export type ImageSpec =
  | {
      readonly kind: "file";
      /** Absolute, if the scenario came from a file or with a `base`; `{node}`: the Node executable. */
      readonly path: string;
      /** `raw` and `elf` hold bytes, `u64` one little-endian fingerprint a page (0 = zero page). */
      readonly form: "auto" | "raw" | "elf" | "u64";
    }
  | {
      readonly kind: "mix";
      /** The three parts add up to 1_000_000. */
      readonly zeroPpm: number;
      readonly commonPpm: number;
      readonly uniquePpm: number;
      /** VMs with the same pool name have the same common contents. */
      readonly pool: string;
      readonly pages: number;
    };

/** A stream of accesses to guest-physical pages. */
export interface StreamSpec {
  readonly pattern: "uniform" | "zipf" | "sequential" | "hot-cold";
  /** Accesses per 1000 s, so that slow streams stay integers. */
  readonly ratePerKs: number;
  /** Part of the accesses that write. */
  readonly writesPpm: number;
  /** First page and length of the range accessed, in pages of the VM. */
  readonly firstPage: number;
  readonly pages: number;
  /** Zipf exponent, 0 < s ≤ 4; used by `zipf`. */
  readonly exponent: number;
  /** `hot-cold`: the first part of the range, and the part of the accesses that go there. */
  readonly hotPagesPpm: number;
  readonly hotAccessesPpm: number;
  /** What a write leaves behind: a zeroed page, a page of the VM's common pool, else a content never seen before. */
  readonly writesZeroPpm: number;
  readonly writesCommonPpm: number;
  /** Writes that leave the content as it was: they break sharing all the same. */
  readonly writesSamePpm: number;
  readonly startNs: number;
  /** The last accesses come by then; absent: until the end. */
  readonly stopNs?: number;
}

export interface MemoryPolicySpec {
  /** Key of the map of memory policies; `scan-time` follows vSphere, `fixed-rate` ESX 2. */
  readonly name: string;
  /** How often the policy decides. */
  readonly everyNs: number;
  readonly sharing: SharingSpec;
}

export interface SharingSpec {
  readonly algorithm: "hints" | "none";
  /** Whole pages per second on a host; undefined: no limit. See `hostScanRate`. */
  readonly ratePerSecond: number | undefined;
  /** Pages per second on a host for each GHz of its cores; absent: no limit. Where both are given the lower holds. */
  readonly ratePerGhz?: number;
  /** Whole pages per second of one VM; undefined: no limit. */
  readonly vmRatePerSecond: number | undefined;
  readonly order: "random" | "permuted" | "sequential";
  /** Bits of the page hash in use, 1 … 64; fewer make false matches happen. */
  readonly hashBits: number;
  readonly salting: "none" | "group" | "vm";
  /** `scan-time` wants every VM scanned once in this time. */
  readonly scanTimeNs: number;
}
