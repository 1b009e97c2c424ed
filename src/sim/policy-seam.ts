/** What the seams to all kinds of policies have in common: calling one, and hearing why. */
import { PolicyError } from "../policy/policy-error.ts";

/** What every view says of the host it shows. */
interface View {
  readonly atNs: number;
  readonly hostName: string;
  readonly vmNames: readonly string[];
}

export interface Reason {
  readonly reason: string;
  readonly inputs: Readonly<Record<string, number>>;
}

/** By index of the host's VM, or for the host. */
export type Reasons = ReadonlyMap<number | "host", Reason>;

export const UNSAID: Reason = { reason: "The policy gave no reason.", inputs: {} };

interface Named {
  readonly name: string;
}

/** A place for reasons, and the function with which a policy gives them. */
export function reasonsOf(policy: Named, view: View) {
  const reasons = new Map<number | "host", Reason>();
  const because = (
    row: number | "host",
    reason: string,
    inputs: Readonly<Record<string, number>> = {},
  ): void => {
    checkReason(policy, view, row, reason, inputs);
    reasons.set(row, { reason, inputs });
  };
  return { reasons, because };
}

/**
 * Calls a policy.
 *
 * @throws PolicyError for whatever it throws, and for a promise
 */
export function callPolicy(policy: Named, view: View, decide: () => unknown): void {
  let answer: unknown;
  try {
    answer = decide();
  } catch (fault) {
    if (fault instanceof PolicyError) throw fault;
    const text = fault instanceof Error ? `${fault.name}: ${fault.message}` : String(fault);
    const error = new PolicyError(policy.name, view.atNs, `host ${view.hostName}`, `decide threw ${text}`);
    throw Object.assign(error, { cause: fault });
  }
  if (answer instanceof Promise) {
    answer.catch(() => {});
    const rule = "expected decide to return nothing, got a promise; decisions are made at once";
    throw new PolicyError(policy.name, view.atNs, `host ${view.hostName}`, rule);
  }
}

/** JavaScript does not check what the types say; a record with holes would be found much later. */
function checkReason(policy: Named, view: View, row: unknown, reason: unknown, inputs: unknown): void {
  const fail = (rule: string): never => {
    throw new PolicyError(policy.name, view.atNs, `host ${view.hostName}`, rule);
  };
  const vms = view.vmNames.length;
  if (row !== "host" && !(Number.isInteger(row) && (row as number) >= 0 && (row as number) < vms)) {
    fail(`because: expected "host" or the index of one of ${vms} VMs, got ${String(row)}`);
  }
  if (typeof reason !== "string" || reason === "") {
    fail(`because: expected a reason in one sentence, got ${reason ? String(reason) : "nothing"}`);
  }
  const odd = Object.entries(inputs as object).find(([, value]) => !Number.isFinite(value));
  if (odd !== undefined) fail(`because: expected numbers as inputs, got ${odd[0]}: ${String(odd[1])}`);
}
