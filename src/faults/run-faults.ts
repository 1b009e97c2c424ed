/** The work of `ballast faults`: a trace in, counts out. */
import {
  type ReadTraceOptions,
  readPageTrace,
  type TraceFile,
  type TraceFormat,
  type TraceSource,
} from "../trace/index.ts";
import { type LruCurve, lruCurve } from "./lru.ts";
import {
  POLICIES_ABSENT,
  type ReplacementFaults,
  type ReplacementOptions,
  replacements,
  usualFrames,
} from "./replacement.ts";

export interface RunFaultsOptions extends ReplacementOptions, Omit<ReadTraceOptions, "onProgress"> {
  readonly onProgress?: ((progress: RunFaultsProgress) => void) | undefined;
}

export interface RunFaultsProgress {
  /** 0 … 1 of what is being done; absent where that cannot be told. */
  readonly fraction?: number | undefined;
  /** Such as `reading, 1000000 references`. */
  readonly doing: string;
}

/** What `ballast faults --json` prints. */
export interface FaultsResult {
  readonly trace: FaultsTrace;
  /** Policy by policy, for each number of frames, in the order asked for. */
  readonly results: readonly ReplacementFaults[];
  /** Frames that LRU needs for less than a part of references to fault, for 10 %, 1 % and 0.1 % of them. */
  readonly lruFrames: readonly { readonly faultsPpm: number; readonly frames: number | null }[];
  /** Least frames of each doubling, faults of LRU with them: its miss-ratio curve. */
  readonly lruCurve: readonly { readonly frames: number; readonly faults: number }[];
  readonly warnings: readonly string[];
}

export interface FaultsTrace {
  readonly file: string;
  readonly format: TraceFormat;
  readonly compression: "none" | "gzip";
  readonly references: number;
  readonly reads: number;
  readonly writes: number;
  /** Pages referenced. */
  readonly distinct: number;
  /** Bad lines left out, by `lenient`. */
  readonly skippedLines: number;
}

const PARTS_PPM = [100_000, 10_000, 1000] as const;
/** Points of the curve in each doubling of frames. */
const CURVE_STEPS = 4;

/**
 * Reads a trace and replays it under policies.
 *
 * Throws TraceError for bad input, RangeError for bad options, the signal's reason when aborted.
 */
export async function runFaults(source: TraceSource, options: RunFaultsOptions = {}): Promise<FaultsResult> {
  const { signal, onProgress } = options;
  const trace = await readPageTrace(source, {
    ...options,
    onProgress: ({ fraction, references }) =>
      onProgress?.({ fraction, doing: `reading, ${references} references` }),
  });
  const curve = lruCurve(trace);
  const { frames = usualFrames(trace), policies = POLICIES_ABSENT, seed } = options;
  const all = frames.length * policies.length;
  const results: ReplacementFaults[] = [];
  for (const result of replacements(trace, { frames, policies, seed }, curve)) {
    results.push(result);
    onProgress?.({ fraction: results.length / all, doing: `${result.policy}, ${result.frames} frames` });
    // Lets signals and timers through.
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
  }
  return { trace: describe(trace), results, ...lruOf(trace, curve), warnings: warningsOf(trace) };
}

function describe(trace: TraceFile): FaultsTrace {
  const { name, format, compression, references, writes, pageNumbers, skippedLines } = trace;
  return {
    file: name,
    format,
    compression,
    references: references.length,
    reads: references.length - writes,
    writes,
    distinct: pageNumbers.length,
    skippedLines,
  };
}

function lruOf(trace: TraceFile, { faults }: LruCurve): Pick<FaultsResult, "lruFrames" | "lruCurve"> {
  const distinct = trace.pageNumbers.length;
  const framesFor = (faultsPpm: number): number | null => {
    // Never rises with frames, so that the first one found is the least.
    const index = faults.findIndex(
      (count, at) => at > 0 && count * 1e6 < faultsPpm * trace.references.length,
    );
    return index < 0 ? null : index;
  };
  const curve: { frames: number; faults: number }[] = [];
  for (let begin = 1; begin <= distinct; begin *= 2) {
    for (let step = 0; step < CURVE_STEPS; step += 1) {
      const frames = Math.ceil(begin + (begin * step) / CURVE_STEPS);
      if (frames <= distinct && frames > (curve.at(-1)?.frames ?? 0))
        curve.push({ frames, faults: faults[frames]! });
    }
  }
  if (curve.at(-1)!.frames < distinct) curve.push({ frames: distinct, faults: faults[distinct]! });
  return {
    lruFrames: PARTS_PPM.map((faultsPpm) => ({ faultsPpm, frames: framesFor(faultsPpm) })),
    lruCurve: curve,
  };
}

function warningsOf({ name, skippedLines, skipped }: TraceFile): string[] {
  if (skippedLines === 0) return [];
  const lines = skipped.map(({ line, text }) => `${name}:${line}: left out ${text}`);
  const more = skippedLines - skipped.length;
  return more > 0 ? [...lines, `${name}: left out ${more} more`] : lines;
}
