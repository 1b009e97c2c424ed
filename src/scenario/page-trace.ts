/** Page traces that workloads name. Reading them is another room's: they come in as references. */
import type { Path } from "./fault.ts";
import type { Sink } from "./program.ts";

/** A page trace as read: its references, or why there are none. */
export type PageTraceText =
  | {
      /** One word a reference: page × 2, plus one for a write; pages are numbered from 0 without gaps. */
      readonly references: Uint32Array;
      /** Distinct pages. */
      readonly pages: number;
    }
  | PageTraceProblem;

/** What is wrong with the file of a page trace. */
export interface PageTraceProblem {
  /** From 1; absent: the file as a whole. */
  readonly line?: number;
  readonly expected: string;
  readonly got: string;
  readonly hint?: string;
}

/** Page traces by the name that the scenario gives them; undefined: there is none of that name. */
export type PageTraceOf = (name: string) => PageTraceText | undefined;

/** A trace that can be replayed. */
export type PageTrace = Exclude<PageTraceText, PageTraceProblem>;

/**
 * Finds a page trace; what is wrong with it goes to the sink.
 *
 * @param name  as the scenario gives it
 * @param path  of that name
 */
export function pageTraceOf(
  name: string,
  path: Path,
  { traces, sink }: { readonly traces: PageTraceOf; readonly sink: Sink },
): PageTrace | undefined {
  const trace = traces(name);
  if (trace === undefined) {
    const hint = `give it as pageTraces: { ${JSON.stringify(name)}: … }`;
    sink.finding({ path, expected: "a page trace", got: `nothing read of ${name}`, hint });
  } else if ("expected" in trace) sink.fault({ file: name, path, ...trace });
  else if (trace.references.length === 0) {
    sink.fault({ file: name, path, expected: "at least one reference", got: "none" });
  } else return trace;
  return undefined;
}
