/** What the page and its workers say to each other. One request at a time a worker; the answer ends it. */
import type { Fault, PagesResult, Result } from "../src/index.ts";

/** Who decides about memory: the scenario, a built-in policy, or code typed into the page. */
export type PolicyChoice =
  | { readonly kind: "scenario" }
  | { readonly kind: "named"; readonly name: string }
  | { readonly kind: "own"; readonly code: string };

export type Request =
  | { readonly kind: "check"; readonly text: string }
  | {
      readonly kind: "run";
      readonly text: string;
      /** One run each, in this order. */
      readonly policies: readonly PolicyChoice[];
      /** Contents for `image: { file }`, by base name. */
      readonly files: readonly File[];
    }
  | { readonly kind: "pages"; readonly files: readonly NamedFile[] };

export interface NamedFile {
  /** With the folders it was dropped in. */
  readonly name: string;
  readonly file: File;
}

/** Beside a request: ends the run under way early. */
export interface StopMessage {
  readonly kind: "stop";
}

export interface RunProgress {
  readonly kind: "run-progress";
  /** Which of the policies. */
  readonly row: number;
  readonly policy: string;
  readonly simulatedNs: number;
  readonly durationNs: number;
  readonly savedPages: number;
  readonly wallMs: number;
}

export interface PagesProgress {
  readonly kind: "pages-progress";
  readonly file: string;
  readonly pages: number;
}

export interface RunDone {
  readonly result: Result;
  /** The report as a whole HTML file. */
  readonly html: string;
  /** The series as CSV. */
  readonly csv: string;
}

export interface Failure {
  readonly message: string;
  /** Of a scenario that is not valid. */
  readonly faults: readonly Fault[];
}

export type Answer =
  | { readonly kind: "checked"; readonly faults: readonly Fault[] }
  | { readonly kind: "ran"; readonly runs: readonly RunDone[]; readonly warnings: readonly string[] }
  | { readonly kind: "counted"; readonly result: PagesResult }
  | ({ readonly kind: "failed" } & Failure);

export type Reply = RunProgress | PagesProgress | Answer;
