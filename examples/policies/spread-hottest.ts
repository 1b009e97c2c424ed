/** A balancing policy of one's own: every interval the hottest host gives one VM to the coolest, if that helps. */
import type { BalancePolicy, BalanceView, Move } from "ballast";

const load = (view: BalanceView, host: number): number => view.hostDemandMhz[host]! / view.hostMhz[host]!;

export default function spreadHottest(): BalancePolicy {
  return {
    name: "spread-hottest",
    power: "idle",
    decide(view): Move[] {
      const up = Array.from({ length: view.hosts }, (_, host) => host).filter(
        (host) => view.hostUp[host] === 1,
      );
      const order = up.sort((a, b) => load(view, b) - load(view, a));
      const [from, to] = [order[0]!, order.at(-1)!];
      for (const vm of view.vmsOf(from)) {
        const after = load(view, to) + view.vmDemandMhz[vm]! / view.hostMhz[to]!;
        const fits = view.hostUsedMib[to]! + view.vmMemoryMib[vm]! <= view.hostMemoryMib[to]!;
        if (view.vmMoving[vm] === 1 || !fits || !view.allows(vm, to) || after > load(view, from) - 0.1)
          continue;
        const at = (host: number): string =>
          `${view.hostNames[host]} at ${Math.round(load(view, host) * 100)} %`;
        return [{ vm, to, reason: `${at(from)} is the hottest, ${at(to)} the coolest` }];
      }
      return [];
    },
  };
}
