/** Traces that a workload names: their texts, and the threads that they make. */
import type { Path } from "./fault.ts";
import type { Draft, Sink } from "./program.ts";

/** A trace as read: its text, or why there is none. */
export type TraceText = { readonly content: string } | { readonly problem: string };
/** Traces by the name that the scenario gives them. */
export type TraceTexts = ReadonlyMap<string, TraceText>;

/** Adds the threads of a trace. */
export function addTrace(
  name: string,
  path: Path,
  {
    sink,
  }: { readonly sink: Sink; readonly draft: Draft; readonly vcpus: number; readonly traces: TraceTexts },
): void {
  sink.finding({ path: [...path, "trace"], expected: "a trace that has been read", got: name });
}
