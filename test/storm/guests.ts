/** Guests with an operating system: every page in exactly one list, every logical page where the tables say. */
import type { World } from "../../src/sim/world.ts";
import { FLAG, NO_MPN } from "../support/world.ts";
import { type Check, rowsFrom, wrong } from "./checks.ts";

/** Also of lists and tables: none. */
const NONE = NO_MPN;
/** ppnGuest, as in assembly/guest/lists.ts. */
const PAGE = { active: 4, free: 8, zeroed: 16, kernel: 32, balloon: 64 } as const;
/** logicalFlags, as in assembly/guest/replacement.ts. */
const COPY = 1;

export function hasOs({ plan, columns }: World, vm: number): boolean {
  return plan.core.groups.has("guest") && columns.vmOs[vm] === 1;
}

/** Rows of a list from its head on; a text if it goes wrong. */
function walk(
  world: World,
  vm: number,
  head: number,
  tail: number | undefined,
  seen: Map<number, string>,
  name: string,
): number[] | string {
  const { ppnNext, ppnPrevious, vmPpnFirst, vmPpnCount } = world.columns;
  const rows: number[] = [];
  let last = NONE;
  for (let ppn = head; ppn !== NONE; ppn = ppnNext[ppn]!) {
    if (ppn < vmPpnFirst[vm]! || ppn >= vmPpnFirst[vm]! + vmPpnCount[vm]!)
      return `vm ${vm} ${name}: ppn ${ppn} of another`;
    if (seen.has(ppn)) return `ppn ${ppn}: ${name}, and ${seen.get(ppn)}`;
    seen.set(ppn, name);
    if (tail !== undefined && ppnPrevious[ppn] !== last)
      return `ppn ${ppn}: ${name} after ${last}, not linked back`;
    rows.push(ppn);
    last = ppn;
  }
  return tail !== undefined && tail !== last ? `vm ${vm} ${name}: ends at ${last}, not ${tail}` : rows;
}

/** Marks that a page of each list has. */
const MARKS = {
  free: [PAGE.free, PAGE.free],
  zeroed: [PAGE.zeroed, PAGE.zeroed],
  balloon: [PAGE.balloon, PAGE.balloon],
  active: [PAGE.active, PAGE.active],
  inactive: [0, 0],
} as const;
const ALL = PAGE.active | PAGE.free | PAGE.zeroed | PAGE.kernel | PAGE.balloon;

function checkGuest(world: World, vm: number): string | undefined {
  const { columns } = world;
  const seen = new Map<number, string>();
  const lists = {
    free: walk(world, vm, columns.vmFreeHead[vm]!, undefined, seen, "free"),
    zeroed: walk(world, vm, columns.vmZeroedHead[vm]!, undefined, seen, "zeroed"),
    balloon: walk(world, vm, columns.vmBalloonHead[vm]!, undefined, seen, "balloon"),
    active: walk(world, vm, columns.vmActiveHead[vm]!, columns.vmActiveTail[vm]!, seen, "active"),
    inactive: walk(world, vm, columns.vmInactiveHead[vm]!, columns.vmInactiveTail[vm]!, seen, "inactive"),
  };
  for (const [name, rows] of Object.entries(lists)) {
    if (typeof rows === "string") return rows;
    const [, mark] = MARKS[name as keyof typeof MARKS];
    const odd = rows.find((ppn) => (columns.ppnGuest[ppn]! & ALL) !== mark);
    if (odd !== undefined) return `ppn ${odd}: ${name}, marks ${columns.ppnGuest[odd]}`;
  }
  const of = (name: keyof typeof lists): readonly number[] => lists[name] as number[];
  const pages = rowsFrom(columns.vmPpnFirst[vm]!, columns.vmPpnCount[vm]!);
  const lost = pages.find((ppn) => !seen.has(ppn) && columns.ppnGuest[ppn] !== PAGE.kernel);
  if (lost !== undefined) return `ppn ${lost}: in no list, marks ${columns.ppnGuest[lost]}`;
  const dirty = of("zeroed").find(
    (ppn) => columns.ppnFlags[ppn]! & FLAG.mapped && !(columns.ppnFlags[ppn]! & FLAG.zero),
  );
  if (dirty !== undefined) return `ppn ${dirty}: zeroed, and not zero`;
  const held = of("balloon").find((ppn) => !(columns.ppnFlags[ppn]! & FLAG.ballooned));
  if (held !== undefined) return `ppn ${held}: in the balloon, flags ${columns.ppnFlags[held]}`;
  return (
    wrong(`vm ${vm} kernel`, pages.length - seen.size, columns.vmKernelPages[vm]) ??
    wrong(`vm ${vm} free`, columns.vmFreePages[vm], of("free").length + of("zeroed").length) ??
    wrong(`vm ${vm} zeroed`, columns.vmZeroedPages[vm], of("zeroed").length) ??
    wrong(`vm ${vm} active`, columns.vmActiveListed[vm], of("active").length) ??
    wrong(`vm ${vm} inactive`, columns.vmInactiveListed[vm], of("inactive").length) ??
    checkTables(world, vm, [...of("active"), ...of("inactive")])
  );
}

/** What a page holds is held by it; nothing else is resident; swap space is counted. */
function checkTables({ columns }: World, vm: number, resident: readonly number[]): string | undefined {
  for (const ppn of resident) {
    const logical = columns.ppnLogical[ppn]!;
    if (logical === NONE || columns.logicalPpn[logical] !== ppn)
      return `ppn ${ppn}: holds logical ${logical}, which is elsewhere`;
  }
  let held = 0;
  let copies = 0;
  const first = columns.vmRegionFirst[vm]!;
  for (const region of rowsFrom(first, columns.vmRegionCount[vm]!)) {
    for (const logical of rowsFrom(columns.regionFirst[region]!, columns.regionPages[region]!)) {
      held += columns.logicalPpn[logical] === NONE ? 0 : 1;
      copies += columns.logicalFlags[logical]! & COPY ? 1 : 0;
    }
  }
  if (columns.vmGuestSwapUsed[vm]! > columns.vmGuestSwapPages[vm]!) return `vm ${vm}: swap space overfull`;
  return (
    wrong(`vm ${vm} resident`, resident.length, held) ??
    wrong(`vm ${vm} swap space`, columns.vmGuestSwapUsed[vm], copies)
  );
}

/** Every guest that is up or boots. */
export const checkGuests: Check = (world) => {
  for (const vm of world.columns.vmPpnFirst.keys()) {
    if (!hasOs(world, vm) || world.columns.vmOsPhase[vm] === 0) continue;
    const fault = checkGuest(world, vm);
    if (fault !== undefined) return fault;
  }
  return undefined;
};
