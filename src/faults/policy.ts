/** What a replacement policy is here: a trace and a number of frames in, counts out. */
import type { PageTrace } from "../trace/index.ts";

export interface FaultCounts {
  /** References whose page was in no frame, first ones among them. */
  readonly faults: number;
  /** Victims that had been written since they were loaded. What is dirty at the end is not counted. */
  readonly writeBacks: number;
}

/**
 * Replays a trace with a number of frames, empty at the beginning.
 *
 * @param frames  at least 1
 */
export type Replay = (trace: PageTrace, frames: number) => FaultCounts;
