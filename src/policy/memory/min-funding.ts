/**
 * Min-funding revocation with an idle memory tax: a VM that needs memory takes it from the one that pays least for its pages,
 * and idle pages pay less.
 *
 *   while all that VMs can use fits   everybody has what it wants
 *   else                              shares, from the minimum to the limit; idle pages count 1 / (1 - tax) times
 *
 * Active use is what sampling says. A VM that brings pages back from swap, or whose guest evicts what it soon needs again,
 * needs more than it has, which sampling cannot see: as many pages count as active on top.
 *
 * Source: Waldspurger OSDI'02 §5 and §6; division in closed form in src/controls/idle-tax.ts. Cost: O(VMs log VMs) per epoch.
 */
import { divideMemory } from "../../controls/memory-division.ts";
import { fixedRate } from "./fixed-rate.ts";
import type { MemoryPolicy, MemoryTargets, MemoryView } from "./policy.ts";
import { scanTime } from "./scan-time.ts";

export interface MinFundingOptions {
  /** Idle memory tax, 0 … 990_000 ppm; absent: the scenario's. */
  readonly idleTaxPpm?: number;
  /** Who sets the rates of the sharing scan; absent: `scan-time` where rates go by GHz, else `fixed-rate`. */
  readonly scan?: MemoryPolicy;
}

export function minFunding(options: MinFundingOptions = {}): MemoryPolicy {
  const { idleTaxPpm: own } = options;
  if (own !== undefined && !(own >= 0 && own <= 990_000)) {
    throw new RangeError(`minFunding: idleTaxPpm: expected a number in [0, 990000], got ${own}`);
  }
  return {
    name: "min-funding",
    decide(view, targets) {
      const scan = options.scan ?? (view.sharing.ratePerGhz === undefined ? fixedRate() : scanTime());
      const because = decideScan(scan, view, targets);
      const tax = own ?? view.idleTaxPpm;
      const caps = usable(view);
      const wanted = needs(view);
      const most = caps.reduce((sum, pages) => sum + pages, 0);
      const limited = view.pools.some(({ maxPages }) => maxPages !== Infinity);
      if (most <= view.hostDivisiblePages && !limited) {
        for (let vm = 0; vm < wanted.length; vm += 1) {
          if (targets.vmTargetPages[vm] === Infinity) continue;
          targets.vmTargetPages[vm] = Infinity;
          because(vm, `All that VMs may have, ${most} pages, fits ${view.hostDivisiblePages}.`);
        }
        return;
      }
      const shares = divide(view, caps, wanted, tax);
      for (let vm = 0; vm < wanted.length; vm += 1) {
        targets.vmTargetPages[vm] = view.vmOn[vm] ? shares[vm]! : Infinity;
        const active = Math.round(wanted[vm]!);
        because(
          vm,
          `${view.vmShares[vm]} shares and ${active} active pages buy ${shares[vm]} of ${view.hostDivisiblePages} pages at ${tax / 1e4} % tax.`,
          { activePages: active, divisiblePages: view.hostDivisiblePages, taxPpm: tax },
        );
      }
    },
  };
}

/**
 * Lets another policy set the scan rates.
 *
 * @returns `because` for the same rows: what it says comes behind the other's reason
 */
function decideScan(scan: MemoryPolicy, view: MemoryView, targets: MemoryTargets): MemoryTargets["because"] {
  const said = new Map<number | "host", string>();
  if (view.sharing.algorithm === "none") return targets.because;
  const heard: MemoryTargets["because"] = (row, reason, inputs) => {
    said.set(row, reason);
    targets.because(row, reason, inputs);
  };
  const rates = { ...targets, because: heard };
  scan.decide(view, rates);
  targets.hostScanRate = rates.hostScanRate;
  return (row, reason, inputs) => {
    const first = said.get(row);
    targets.because(row, first === undefined ? reason : `${first} ${reason}`, inputs);
  };
}

/**
 * Machine pages that each VM can come to use: its limit, and all of its memory less what sharing saves of it. What is saved
 * goes to the others, even if it is reserved: it comes back with the next decision after sharing breaks.
 */
function usable(view: MemoryView): Float64Array {
  return view.vmSavedPages.map((saved, vm) => {
    return view.vmOn[vm] ? Math.min(view.vmMaxPages[vm]!, view.vmPages[vm]! - saved) : 0;
  });
}

/** Pages in active use, and those that it has had to bring back. */
function needs(view: MemoryView): Float64Array {
  return view.vmActivePages.map((active, vm) =>
    Math.min(view.vmMaxPages[vm]!, active + view.vmPressurePages[vm]!),
  );
}

/**
 * What limits of pools leave their VMs on a host with memory for all: hosts hold VMs to it in every state.
 *
 * @returns pages per VM; undefined: no pool has a limit
 */
export function poolCaps(view: MemoryView): Float64Array | undefined {
  if (view.pools.every(({ maxPages }) => maxPages === Infinity)) return undefined;
  const hostDivisiblePages = view.vmPages.reduce((sum, pages) => sum + pages, 0);
  return divide({ ...view, hostDivisiblePages }, usable(view), needs(view), view.idleTaxPpm);
}

/** Whole pages of every VM of the host. */
function divide(view: MemoryView, caps: Float64Array, wanted: Float64Array, tax: number): Float64Array {
  const pools = view.pools.length;
  const on = (vm: number): boolean => view.vmOn[vm] !== 0;
  const vms = [...wanted.keys()];
  const nodes = {
    pools,
    parent: [...view.pools.map(({ parent }) => parent), ...view.vmPool],
    shares: [...view.pools.map(({ shares }) => shares), ...view.vmShares],
    minPages: [
      ...view.pools.map(({ minPages }) => minPages),
      ...vms.map((vm) => Math.min(caps[vm]!, view.vmMinPages[vm]!)),
    ],
    maxPages: [...view.pools.map(({ maxPages }) => maxPages), ...caps],
    activePages: [...view.pools.map(() => 0), ...vms.map((vm) => (on(vm) ? wanted[vm]! : 0))],
    taxPpm: [
      ...view.pools.map(() => tax),
      ...vms.map((vm) => (view.vmTaxPpm[vm]! < 0 ? tax : view.vmTaxPpm[vm]!)),
    ],
  };
  return divideMemory(view.hostDivisiblePages, nodes, tax).pages.subarray(pools);
}
