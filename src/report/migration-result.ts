/** What a result says of a migration. */

/** A round of pre-copy. */
export interface MigrationRoundResult {
  /** Sent in it, of any kind. */
  readonly pages: number;
  readonly bytes: number;
  readonly ns: number;
  /** Distinct pages that the guest wrote meanwhile. */
  readonly dirtiedPages: number;
  /** That waited at its end. */
  readonly remainingPages: number;
  /** Rate limit; bit/s. */
  readonly limitBitsPerS: number;
  readonly throttlePpm: number;
}

/** A migration that the scenario asked for. */
export interface MigrationResult {
  readonly vm: string;
  readonly from: string;
  readonly to: string;
  readonly mode: string;
  readonly rule: string;
  /** `refused`: nothing was moved. `aborted`: it goes on at its source. `lost`: so is the VM. `running`: not over yet. */
  readonly outcome: "done" | "refused" | "aborted" | "lost" | "running" | "waiting";
  readonly converged: boolean;
  readonly reason: string;
  readonly atNs: number;
  /** From the reservation to the end; 0: it never began. */
  readonly totalNs: number;
  readonly downtimeNs: number;
  readonly bytesSent: number;
  readonly normalPages: number;
  readonly zeroPages: number;
  /** Sent by reference: shared pages, and paged out ones whose file both hosts see. */
  readonly referencePages: number;
  /** Not sent: ballooned, or free in the guest. */
  readonly freePages: number;
  /** Left to a later round because they had been dirtied again. */
  readonly skippedPages: number;
  readonly remoteFaults: number;
  readonly lostRequests: number;
  readonly rounds: readonly MigrationRoundResult[];
  readonly stopCopy: { readonly pages: number; readonly bytes: number; readonly ns: number };
  /** When it came to each phase, in order. */
  readonly phases: readonly { readonly phase: string; readonly atNs: number }[];
}
