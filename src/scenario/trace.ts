/** Traces that a workload names: CSV of utilization over time, or JSON of rt-app. */
import { addCpuTrace } from "./cpu-trace.ts";
import type { Path } from "./fault.ts";
import type { Draft, Sink } from "./program.ts";
import { addRtApp } from "./rt-app.ts";

/** A trace as read: its text, or why there is none. */
export type TraceText = { readonly content: string } | { readonly problem: string; readonly hint?: string };
/** Traces by the name that the scenario gives them. */
export type TraceTexts = ReadonlyMap<string, TraceText>;

/** What a trace becomes, and where its faults go. */
export interface TraceContext {
  readonly draft: Draft;
  readonly sink: Sink;
  readonly vcpus: number;
  /** After power-on. */
  readonly startNs: number;
  /** After power-on; undefined: to the end. */
  readonly stopNs: number | undefined;
  /** Whether the row before holds where a regular CSV lacks one. */
  readonly holdsGaps: boolean;
}

/**
 * Adds the threads of a trace; what is wrong with it goes to the sink.
 *
 * @param name  as the scenario gives it
 * @param path  of its workload
 */
export function addTrace(name: string, path: Path, traces: TraceTexts, context: TraceContext): void {
  const at = [...path, "trace"];
  const text = traces.get(name);
  if (text === undefined) {
    const hint = `give its text as traces: { ${JSON.stringify(name)}: … }`;
    context.sink.finding({ path: at, expected: "a trace", got: `no text of ${name}`, hint });
    return;
  }
  if ("problem" in text) {
    const { problem: got, hint } = text;
    context.sink.finding({
      path: at,
      expected: "a trace",
      got,
      ...(hint === undefined ? {} : { hint }),
    });
    return;
  }
  const content = text.content.startsWith("\uFEFF") ? text.content.slice(1) : text.content;
  const isJson = name.toLowerCase().endsWith(".json") || /^\s*(\{|\/\*|\/\/)/.test(content);
  if (isJson) addRtApp(content, name, at, context);
  else addCpuTrace(content, name, at, context);
}
