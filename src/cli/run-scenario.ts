/** Which of the two simulators a scenario is for: only that one is loaded. */
import { isClusterFile } from "../index.ts";

export interface RunOptions {
  readonly seed?: string;
  readonly until?: string;
  readonly set?: readonly string[];
  readonly policy?: readonly string[];
  readonly out?: string;
  readonly threads?: string;
  readonly timeline?: string | true;
  readonly json?: boolean;
  readonly explain?: boolean;
  readonly all?: boolean;
  readonly quiet?: boolean;
}

export async function runScenario(path: string, options: RunOptions): Promise<void> {
  if (await isClusterFile(path)) await (await import("./run-cluster.ts")).runCluster(path, options);
  else await (await import("./run-page.ts")).runPage(path, options);
}
