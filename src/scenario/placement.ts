/**
 * Hosts for the VMs that name none: each goes to the host with most memory not yet configured, ties to the first.
 *
 * Hosts stand in a binary heap by (free pages, index). Cost: O(vms · log hosts).
 */

/** A host while VMs are being placed; `free` goes below 0 under overcommitment. */
interface Slot {
  readonly host: number;
  free: number;
}

function isBefore(a: Slot, b: Slot): boolean {
  // Lowest row wins ties, so that runs replay exactly.
  return a.free > b.free || (a.free === b.free && a.host < b.host);
}

function sink(heap: Slot[], from: number): void {
  let at = from;
  for (;;) {
    let best = at;
    for (const child of [2 * at + 1, 2 * at + 2]) {
      if (child < heap.length && isBefore(heap[child]!, heap[best]!)) best = child;
    }
    if (best === at) return;
    [heap[at], heap[best]] = [heap[best]!, heap[at]!];
    at = best;
  }
}

/**
 * Spreads VMs over hosts.
 *
 * @param hostPages  memory of each host, at least one host
 * @param vms        in order: configured pages, and the host they ask for if any
 * @returns          a host for each VM; those asked for count before the others are placed
 */
export function placeVms(
  hostPages: readonly number[],
  vms: readonly { readonly pages: number; readonly host: number | undefined }[],
): number[] {
  const heap = hostPages.map((pages, host): Slot => ({ host, free: pages }));
  for (const { pages, host } of vms) {
    if (host !== undefined) heap[host]!.free -= pages;
  }
  for (let at = heap.length >> 1; at >= 0; --at) sink(heap, at);

  return vms.map(({ pages, host }) => {
    if (host !== undefined) return host;
    const top = heap[0]!;
    top.free -= pages;
    sink(heap, 0);
    return top.host;
  });
}
