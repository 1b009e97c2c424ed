/** Co-scheduling: how far ahead of its slowest sibling a vCPU that runs is, from the time each has gone without progress. */
import type { Columns } from "../../src/core/layout.ts";
import { type Check, rowsFrom } from "./checks.ts";

const STATE = { run: 1, ready: 2, costop: 3 } as const;
const MODES = { relaxed: 2, perVcpu: 3 } as const;

/** Time without progress up to now; undefined: idle, off or waiting for a page, so nobody waits for it. */
function deficitOf(columns: Columns, vcpu: number, now: bigint): bigint | undefined {
  const known = columns.vcpuDeficitNs.big(vcpu);
  switch (columns.vcpuState.get(vcpu)) {
    case STATE.ready:
    case STATE.costop:
      return known + now - columns.vcpuSinceNs.big(vcpu);
    case STATE.run: {
      // What interrupts have taken since its pCPU was last accounted.
      const pcpu = columns.vcpuPcpu.get(vcpu);
      const from = columns.pcpuSettledNs.big(pcpu);
      const stolen = columns.pcpuStolenNs.big(pcpu);
      const until = stolen < now ? stolen : now;
      return until > from ? known + until - from : known;
    }
    default:
      return undefined;
  }
}

/** Relaxed and per vCPU: nobody who runs is further ahead than the threshold and a poll. */
export const checkSkew: Check = ({ columns, nowNs }) => {
  const mode = columns.worldCoscheduling[0];
  const costop = columns.worldCostopNs.big(0);
  if ((mode !== MODES.relaxed && mode !== MODES.perVcpu) || costop === 0n) return undefined;
  const most = costop + columns.worldSkewPollNs.big(0);
  for (const [vm, online] of columns.vmVcpuOnline.entries()) {
    const vcpus = rowsFrom(columns.vmVcpuFirst.get(vm), online);
    const deficits = vcpus.map((vcpu) => deficitOf(columns, vcpu, BigInt(nowNs)));
    const worst = deficits.reduce<bigint>((top, one) => (one !== undefined && one > top ? one : top), 0n);
    for (const [index, vcpu] of vcpus.entries()) {
      if (columns.vcpuState.get(vcpu) !== STATE.run) continue;
      const skew = worst - deficits[index]!;
      if (skew > most) return `vcpu ${vcpu} of vm ${vm} runs with a skew of ${skew} ns, at most ${most}`;
    }
  }
  return undefined;
};
