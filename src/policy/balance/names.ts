/**
 * Names of the balancing policies in scenario files, and how each reads its options.
 *
 * `thr-mmt-0.8` is short for consolidation with detector thr, number 0.8 and selector mmt.
 */
import { type ConsolidationOptions, consolidation } from "./consolidation.ts";
import { DETECTORS } from "./detect.ts";
import type { BalancePolicy } from "./policy.ts";
import { SELECTORS } from "./select.ts";
import { followLoad, noPowerManagement, stayPut } from "./unmanaged.ts";

export type BalanceOptions = Readonly<Record<string, unknown>>;
export type BalanceFactory = (options: BalanceOptions) => BalancePolicy;

const plain =
  (make: () => BalancePolicy): BalanceFactory =>
  (options) => {
    refuseOthers(options, []);
    return make();
  };

/** Policies by name. Those of later versions stand in `LATER_BALANCE`. */
export const BALANCE_POLICIES: Readonly<Record<string, BalanceFactory>> = {
  static: plain(stayPut),
  npa: plain(noPowerManagement),
  dvfs: plain(followLoad),
  consolidation: (options) => {
    refuseOthers(options, ["detector", "number", "selector", "seed"]);
    word(options, "detector", Object.keys(DETECTORS));
    word(options, "selector", Object.keys(SELECTORS));
    for (const key of ["number", "seed"]) {
      const value = options[key];
      if (value !== undefined && !(typeof value === "number" && value >= 0))
        throw new RangeError(`${key}: expected a number from 0, got ${JSON.stringify(value)}`);
    }
    return consolidation(options as ConsolidationOptions);
  },
};

/** Known, and not built yet. */
export const LATER_BALANCE: readonly string[] = ["drs", "dpm", "sandpiper", "demand-based"];

/**
 * A policy by name.
 *
 * @returns undefined if there is none of that name
 * @throws RangeError for an option: `detector: expected one of thr, iqr, …, got "x"`
 */
export function balancePolicyOf(name: string, options: BalanceOptions = {}): BalancePolicy | undefined {
  const make = Object.hasOwn(BALANCE_POLICIES, name) ? BALANCE_POLICIES[name] : undefined;
  if (make !== undefined) return make(options);
  const [detector = "", selector = "", number, ...rest] = name.split("-");
  if (!Object.hasOwn(DETECTORS, detector) || !Object.hasOwn(SELECTORS, selector) || rest.length > 0)
    return undefined;
  if (number !== undefined && !/^\d+(\.\d+)?$/.test(number)) return undefined;
  const short = { detector, selector, ...(number === undefined ? {} : { number: Number(number) }) };
  return BALANCE_POLICIES["consolidation"]!({ ...options, ...short });
}

function refuseOthers(options: BalanceOptions, known: readonly string[]): void {
  const other = Object.keys(options).find((key) => !known.includes(key));
  if (other === undefined) return;
  throw new RangeError(
    `${other}: expected ${known.length === 0 ? "no option" : `one of ${known.join(", ")}`}, got ${other}`,
  );
}

function word(options: BalanceOptions, key: string, words: readonly string[]): void {
  const value = options[key];
  if (value === undefined || (typeof value === "string" && words.includes(value))) return;
  throw new RangeError(`${key}: expected one of ${words.join(", ")}, got ${JSON.stringify(value)}`);
}
