/**
 * How much memory a host needs so that its VMs may all use theirs at once, and what page sharing takes off that.
 *
 *   host = kernel + console + (1 + free) · sum of (memory + overhead) − shared · sum of memory
 *
 *   eight VMs of 512 MB, 54 MB of overhead each; 24 MB of kernel, 192 MB of console, 6 % free
 *   shared     0 %   24 + 192 + 1.06 · 8 · (512 + 54)   5016 MB, 920 more than the VMs' own 4096
 *             10 %                        − 0.10 · 4096   4606 MB, 510 more
 *             25 %                        − 0.25 · 4096   3992 MB, 104 less
 *
 * Source: ESX Server 2.x Administration Guide. Cost: O(VMs).
 */
import { amountFault, shown } from "./numbers.ts";

const MB = 2 ** 20;
/** Of VMs of up to 512 MB with one and with two vCPUs; of larger ones the guide says only that it is more. */
const OVERHEAD_MB = [54, 64] as const;
const OVERHEAD_UP_TO_MB = 512;

/** So many equal VMs. */
export interface SizedVm {
  readonly memoryBytes: number;
  /** 1 if absent. */
  readonly count?: number;
  /** 1 if absent. */
  readonly vcpus?: number;
  /** If absent 54 MB with one vCPU, 64 MB with two; of VMs above 512 MB or with more vCPUs it has to be said. */
  readonly overheadBytes?: number;
}

export interface HostSizeOptions {
  readonly vms: readonly SizedVm[];
  /** The hypervisor's own; 24 MB if absent. */
  readonly kernelBytes?: number;
  /** The service console's; 192 MB if absent. */
  readonly consoleBytes?: number;
  /** To stay free, of what the VMs take: 60_000 ppm if absent. */
  readonly freePpm?: number;
  /** Of the VMs' memory, saved by page sharing: 0 ppm if absent, at most 1_000_000. */
  readonly sharedPpm?: number;
}

export interface HostSize {
  /** What the host needs. */
  readonly hostBytes: number;
  /** The VMs' own memory. */
  readonly vmBytes: number;
  /** What the host needs beyond that; negative where sharing saves more than all overhead. */
  readonly overheadBytes: number;
  /** The two in MB as guides print them: the host's to the nearest, the rest of it above the VMs'. */
  readonly hostMb: number;
  readonly overheadMb: number;
}

/**
 * Sizes a host.
 *
 * @returns bytes, a part of one rounded up, and whole MB
 * @throws RangeError naming the first value that is none: `vms[0].memoryBytes: expected a number from 0, got -1`
 */
export function hostSize(options: HostSizeOptions): HostSize {
  const { vms, kernelBytes = 24 * MB, consoleBytes = 192 * MB, freePpm = 60_000, sharedPpm = 0 } = options;
  refuse("kernelBytes", amountFault(kernelBytes), kernelBytes);
  refuse("consoleBytes", amountFault(consoleBytes), consoleBytes);
  refuse("freePpm", amountFault(freePpm), freePpm);
  refuse("sharedPpm", sharedPpm <= 1e6 ? amountFault(sharedPpm) : "expected at most 1000000", sharedPpm);
  let own = 0;
  let overhead = 0;
  for (const [index, vm] of vms.entries()) {
    const { memoryBytes, count = 1 } = vm;
    refuse(`vms[${index}].memoryBytes`, amountFault(memoryBytes), memoryBytes);
    refuse(`vms[${index}].count`, countFault(count, 0), count);
    own += count * memoryBytes;
    overhead += count * overheadOf(vm, index);
  }
  // Products before quotients: whole numbers as long as they can be.
  const bytes = kernelBytes + consoleBytes + ((own + overhead) * (1e6 + freePpm) - own * sharedPpm) / 1e6;
  const hostMb = Math.round(bytes / MB);
  return {
    hostBytes: Math.ceil(bytes),
    vmBytes: own,
    overheadBytes: Math.ceil(bytes) - own,
    hostMb,
    overheadMb: hostMb - Math.round(own / MB),
  };
}

function overheadOf({ memoryBytes, vcpus = 1, overheadBytes }: SizedVm, index: number): number {
  refuse(`vms[${index}].vcpus`, countFault(vcpus, 1), vcpus);
  if (overheadBytes !== undefined) {
    refuse(`vms[${index}].overheadBytes`, amountFault(overheadBytes), overheadBytes);
    return overheadBytes;
  }
  const known = OVERHEAD_MB[vcpus - 1];
  if (known === undefined || memoryBytes > OVERHEAD_UP_TO_MB * MB) {
    const expected = `expected a number: it is known of VMs of up to ${OVERHEAD_UP_TO_MB} MB with one or two vCPUs only`;
    refuse(`vms[${index}].overheadBytes`, expected, overheadBytes);
  }
  return known! * MB;
}

function countFault(value: number, least: number): string | undefined {
  return Number.isSafeInteger(value) && value >= least ? undefined : `expected a whole number from ${least}`;
}

function refuse(path: string, expected: string | undefined, got: unknown): void {
  if (expected !== undefined) throw new RangeError(`${path}: ${expected}, got ${shown(got)}`);
}
