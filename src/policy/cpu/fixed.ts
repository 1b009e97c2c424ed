/** Fixed: controls stay what the scenario and its events make them. Cost: none. */
import type { CpuPolicy } from "./policy.ts";

export function fixed(): CpuPolicy {
  return { name: "fixed", decide() {} };
}
