/**
 * What virtual machines asked for over time: the table that every trace is read into and every fluid run reads from.
 *
 *   cpu[vm * steps + step]      part of vcpus × mhz that the VM asked for in [step, step + 1) × stepNs
 *                               NaN outside [startStep, endStep)
 *
 * Cost: 4 bytes a VM and step for CPU, 4 more where memory is known.
 */

/** One virtual machine of a trace. */
export interface DemandVm {
  /** Unique in the table. */
  readonly id: string;
  /** From 1; traces that do not say count 1. */
  readonly vcpus: number;
  /** Clock a vCPU counts for; 0 unknown. */
  readonly mhz: number;
  /** Configured memory; 0 unknown. */
  readonly memoryMib: number;
  /** First step in which the VM is there. */
  readonly startStep: number;
  /** First step in which it no longer is. */
  readonly endStep: number;
  /** What else the trace says of it, by the trace's own names: category, tenant, priority … */
  readonly extra?: Readonly<Record<string, string>>;
}

/** All VMs of a trace on one grid of steps. */
export interface DemandTable {
  readonly stepNs: number;
  readonly steps: number;
  /** In the order in which the trace names them. */
  readonly vms: readonly DemandVm[];
  /** VM-major; 0 … 1 of the VM's vcpus × mhz, NaN where it is not there. */
  readonly cpu: Float32Array;
  /** Likewise, the active part of its memory; absent if the trace does not say. */
  readonly memory?: Float32Array;
}

/**
 * Faults of a table: sizes that do not fit, ids that stand twice, demand that is negative, not a number or above 1
 * while the VM is there.
 *
 * @returns the first few, in words; empty for a sound table
 */
export function checkDemand(table: DemandTable): string[] {
  const { stepNs, steps, vms, cpu, memory } = table;
  const faults: string[] = [];
  if (!(Number.isSafeInteger(stepNs) && stepNs > 0))
    faults.push(`stepNs: expected a whole number above 0, got ${stepNs}`);
  if (!(Number.isSafeInteger(steps) && steps > 0))
    faults.push(`steps: expected a whole number above 0, got ${steps}`);
  const cells = vms.length * steps;
  if (cpu.length !== cells) faults.push(`cpu: expected ${cells} values (VMs × steps), got ${cpu.length}`);
  if (memory !== undefined && memory.length !== cells)
    faults.push(`memory: expected ${cells} values (VMs × steps), got ${memory.length}`);
  if (faults.length > 0) return faults;
  faults.push(...checkVms(vms, steps));
  for (const [name, values] of [["cpu", cpu] as const, ...(memory ? [["memory", memory] as const] : [])])
    faults.push(...checkValues(name, values, table, FAULTS_MAX - faults.length));
  return faults.slice(0, FAULTS_MAX);
}

const FAULTS_MAX = 10;

function checkVms(vms: readonly DemandVm[], steps: number): string[] {
  const faults: string[] = [];
  const rows = new Map<string, number>();
  for (const [row, { id, vcpus, mhz, memoryMib, startStep, endStep }] of vms.entries()) {
    const fail = (what: string, expected: string, got: unknown): void => {
      if (faults.length < FAULTS_MAX) faults.push(`vms[${row}].${what}: expected ${expected}, got ${got}`);
    };
    const before = rows.get(id);
    if (before !== undefined) fail("id", "one of its own", `${id}, as vms[${before}]`);
    rows.set(id, row);
    if (!(vcpus > 0 && vcpus < Infinity)) fail("vcpus", "a number above 0", vcpus);
    if (!(mhz >= 0 && mhz < Infinity)) fail("mhz", "a number from 0", mhz);
    if (!(memoryMib >= 0 && memoryMib < Infinity)) fail("memoryMib", "a number from 0", memoryMib);
    const isSpan = startStep >= 0 && startStep <= endStep && endStep <= steps;
    if (!(isSpan && Number.isInteger(startStep) && Number.isInteger(endStep)))
      fail("startStep", `a span within [0, ${steps})`, `[${startStep}, ${endStep})`);
  }
  return faults;
}

function checkValues(
  name: string,
  values: Float32Array,
  { vms, steps }: DemandTable,
  most: number,
): string[] {
  const faults: string[] = [];
  for (const [row, { id, startStep, endStep }] of vms.entries()) {
    for (let step = startStep; step < endStep && faults.length < most; step += 1) {
      const value = values[row * steps + step]!;
      if (!(value >= 0 && value <= 1))
        faults.push(`${name} of VM ${id}, step ${step}: expected a part from 0 to 1, got ${value}`);
    }
  }
  return faults;
}
