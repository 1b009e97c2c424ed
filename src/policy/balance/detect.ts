/**
 * When a host counts as overloaded: the detectors of the literature, on any cluster.
 *
 *   thr  load > threshold              iqr  load > 1 − s · IQR of its history     mad  load > 1 − s · MAD
 *   lr   s · (least squares through the last 10 values, one interval ahead) ≥ 1   lrr  likewise, values far from the line
 *                                                                                      weighing less (two rounds of bisquare)
 *
 * With less history than they need a threshold of 0.7 decides. Here `lrr` is what its name says; in the published program it is
 * the same as `lr`.
 *
 * Source: Beloglazov & Buyya, CCPE'12 §6; facts §10. Cost: O(1), or O(history) a look.
 */
import type { ClusterPlan } from "./plan.ts";
import { interquartileRange, lineAt, medianDeviation, robustLineAt } from "./spread.ts";

export interface Detector {
  readonly name: string;
  /** Intervals of history it looks at. */
  readonly depth: number;
  /** Highest load at which it may say no, where it knows one; else 1. */
  readonly bound: number;
  /** Whether a host is overloaded, or would be with one VM more. */
  isOver(plan: ClusterPlan, host: number, more?: number): boolean;
  /** In words: `above 80 %`. */
  why(plan: ClusterPlan, host: number): string;
}

const HISTORY = 30;
const SPREAD_FROM = 12;
const LINE = 10;
const FALLBACK = 0.7;

const percent = (part: number): string => `${Math.round(part * 1000) / 10} %`;

export function loadOf({ load, view }: ClusterPlan, host: number, more?: number): number {
  return (load[host]! + (more === undefined ? 0 : view.vmDemandMhz[more]!)) / view.hostMhz[host]!;
}

function byThreshold(threshold: number): Detector {
  return {
    name: "thr",
    depth: 0,
    bound: threshold,
    isOver: (plan, host, more) => loadOf(plan, host, more) > threshold,
    why: (plan, host) => `at ${percent(loadOf(plan, host))}, above ${percent(threshold)}`,
  };
}

function bySpread(name: string, safety: number, spread: (values: Float64Array) => number): Detector {
  const scratch = new Float64Array(HISTORY);
  const limit = (plan: ClusterPlan, host: number, more?: number): number => {
    if (plan.depth < SPREAD_FROM) return FALLBACK;
    const values = plan.historyOf(host, more, scratch).subarray(0, plan.depth);
    return 1 - safety * spread(values);
  };
  return {
    name,
    depth: HISTORY,
    bound: 1,
    isOver: (plan, host, more) => loadOf(plan, host, more) > limit(plan, host, more),
    why: (plan, host) =>
      `at ${percent(loadOf(plan, host))}, above ${percent(limit(plan, host))}, which its ${name.toUpperCase()} leaves`,
  };
}

function byLine(name: string, safety: number, line: typeof lineAt): Detector {
  const scratch = new Float64Array(LINE);
  const ahead = (plan: ClusterPlan, host: number, more?: number): number =>
    safety * line(plan.historyOf(host, more, scratch), LINE, LINE + 1);
  const isLate = ({ depth }: ClusterPlan): boolean => depth < LINE;
  return {
    name,
    depth: LINE,
    bound: Number.POSITIVE_INFINITY,
    isOver: (plan, host, more) =>
      isLate(plan) ? loadOf(plan, host, more) > FALLBACK : ahead(plan, host, more) >= 1,
    why: (plan, host) =>
      isLate(plan)
        ? `at ${percent(loadOf(plan, host))}, above ${percent(FALLBACK)}`
        : `heading for ${percent(ahead(plan, host) / safety)}, times ${safety} is 100 % or more`,
  };
}

/** Detectors by name: what each makes of its number, and that number where none is given. */
export const DETECTORS: Readonly<
  Record<string, { readonly make: (number: number) => Detector; readonly usual: number }>
> = {
  thr: { make: byThreshold, usual: 0.8 },
  iqr: { make: (safety) => bySpread("iqr", safety, interquartileRange), usual: 1.5 },
  mad: { make: (safety) => bySpread("mad", safety, medianDeviation), usual: 2.5 },
  lr: { make: (safety) => byLine("lr", safety, lineAt), usual: 1.2 },
  lrr: { make: (safety) => byLine("lrr", safety, robustLineAt), usual: 1.2 },
};
