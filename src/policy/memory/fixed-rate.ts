/**
 * Fixed rate: every VM and the host are scanned at the rates of the scenario.
 *
 * Source: ESX 2.x Administration Guide (50 pages/s per VM, 200 pages/s in all by default). Cost: O(VMs), once.
 */
import type { MemoryPolicy } from "./policy.ts";

export function fixedRate(): MemoryPolicy {
  return {
    name: "fixed-rate",
    decide(view, targets) {
      const { vmRatePerSecond = Infinity } = view.sharing;
      const ratePerSecond = view.hostScanRateMax;
      targets.hostScanRate = ratePerSecond;
      targets.because("host", `Hosts are scanned at ${rateText(ratePerSecond)}.`);
      for (let vm = 0; vm < targets.vmScanRate.length; vm += 1) {
        targets.vmScanRate[vm] = vmRatePerSecond;
        targets.because(vm, `VMs are scanned at ${rateText(vmRatePerSecond)}.`);
      }
    },
  };
}

/** A rate as people say it. */
export function rateText(rate: number): string {
  return rate === Infinity ? "any speed" : `${rate} pages/s`;
}
