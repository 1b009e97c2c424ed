/**
 * What a memory policy is: it sees one host through views, and writes targets, once per epoch and host.
 *
 * Its targets are the rates of the sharing scan, and how much memory every VM may have. The core walks towards the latter as
 * the state of free memory asks for.
 */
import type { SharingSpec } from "../../scenario/types.ts";

/** One host and its VMs, as of now. Arrays run over the host's VMs; their memory is the world's, do not write. */
export interface MemoryView {
  readonly atNs: number;
  /** Simulated time since this policy last decided for this host; 0 at first. */
  readonly elapsedNs: number;
  readonly hostName: string;
  readonly hostPages: number;
  readonly hostUsedPages: number;
  readonly hostFreePages: number;
  readonly hostSharedPages: number;
  readonly hostSavedPages: number;
  /** Processor speed of the host, all cores together. */
  readonly hostMhz: number;
  /** Pages per second that the scenario lets a host scan, by its limit and its processors; Infinity: no limit. */
  readonly hostScanRateMax: number;
  readonly vmNames: readonly string[];
  readonly vmPages: Uint32Array;
  readonly vmGrantedPages: Uint32Array;
  /** Mapped pages that the scan has not seen since their last write. */
  readonly vmUnvisitedPages: Uint32Array;
  readonly vmScannedPages: Float64Array;
  readonly vmCowBreaks: Float64Array;
  /** What the scenario says under `policies.memory.sharing`. */
  readonly sharing: SharingSpec;
  /** State of free memory. */
  readonly hostState: "high" | "clear" | "soft" | "hard" | "low";
  /**
   * Pages that the host's VMs can have altogether: all but the hypervisor's, the VMs' overhead, and what is to be free so
   * that nothing need be reclaimed.
   */
  readonly hostDivisiblePages: number;
  /** Idle memory tax in force, ppm. */
  readonly idleTaxPpm: number;
  /** 1: powered on. */
  readonly vmOn: Uint8Array;
  readonly vmMinPages: Uint32Array;
  /** Limits; at most `vmPages`. */
  readonly vmMaxPages: Uint32Array;
  readonly vmShares: Uint32Array;
  /** Its own idle memory tax, ppm; −1: the policy's. */
  readonly vmTaxPpm: Float64Array;
  /** Machine pages used: mapped, less its part of what sharing saves, and its compression cache. */
  readonly vmUsedPages: Float64Array;
  /** Its part of what sharing saves: so much less it needs to have all of its memory. */
  readonly vmSavedPages: Float64Array;
  /** Pages in active use as sampled: the largest of slow, fast and next. */
  readonly vmActivePages: Float64Array;
  /**
   * Pages that it brought back from its host's swap, or that its guest evicted and soon needed again, since the policy last
   * decided: need beyond what it has.
   */
  readonly vmPressurePages: Float64Array;
  readonly vmBalloonPages: Uint32Array;
  readonly vmSwappedPages: Uint32Array;
  readonly vmCompressedPages: Uint32Array;
  /** Index of its resource pool in `pools`; −1: none. */
  readonly vmPool: Int32Array;
  /** The host's resource pools, parents before children. */
  readonly pools: readonly MemoryPool[];
}

export interface MemoryPool {
  readonly name: string;
  /** Index in `pools`; −1: right under the host. */
  readonly parent: number;
  readonly shares: number;
  readonly minPages: number;
  /** Infinity: no limit. */
  readonly maxPages: number;
}

/** Highest rate that is a number, in pages per second; above it only Infinity. */
export const SCAN_RATE_MAX: number = 2 ** 32 - 2;

/** What a policy may set. Rates are whole pages per second, 0 … 2^32 − 2, or Infinity for no limit. */
export interface MemoryTargets {
  /** One per VM of the host; 0 takes a VM out of the scan. Holds the rates in force. */
  readonly vmScanRate: Float64Array;
  /** For the host as a whole. */
  hostScanRate: number;
  /** Machine pages that each VM may have, whole, or Infinity for as many as it wants. Holds the targets in force. */
  readonly vmTargetPages: Float64Array;
  /**
   * Says why, for the record of decisions.
   *
   * @param row     index of a VM of the host, or "host"
   * @param reason  one sentence that a person can check
   * @param inputs  the numbers it rests on
   */
  because(row: number | "host", reason: string, inputs?: Readonly<Record<string, number>>): void;
}

export interface MemoryPolicy {
  readonly name: string;
  decide(view: MemoryView, targets: MemoryTargets): void;
}
