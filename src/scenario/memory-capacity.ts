/**
 * Faults of memory that show only in base units: a guest's kernel and free pages, what its programs use in all, swap
 * space that the host lacks.
 *
 *   a VM can start      max − min ≤ swap of its host
 *   a guest can boot    kernel + free.high < memory       min < low < high
 */
import type { Finding, Path } from "./fault.ts";
import { formatPages } from "./format.ts";
import type { ParsedScenario } from "./schema.ts";
import type { HostSpec, OsSpec, Scenario, VmSpec } from "./types.ts";

/** What the programs and files of a guest take at the most: 64 GiB. */
export const regionPagesMax = 16_777_216;

/** Memory that does not fit. */
export function memoryFindings(
  { hosts, vms }: Scenario,
  { groups }: { readonly groups: readonly number[] },
): Finding[] {
  const found: Finding[] = [];
  const told = new Set<number>();
  for (const [row, vm] of vms.entries()) {
    const group = groups[row]!;
    if (told.has(group)) continue;
    const path = ["vms", group];
    const own = [...swapFindings(vm, hosts[vm.host]!, path), ...guestFindings(vm, path)];
    if (own.length > 0) told.add(group);
    found.push(...own);
  }
  return found;
}

/** One event does not ask for more than the VM has, or set a limit below the reservation that it sets. */
export function memoryEventFindings(
  { events, vms }: Scenario,
  { events: texts = [] }: Pick<ParsedScenario, "events">,
): Finding[] {
  return events.flatMap((event): Finding[] => {
    if (event.kind !== "set" || event.mem === undefined) return [];
    const { target, mem, path } = event;
    const { minPages = 0, maxPages = "none" } = mem;
    const row = Number(/\d+/.exec(path)![0]);
    const at = (key: "reservation" | "limit"): Path => {
      const isShort = texts[row]!.set![`mem.${key}`] !== undefined;
      return ["events", row, "set", ...(isShort ? [`mem.${key}`] : ["mem", key])];
    };
    const most = target.kind === "vm" ? vms[target.index]!.memoryPages : Infinity;
    const room = `at most the VM's memory (${formatPages(most)})`;
    if (minPages > most) return [{ path: at("reservation"), expected: room }];
    if (maxPages === "none") return [];
    if (maxPages > most) return [{ path: at("limit"), expected: room }];
    if (maxPages === 0) return [{ path: at("limit"), expected: "more than 0, or none" }];
    if (maxPages >= minPages) return [];
    return [{ path: at("limit"), expected: `at least its reservation (${formatPages(minPages)})` }];
  });
}

/** Memory beyond the reservation has to fit the swap file, lest it be nowhere when it is taken. */
function swapFindings({ mem, memoryPages }: VmSpec, { name, swap }: HostSpec, path: Path): Finding[] {
  // Without swap the scenario says that nothing is paged out.
  if (swap === undefined) return [];
  const need = (mem.maxPages ?? memoryPages) - mem.minPages;
  if (need <= swap.pages) return [];
  const least = formatPages((mem.maxPages ?? memoryPages) - swap.pages);
  const expected = `at least ${least}, as host ${name} has ${formatPages(swap.pages)} of swap`;
  return [{ path: [...path, "mem", "reservation"], expected, got: formatPages(mem.minPages) }];
}

function guestFindings({ os, memoryPages }: VmSpec, path: Path): Finding[] {
  if (os === undefined) return [];
  return [...freeFindings(os, path), ...roomFindings(os, memoryPages, path), ...regionFindings(os, path)];
}

/** Free pages: allocations wait, reclaiming begins, reclaiming ends, in this order. */
function freeFindings({ freePages: { min, low, high } }: OsSpec, path: Path): Finding[] {
  const at = [...path, "os", "free"];
  if (low <= min) {
    return [{ path: [...at, "low"], expected: `more than min (${formatPages(min)})`, got: formatPages(low) }];
  }
  if (high > low) return [];
  return [{ path: [...at, "high"], expected: `more than low (${formatPages(low)})`, got: formatPages(high) }];
}

function roomFindings({ kernelPages, freePages }: OsSpec, memoryPages: number, path: Path): Finding[] {
  const taken = kernelPages + freePages.high;
  if (taken < memoryPages) return [];
  const expected = `more than ${formatPages(taken)}, what its kernel (${formatPages(kernelPages)}) and free pages take`;
  return [{ path: [...path, "memory"], expected }];
}

function regionFindings({ regions }: OsSpec, path: Path): Finding[] {
  const pages = regions.reduce((sum, region) => sum + region.pages, 0);
  if (pages <= regionPagesMax) return [];
  const expected = `streams of at most ${formatPages(regionPagesMax)} in all`;
  return [{ path: [...path, "workload"], expected, got: formatPages(pages) }];
}
