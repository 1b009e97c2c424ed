/**
 * What a virtual processor has spent on translations, in cycles: counts of events, each times what it costs.
 *
 *   cycles = second-level hits · a + Σ entries read of each level · their cost + exits · b + hidden faults · c + …
 *
 * What a reference costs depends on how much memory the tables of its level take, so that it is a column (src/sim/plan-translation.ts).
 *
 * Cost: a dozen loads, once for many accesses.
 */
import {
  mmuBilledNs,
  mmuEmulated,
  mmuExits,
  mmuHiddenFaults,
  mmuLevelCycles,
  mmuLevelReferences,
  mmuMhz,
  mmuSecondHits,
  mmuTraceFaults,
  mmuViolations,
  setMmuBilledNs,
  worldEmulateCycles,
  worldExitCycles,
  worldHiddenCycles,
  worldSecondCycles,
  worldTraceCycles,
  worldViolationCycles,
} from "../layout";

/** Rows of mmuLevel a virtual processor. */
const LEVELS: u32 = 16;

export function spentCycles(cx: u32): u64 {
  let cycles = mmuSecondHits(cx) * <u64>worldSecondCycles(0) + mmuExits(cx) * <u64>worldExitCycles(0);
  cycles += mmuHiddenFaults(cx) * <u64>worldHiddenCycles(0) + mmuTraceFaults(cx) * <u64>worldTraceCycles(0);
  cycles += mmuViolations(cx) * <u64>worldViolationCycles(0) + mmuEmulated(cx) * <u64>worldEmulateCycles(0);
  for (let row = cx * LEVELS; row < (cx + 1) * LEVELS; ++row) {
    cycles += mmuLevelReferences(row) * <u64>mmuLevelCycles(row);
  }
  return cycles;
}

/** Time spent since this was last asked, in whole ns. */
export function newlySpent(cx: u32): u64 {
  const ns = (spentCycles(cx) * 1000) / <u64>mmuMhz(cx);
  const more = ns - mmuBilledNs(cx);
  setMmuBilledNs(cx, ns);
  return more;
}
