// A policy in twenty lines: scan where sharing lasts. A VM gets the scan by what is new in it, divided by how many shared
// pages its guest has broken lately. On examples/writers.yaml it ends with 103 MiB saved where follow-writes has 107, and
// with 8,678 copy-on-write breaks where follow-writes has 15,942.
//
//   npx ballast run examples/writers.yaml --policy memory=examples/policies/steady-first.ts
import type { MemoryPolicy } from "ballast";

export default (): MemoryPolicy => {
  const before = new Map<string, number>();
  return {
    name: "steady-first",
    decide(view, targets) {
      const weights = view.vmNames.map((name, vm) => {
        const breaks = view.vmCowBreaks[vm]! - (before.get(view.hostName + name) ?? 0);
        before.set(view.hostName + name, view.vmCowBreaks[vm]!);
        return view.vmUnvisitedPages[vm]! / (1 + breaks);
      });
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      targets.hostScanRate = view.hostScanRateMax;
      weights.forEach((weight, vm) => {
        targets.vmScanRate[vm] = total === 0 ? 0 : Math.ceil((view.hostScanRateMax * weight) / total);
        targets.because(
          vm,
          `Its new pages per recent break weigh ${weight.toFixed(1)} of ${total.toFixed(1)}.`,
          { weight },
        );
      });
    },
  };
};
