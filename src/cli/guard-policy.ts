/**
 * Runs a stranger's policy so that its faults are told with file and line, and its endless loops end.
 */
import { Script } from "node:vm";
import { PolicyError } from "../index.ts";
import { placed } from "./fail.ts";

/** A decision takes well under a millisecond; what takes so long does not come to an end. */
const DECIDE_MS_MAX = 10_000;

/** What policies of all kinds are to the command line. */
export interface AnyPolicy {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a kind of policy sees and sets is between it and its seam
  decide(view: any, targets: any): unknown;
}

/** What views say of when and where: of a host, or of a cluster. */
interface GuardedView {
  readonly atNs?: number;
  readonly hostName?: string;
  readonly nowNs?: number;
}

/** @param file  absolute path that the policy came from */
export function guardPolicy<Policy extends AnyPolicy>(file: string, policy: Policy): Policy {
  return {
    // What else a kind of policy says of itself, such as how hosts draw power under it.
    ...policy,
    name: policy.name,
    decide(view: GuardedView, targets: unknown) {
      const fail = (rule: string): never => {
        const row = view.hostName === undefined ? "the cluster" : `host ${view.hostName}`;
        throw new PolicyError(policy.name, view.atNs ?? view.nowNs ?? 0, row, rule);
      };
      try {
        // What it returns is for the seam to judge.
        return withinTime(() => policy.decide(view, targets)) as undefined;
      } catch (fault) {
        if (fault instanceof PolicyError) throw fault;
        if ((fault as { code?: string } | null)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT") {
          return fail(`expected decide to come to an end, got none within ${DECIDE_MS_MAX / 1000} s`);
        }
        return fail(`decide threw ${placed(fault, file)}`);
      }
    },
  } as unknown as Policy;
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
