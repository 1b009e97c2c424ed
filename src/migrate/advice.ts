/** What to change so that a pre-copy converges, in a sentence. */
import { formatNs } from "../scenario/format.ts";
import { formatBitsUp } from "./format-bits.ts";
import type { Migration } from "./migration.ts";
import { leastBandwidth, leastDowntimeLimit } from "./solve.ts";

/** Rather a little too much than a long search: what is named converges within so many looks. */
const QUICK: Migration["effort"] = { looks: 64, phases: 3 };

/** The sentence; in a few milliseconds. */
export function adviceFor(asked: Migration): string {
  const migration: Migration = { ...asked, effort: QUICK };
  const ways: string[] = [];
  const bytesPerS = leastBandwidth(migration);
  if (bytesPerS !== undefined)
    ways.push(`${formatBitsUp(bytesPerS * 8, migration.bytesPerS * 8)} of bandwidth`);
  const limitS = leastDowntimeLimit(migration);
  if (limitS !== undefined) ways.push(`a downtime limit of ${formatNs(upNs(limitS * 1e9))}`);
  if (migration.rule === "qemu" && !migration.autoConverge) ways.push("--auto-converge");
  ways.push("mode post-copy or hybrid");
  const last = ways.pop()!;
  const list = ways.length === 0 ? last : `${ways.join(", ")}, or ${last}`;
  return `It would take ${list}.`;
}

/** Up to what reports show of a time: tenths of its unit. */
function upNs(ns: number): number {
  const grain = ns < 1e6 ? 100 : ns < 1e9 ? 1e5 : ns < 6e10 ? 1e8 : 6e9;
  return Math.ceil(ns / grain) * grain;
}
