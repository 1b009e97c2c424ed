/** Names of the memory policies in scenario files. One line a policy. */
import { fixedRate } from "./fixed-rate.ts";
import { followWrites } from "./follow-writes.ts";
import { minFunding } from "./min-funding.ts";
import type { MemoryPolicy } from "./policy.ts";
import { scanTime } from "./scan-time.ts";

export const MEMORY_POLICIES: Readonly<Record<string, () => MemoryPolicy>> = {
  "min-funding": minFunding,
  "fixed-rate": fixedRate,
  "scan-time": scanTime,
  "follow-writes": followWrites,
};
