/** What the core, or loading, has to say beside its columns. */

export interface Message {
  readonly atNs: number;
  readonly kind: "scan-complete" | "out-of-frames" | "image-cut";
  /** Host or VM row. */
  readonly row: number;
  readonly count: number;
}
