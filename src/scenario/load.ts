/** Scenario files, with the traces that they name. */
import type { PageTraceText } from "./page-trace.ts";
import { draftOf, finish, type ParseOptions, traceNames } from "./parse.ts";
import { joinPath } from "./paths.ts";
import { builtin, readScenarioText, readText } from "./read-text.ts";
import type { TraceText } from "./trace.ts";
import type { Scenario } from "./types.ts";

/** Overrides, as for `parseScenario`. */
export type LoadOptions = Omit<ParseOptions, "file" | "base" | "traces" | "pageTraces">;

/**
 * Reads a scenario file, YAML or JSON, and the traces that it names; they and image files are relative to it.
 *
 * @param path       the file; faults name it as it is written here
 * @param readPages  reads a page trace: another room's work
 * @throws           ScenarioError with every fault, also if there is no such file or it cannot be read
 */
export async function loadScenarioWith(
  path: string,
  options: LoadOptions,
  readPages: (path: string) => Promise<PageTraceText>,
): Promise<Scenario> {
  const { dirname, resolve } = builtin("node:path");
  const base = dirname(resolve(path));
  const draft = draftOf(await readScenarioText(path), { ...options, file: path, base });
  const traces = new Map<string, TraceText>();
  for (const name of traceNames(draft, "trace")) traces.set(name, await readText(joinPath(base, name)));
  const pageTraces = new Map<string, PageTraceText>();
  for (const name of traceNames(draft, "pages")) pageTraces.set(name, await readPages(joinPath(base, name)));
  return finish(draft, traces, pageTraces);
}
