/**
 * Holds a stranger's policy to the rules that the types of `MemoryPolicy` state and JavaScript does not check, so that
 * its faults are told with file and line, and its endless loops end.
 */
import { Script } from "node:vm";
import { type MemoryPolicy, type MemoryTargets, type MemoryView, PolicyError } from "../index.ts";
import { placed } from "./fail.ts";

/** A decision takes well under a millisecond; what takes so long does not come to an end. */
const DECIDE_MS_MAX = 10_000;

type Check = (rule: string) => never;

/** @param file  absolute path that the policy came from */
export function guardPolicy(file: string, policy: MemoryPolicy): MemoryPolicy {
  return {
    name: policy.name,
    decide(view, targets) {
      const fail: Check = (rule) => {
        throw new PolicyError(policy.name, view.atNs, `host ${view.hostName}`, rule);
      };
      const own = watchTargets(view, targets, fail);
      let returned: unknown;
      try {
        returned = withinTime(() => policy.decide(view, own));
      } catch (fault) {
        if (fault instanceof PolicyError) throw fault;
        if ((fault as { code?: string } | null)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT") {
          return fail(`expected decide to come to an end, got none within ${DECIDE_MS_MAX / 1000} s`);
        }
        return fail(`decide threw ${placed(fault, file)}`);
      }
      if (typeof (returned as { then?: unknown } | undefined)?.then === "function") {
        (returned as Promise<unknown>).then(undefined, () => {});
        return fail("expected decide to return nothing, got a promise; it must not be async");
      }
      if (own.vmScanRate !== targets.vmScanRate) {
        return fail("expected vmScanRate to stay in place, got another value; write to its entries");
      }
      targets.hostScanRate = own.hostScanRate;
    },
  };
}

function watchTargets(view: MemoryView, targets: MemoryTargets, fail: Check): MemoryTargets {
  const vms = view.vmNames.length;
  return {
    vmScanRate: targets.vmScanRate,
    hostScanRate: targets.hostScanRate,
    because(row, reason, inputs = {}) {
      if (row !== "host" && !(Number.isInteger(row) && row >= 0 && row < vms)) {
        fail(`because: expected "host" or the index of one of ${vms} VMs, got ${String(row)}`);
      }
      if (typeof reason !== "string" || reason === "") {
        fail(`because: expected a reason in one sentence, got ${reason ? String(reason) : "nothing"}`);
      }
      const odd = Object.entries(inputs).find(([, value]) => !Number.isFinite(value));
      if (odd !== undefined) fail(`because: expected numbers as inputs, got ${odd[0]}: ${String(odd[1])}`);
      targets.because(row, reason, inputs);
    },
  };
}

const TASK = Symbol.for("ballast.task");
const holder = globalThis as unknown as { [TASK]?: () => unknown };
let script: Script | undefined;

/** Calls a function that may turn out to be an endless loop. Costs some 70 µs, for the clock beside it. */
function withinTime(work: () => unknown): unknown {
  script ??= new Script('globalThis[Symbol.for("ballast.task")]()', { filename: "ballast-policy" });
  holder[TASK] = work;
  try {
    return script.runInThisContext({ timeout: DECIDE_MS_MAX, displayErrors: false });
  } finally {
    delete holder[TASK];
  }
}
