/**
 * What a memory policy is: it sees one host through views, and writes targets, once per epoch and host.
 *
 * Here its targets are the rates of the sharing scan; what reclaims memory comes with its own targets.
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
}

/** Highest rate that is a number, in pages per second; above it only Infinity. */
export const SCAN_RATE_MAX: number = 2 ** 32 - 2;

/** What a policy may set. Rates are whole pages per second, 0 … 2^32 − 2, or Infinity for no limit. */
export interface MemoryTargets {
  /** One per VM of the host; 0 takes a VM out of the scan. Holds the rates in force. */
  readonly vmScanRate: Float64Array;
  /** For the host as a whole. */
  hostScanRate: number;
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
