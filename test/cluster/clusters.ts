/** Small clusters for tests, from a few words. */
import { type ClusterInput, type ClusterScenario, resolveClusterScenario } from "../../src/index.ts";

/** Hosts of 10 GHz (ten cores of 1 GHz) and 64 GiB, an hour in intervals of 5 min. */
export function clusterOf(input: Partial<ClusterInput> & Pick<ClusterInput, "vms">): ClusterScenario {
  return resolveClusterScenario({
    ballast: 1,
    resolution: "fluid",
    duration: "1h",
    hosts: [{ name: "h", count: 2, cpu: { cores: 10, mhz: 1000 }, memory: "64GiB" }],
    ...input,
  } as ClusterInput);
}
