/** Fluid plans of migrations, one after the other: different VMs, one mode each; and their costs alone, by columns. */
import { migrationCosts, planMigration } from "../../src/migrate/index.ts";

const MIB = 1 << 20;
const VMS = 200_000;
const COLUMN_VMS = 4_000_000;

export interface PlansOutcome {
  readonly plans: number;
  readonly plansPerSecond: number;
  readonly wallSeconds: number;
}

/** `planMigration` with rounds, phases and what the guest feels. */
export function wholePlans(): PlansOutcome {
  const begun = performance.now();
  let bytes = 0;
  for (let vm = 0; vm < VMS; vm += 1) {
    const plan = planMigration({
      memory: (256 + (vm % 1000) * 16) * MIB,
      workingSet: (8 + (vm % 77)) * MIB,
      dirtyRate: (vm % 50) * 500,
      pattern: "linear",
      bandwidth: 1e9,
      rule: "remaining",
      mode: "pre-copy",
    });
    bytes += plan.modes[0]!.bytesSent;
  }
  return outcome(VMS, begun, bytes);
}

/** `migrationCosts` over columns. */
export function costColumns(): PlansOutcome {
  const memoryBytes = Float64Array.from({ length: COLUMN_VMS }, (_, vm) => (256 + (vm % 1000) * 16) * MIB);
  const workingSetBytes = Float64Array.from({ length: COLUMN_VMS }, (_, vm) => (8 + (vm % 77)) * MIB);
  const dirtyBytesPerS = Float64Array.from({ length: COLUMN_VMS }, (_, vm) => (vm % 50) * 500 * 4096);
  const bytes = new Float64Array(COLUMN_VMS);
  const totalNs = new Float64Array(COLUMN_VMS);
  const begun = performance.now();
  migrationCosts({ memoryBytes, workingSetBytes, dirtyBytesPerS, bytesPerS: 1.25e8, bytes, totalNs });
  return outcome(COLUMN_VMS, begun, bytes[COLUMN_VMS - 1]!);
}

function outcome(plans: number, begun: number, bytes: number): PlansOutcome {
  const wallSeconds = (performance.now() - begun) / 1000;
  if (!(bytes > 0)) throw new Error("plans: nothing was sent");
  return { plans, plansPerSecond: plans / wallSeconds, wallSeconds };
}
