/**
 * The scenario's placement rules in a running cluster: the rules of `ballast place`, with who is where kept up to date, and
 * put aside while a policy thinks.
 *
 * Cost: O(rules of the VM) a question; nothing where there are no rules.
 */
import type { Problem } from "../place/problem.ts";
import { RuleState } from "../place/rule-state.ts";
import type { PlaceRules } from "../place/rules.ts";
import { NOWHERE } from "./state.ts";

export class RuleBook {
  readonly #rules: RuleState | undefined;
  /** Where each VM counts as being. */
  readonly #at: Int32Array;
  readonly #assumed = new Map<number, number>();

  constructor(rules: PlaceRules | undefined, hosts: number, vms: number) {
    this.#at = new Int32Array(rules === undefined ? 0 : vms).fill(NOWHERE);
    this.#rules = rules === undefined ? undefined : new RuleState(problemOf(hosts, vms), rules);
  }

  /** Whether a VM may be on a host. */
  allows(vm: number, host: number): boolean {
    const rules = this.#rules;
    if (rules === undefined) return true;
    const at = this.#at[vm]!;
    if (at !== NOWHERE) rules.take(vm);
    const isAllowed = rules.allows(vm, host);
    if (at !== NOWHERE) rules.put(vm, at);
    return isAllowed;
  }

  /** A VM is on another host from now on, or nowhere. */
  put(vm: number, host: number): void {
    if (this.#rules === undefined || this.#at[vm] === host) return;
    if (this.#at[vm] !== NOWHERE) this.#rules.take(vm);
    if (host !== NOWHERE) this.#rules.put(vm, host);
    this.#at[vm] = host;
  }

  /** The same until `forget`. */
  assume(vm: number, host: number): void {
    if (this.#rules === undefined) return;
    if (!this.#assumed.has(vm)) this.#assumed.set(vm, this.#at[vm]!);
    this.put(vm, host);
  }

  forget(): void {
    for (const [vm, host] of this.#assumed) this.put(vm, host);
    this.#assumed.clear();
  }
}

/** Rules look at who is where, not at sizes. */
function problemOf(hosts: number, vms: number): Problem {
  const none = new Float64Array(1);
  return {
    dimensions: 0,
    items: vms,
    sizes: new Float64Array(0),
    bins: hosts,
    capacities: none,
    weights: none,
    units: none,
    slack: none,
    isSigned: [],
  };
}
