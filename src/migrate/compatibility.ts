/**
 * Whether a VM can run on another host at all: looked at before anything moves.
 *
 *   processor  every feature that the guest was shown at boot     network  every network that it is on
 *   memory     room for what it may take                          storage  reachable from there, or room for a copy
 *
 * Source: as hypervisors document it (features that a guest has seen may not go away below it). Cost: O(names).
 */

/** What a VM needs where it runs. Names are compared as they are. */
export interface VmNeeds {
  readonly name: string;
  /** What has to be free for it. */
  readonly memoryBytes: number;
  /** That the guest was shown: `avx2`, `aes`. */
  readonly cpuFeatures?: readonly string[];
  readonly networks?: readonly string[];
  /** Where its disks lie. */
  readonly storage?: readonly string[];
  /** Size of its disks, if they may be copied. */
  readonly diskBytes?: number;
  /** Devices of the host that it has to itself. */
  readonly hostDevices?: readonly string[];
}

/** What a host has to offer. */
export interface HostOffer {
  readonly name: string;
  readonly freeMemoryBytes: number;
  readonly cpuFeatures?: readonly string[];
  readonly networks?: readonly string[];
  readonly storage?: readonly string[];
  /** For copies of disks. */
  readonly freeStorageBytes?: number;
  /** Whether it takes new VMs; true if absent. */
  readonly accepts?: boolean;
}

/** One thing in the way. */
export interface Incompatibility {
  readonly what: "host" | "processor" | "memory" | "network" | "storage" | "device";
  readonly expected: string;
  readonly got: string;
}

export interface Compatibility {
  readonly ok: boolean;
  readonly faults: readonly Incompatibility[];
  /** Whether the disks have to go over first: `disk` of a plan. */
  readonly copiesDisks: boolean;
}

/** Looks at everything, and says all that is in the way. */
export function checkCompatibility(vm: VmNeeds, host: HostOffer): Compatibility {
  const faults: Incompatibility[] = [];
  const lacking = (what: Incompatibility["what"], needs: readonly string[], has: readonly string[]): void => {
    const missing = needs.filter((name) => !has.includes(name));
    if (missing.length === 0) return;
    faults.push({ what, expected: needs.join(", "), got: `no ${missing.join(", ")} on ${host.name}` });
  };
  if (host.accepts === false) {
    faults.push({ what: "host", expected: "one that takes VMs", got: `${host.name}, which takes none` });
  }
  lacking("processor", vm.cpuFeatures ?? [], host.cpuFeatures ?? []);
  if (vm.memoryBytes > host.freeMemoryBytes) {
    const got = `${host.freeMemoryBytes} bytes on ${host.name}`;
    faults.push({ what: "memory", expected: `${vm.memoryBytes} bytes free`, got });
  }
  lacking("network", vm.networks ?? [], host.networks ?? []);
  lacking("device", vm.hostDevices ?? [], []);
  const apart = (vm.storage ?? []).filter((name) => !(host.storage ?? []).includes(name));
  const copies = apart.length > 0 && vm.diskBytes !== undefined;
  if (copies && vm.diskBytes > (host.freeStorageBytes ?? 0)) {
    const got = `${host.freeStorageBytes ?? 0} bytes on ${host.name}`;
    faults.push({ what: "storage", expected: `${vm.diskBytes} bytes free for its disks`, got });
  } else if (!copies) lacking("storage", vm.storage ?? [], host.storage ?? []);
  return { ok: faults.length === 0, faults, copiesDisks: copies };
}
