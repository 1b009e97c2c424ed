/**
 * Follow writes: the host's scan rate goes to the VMs in proportion to the pages that the scan has not seen since
 * their last write, so that a VM with nothing new to find costs nothing.
 *
 *   vm rate = min(host rate * unvisited / sum of unvisited, rate limit of a VM)
 *
 * Source: ballast's own, a baseline to compare with. Cost: O(VMs) per epoch.
 */
import { rateText } from "./fixed-rate.ts";
import type { MemoryPolicy } from "./policy.ts";

export function followWrites(): MemoryPolicy {
  return {
    name: "follow-writes",
    decide(view, targets) {
      const { vmRatePerSecond = Infinity } = view.sharing;
      const ratePerSecond = view.hostScanRateMax;
      let total = 0;
      for (const pages of view.vmUnvisitedPages) total += pages;
      targets.hostScanRate = ratePerSecond;
      targets.because("host", `Hosts are scanned at ${rateText(ratePerSecond)}.`);
      for (let vm = 0; vm < targets.vmScanRate.length; vm += 1) {
        const unvisited = view.vmUnvisitedPages[vm]!;
        const part = total === 0 ? 0 : unvisited / total;
        targets.vmScanRate[vm] =
          unvisited === 0 ? 0 : Math.min(Math.ceil(ratePerSecond * part), vmRatePerSecond);
        targets.because(vm, `It has ${unvisited} of the ${total} pages that are new to the scan.`, {
          unvisitedPages: unvisited,
          totalUnvisitedPages: total,
        });
      }
    },
  };
}
