/**
 * Scan time: every VM is to be scanned once in a given time, within what the host's processors allow.
 *
 *   vm rate   = min(ceil(mapped pages / scan time), rate limit of a VM)
 *   host rate = min(host GHz * 1024 pages/s, rate limit of the host)
 *
 * Source: vSphere Resource Management Guide and advanced settings: Mem.ShareScanTime 60 min, Mem.ShareScanGHz 4 MB/s
 * per GHz, Mem.ShareRateMax 1024 pages/s per VM. Cost: O(VMs) per epoch.
 */
import { rateText } from "./fixed-rate.ts";
import { type MemoryPolicy, SCAN_RATE_MAX } from "./policy.ts";

export function scanTime(): MemoryPolicy {
  return {
    name: "scan-time",
    decide(view, targets) {
      const { vmRatePerSecond = Infinity, scanTimeNs } = view.sharing;
      targets.hostScanRate = view.hostScanRateMax;
      targets.because("host", `${view.hostMhz} MHz pay for ${rateText(view.hostScanRateMax)}.`, {
        hostMhz: view.hostMhz,
      });
      for (let vm = 0; vm < targets.vmScanRate.length; vm += 1) {
        const mapped = view.vmGrantedPages[vm]!;
        const asked = Math.ceil((mapped * 1e9) / scanTimeNs);
        const wanted = asked > SCAN_RATE_MAX ? Infinity : asked;
        const rate = Math.min(wanted, vmRatePerSecond);
        targets.vmScanRate[vm] = rate;
        const capped = rate < wanted ? `, held at ${rateText(rate)}` : "";
        targets.because(
          vm,
          `${mapped} mapped pages in ${scanTimeNs / 1e9} s ask for ${rateText(wanted)}${capped}.`,
          {
            mappedPages: mapped,
          },
        );
      }
    },
  };
}
