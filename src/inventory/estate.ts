/** An estate: hosts and the VMs on them, as inventories list them. No time passes in it. */
import type { SkippedRow } from "../demand/index.ts";

export interface Estate {
  /** Which inventory it was. */
  readonly format: string;
  readonly hosts: readonly EstateHost[];
  readonly vms: readonly EstateVm[];
  readonly pools: readonly EstatePool[];
  readonly clusters: readonly EstateCluster[];
  readonly files: readonly { readonly file: string; readonly part: string }[];
  readonly rows: number;
  readonly skippedRows: number;
  /** The first few. */
  readonly skipped: readonly SkippedRow[];
  /** What was assumed or left out, in sentences. */
  readonly notes: readonly string[];
}

export interface EstateHost {
  readonly name: string;
  readonly sockets: number;
  readonly coresPerSocket: number;
  readonly threadsPerCore: number;
  /** Clock of a core; 0 unknown. */
  readonly mhz: number;
  readonly memoryMib: number;
  /** Accelerators. */
  readonly gpus: number;
  readonly cluster?: string;
  /** 0 … 1, as the inventory measured it. */
  readonly cpuUsage?: number;
  /** Other columns worth keeping: failure domains, models. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface EstateVm {
  readonly name: string;
  /** Empty: on none. */
  readonly host: string;
  readonly vcpus: number;
  readonly memoryMib: number;
  /** Whether it runs; templates never do. */
  readonly isOn: boolean;
  readonly gpus: number;
  readonly cluster?: string;
  readonly pool?: string;
  readonly cpu: EstateControls;
  readonly memory: EstateControls;
  /** Part of its vCPUs that it was seen to ask for. */
  readonly cpuDemand?: number;
  /** Memory that it was seen to touch. */
  readonly activeMib?: number;
  /** s. */
  readonly start?: number;
  readonly end?: number;
  /** Whether its pages may be shared with others'. */
  readonly isShared?: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

/** Amounts in MHz or MiB; absent: the system's default. */
export interface EstateControls {
  readonly reservation?: number;
  readonly limit?: number;
  /** A CPU limit in cores, where the inventory says it so. */
  readonly limitCores?: number;
  /** For the whole VM or pool. */
  readonly shares?: number;
}

export interface EstatePool {
  readonly name: string;
  /** The pool above; absent: directly below its cluster. */
  readonly parent?: string;
  readonly expandable: boolean;
  readonly cpu: EstateControls;
  readonly memory: EstateControls;
}

export interface EstateCluster {
  readonly name: string;
  readonly hosts: number;
  /** Host failures that admission allows for. */
  readonly failoverHosts: number;
  readonly isBalanced: boolean;
}

/** An estate while it is read. */
export class EstateBuilder {
  readonly hosts = new Map<string, EstateHost>();
  readonly vms = new Map<string, EstateVm>();
  readonly pools = new Map<string, EstatePool>();
  readonly clusters = new Map<string, EstateCluster>();
  readonly notes: string[] = [];
  /** Where each host and VM stood first, for faults. */
  readonly places = new Map<string, string>();

  /** Adds to what is known of a VM, if it is known. */
  amend(name: string, more: Partial<EstateVm>): void {
    const vm = this.vms.get(name);
    if (vm !== undefined) this.vms.set(name, { ...vm, ...more });
  }
}

/** Controls without what is absent, negative (none) or unlimited. */
export function controls(reservation: number, limit: number, shares: number): EstateControls {
  return {
    ...(reservation > 0 ? { reservation } : {}),
    ...(limit >= 0 && Number.isFinite(limit) ? { limit } : {}),
    ...(shares > 0 ? { shares } : {}),
  };
}
