/** Names of the CPU policies in scenario files, and how each reads its options. */
import { fixed } from "./fixed.ts";
import { latencyBound } from "./latency-bound.ts";
import { type CpuPolicyOptions, OptionReader } from "./options.ts";
import { p99Target } from "./p99-target.ts";
import type { CpuPolicy } from "./policy.ts";
import { strictPriority } from "./strict-priority.ts";

/** @param vmNames  of the scenario, to hold names in options against; absent: not held */
export type CpuPolicyFactory = (options?: CpuPolicyOptions, vmNames?: readonly string[]) => CpuPolicy;

const factory =
  (make: (options: OptionReader) => CpuPolicy): CpuPolicyFactory =>
  (options = {}, vmNames) => {
    const reader = new OptionReader(options, vmNames);
    const policy = make(reader);
    reader.end();
    return policy;
  };

/** Leaves out what is undefined. */
function given<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}

export const CPU_POLICIES: Readonly<Record<string, CpuPolicyFactory>> = {
  fixed: factory(() => fixed()),
  "strict-priority": factory((options) => strictPriority(given({ order: options.vmList("order") }))),
  "latency-bound": factory((options) =>
    latencyBound(
      given({
        boundNs: options.timeNs("bound"),
        readyPpm: options.partPpm("ready"),
        vms: options.vmList("vms"),
      }),
    ),
  ),
  "p99-target": factory((options) => {
    const targetNs = options.timeNs("target");
    const vmTargetNs = options.timesByVm("target");
    if (vmTargetNs.size === 0)
      options.needs("target", targetNs, "a time such as 20ms, or target.NAME of a VM");
    return p99Target(given({ targetNs, vmTargetNs }));
  }),
};
