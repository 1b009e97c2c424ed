/** Scenario files with the page traces that they name: where the rooms that read either meet. */
import { type LoadOptions, loadScenarioWith } from "../scenario/load.ts";
import type { PageTraceText } from "../scenario/page-trace.ts";
import type { Scenario } from "../scenario/types.ts";
import { readPageTrace, TraceError } from "../trace/index.ts";

/**
 * Reads a scenario file, YAML or JSON, and the traces that it names; they and image files are relative to it.
 *
 * @param path     the file; faults name it as it is written here
 * @param options  overrides, as for `parseScenario`
 * @throws         ScenarioError with every fault, also if there is no such file or it cannot be read
 */
export function loadScenario(path: string, options: LoadOptions = {}): Promise<Scenario> {
  return loadScenarioWith(path, options, readPages);
}

async function readPages(path: string): Promise<PageTraceText> {
  try {
    const { references, pageNumbers } = await readPageTrace({ path });
    return { references, pages: pageNumbers.length };
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    const { line, expected, got, hint } = error;
    return {
      expected,
      got,
      ...(line === undefined ? {} : { line }),
      ...(hint === undefined ? {} : { hint }),
    };
  }
}
