/** What happened in a world, as the core or the scenario's script tells it. */
export interface Message {
  readonly atNs: number;
  readonly kind:
    | "scan-complete"
    | "out-of-frames"
    | "memory-state"
    | "image-cut"
    | "panic"
    | "quarantine"
    | "refused"
    | "start"
    | "stop"
    | "reset"
    | "set"
    | "add"
    | "remove"
    | "migrate"
    | "fail"
    | "repair"
    | "lost";
  /** Row of the host, VM or migration that it is about; −1: a pool, or what the text says. */
  readonly row: number;
  /** A number that goes with it. */
  readonly count: number;
  /** What the script has done, or why not, in one sentence. */
  readonly text?: string;
}
