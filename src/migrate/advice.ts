/** What to change so that a pre-copy converges, in a sentence. */
import { formatNs } from "../scenario/format.ts";
import type { Migration } from "./migration.ts";
import type { PreCopy } from "./pre-copy.ts";
import { formatBits, leastBandwidth, leastDowntimeLimit } from "./solve.ts";

/** @returns  undefined: nothing here helps */
export function adviceFor(migration: Migration, done: PreCopy): string | undefined {
  const ways: string[] = [];
  const bytesPerS = leastBandwidth(migration);
  if (bytesPerS !== undefined) ways.push(`${formatBits(bytesPerS * 8)} of bandwidth`);
  const limitS = leastDowntimeLimit(migration);
  if (limitS !== undefined) ways.push(`a downtime limit of ${formatNs(Math.round(limitS * 1e9))}`);
  if (migration.rule === "qemu" && !migration.autoConverge) ways.push("--auto-converge");
  ways.push("mode post-copy or hybrid");
  const last = ways.pop()!;
  const list = ways.length === 0 ? last : `${ways.join(", ")}, or ${last}`;
  return done.converged ? undefined : `It would take ${list}.`;
}
