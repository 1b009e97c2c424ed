/** Guests that manage their memory: every physical page in exactly one place, lists that are whole, counters that count. */
import type { Columns } from "../../src/core/layout.ts";
import type { World } from "../../src/sim/world.ts";
import { FLAG } from "../support/world.ts";

const NONE = 0xffff_ffff;
const BIT = { referenced: 1, dirty: 2, active: 4, free: 8, zeroed: 16, kernel: 32, balloon: 64 } as const;
const COPY = 1;

/** @returns the first fault */
export function checkGuests({ columns, plan }: Pick<World, "columns" | "plan">): string | undefined {
  if (!plan.core.groups.has("guest")) return undefined;
  for (let vm = 0; vm < columns.vmHost.length; vm += 1) {
    if (columns.vmOs[vm] === 0 || columns.vmOsPhase[vm] === 0) continue;
    const fault = new GuestCheck(columns, vm).run();
    if (fault !== undefined) return `vm ${vm}: ${fault}`;
  }
  return undefined;
}

class GuestCheck {
  readonly #columns: Columns;
  readonly #vm: number;
  readonly #first: number;
  readonly #pages: number;
  readonly #place: (string | undefined)[];

  constructor(columns: Columns, vm: number) {
    this.#columns = columns;
    this.#vm = vm;
    this.#first = columns.vmPpnFirst[vm]!;
    this.#pages = columns.vmPpnCount[vm]!;
    this.#place = Array.from({ length: this.#pages });
  }

  run(): string | undefined {
    return this.#kernel() ?? this.#lists() ?? this.#everywhere() ?? this.#logical();
  }

  #kernel(): string | undefined {
    for (let page = 0; page < this.#columns.vmKernelPages[this.#vm]!; page += 1) {
      const fault = this.#put("kernel", this.#first + page, BIT.kernel, 0);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #lists(): string | undefined {
    const { columns: c } = { columns: this.#columns };
    const vm = this.#vm;
    const zeroed = c.vmZeroedPages[vm]!;
    return (
      this.#walk("free", c.vmFreeHead[vm]!, BIT.free, 0, c.vmFreePages[vm]! - zeroed) ??
      this.#walk("zeroed", c.vmZeroedHead[vm]!, BIT.zeroed, 0, zeroed) ??
      this.#walk("balloon", c.vmBalloonHead[vm]!, BIT.balloon, 0, undefined) ??
      this.#both("active", c.vmActiveHead[vm]!, c.vmActiveTail[vm]!, BIT.active, c.vmActiveListed[vm]!) ??
      this.#both("inactive", c.vmInactiveHead[vm]!, c.vmInactiveTail[vm]!, 0, c.vmInactiveListed[vm]!)
    );
  }

  /** One list forwards; `bits` are those that its pages have, besides those in `free`. */
  #walk(
    name: string,
    head: number,
    bits: number,
    free: number,
    length: number | undefined,
  ): string | undefined {
    let count = 0;
    for (let ppn = head; ppn !== NONE; ppn = this.#columns.ppnNext[ppn]!) {
      const fault = this.#put(name, ppn, bits, free);
      if (fault !== undefined) return fault;
      count += 1;
    }
    return length === undefined || count === length
      ? undefined
      : `${name}: ${count} pages, counted ${length}`;
  }

  /** A doubly linked list. */
  #both(name: string, head: number, tail: number, bits: number, length: number): string | undefined {
    const { ppnNext, ppnPrevious } = this.#columns;
    const fault = this.#walk(name, head, bits, BIT.referenced | BIT.dirty, length);
    if (fault !== undefined) return fault;
    let before = NONE;
    for (let ppn = head; ppn !== NONE; ppn = ppnNext[ppn]!) {
      if (ppnPrevious[ppn] !== before)
        return `${name}: page ${ppn} follows ${before}, says ${ppnPrevious[ppn]}`;
      before = ppn;
    }
    return before === tail ? undefined : `${name}: ends at ${before}, tail says ${tail}`;
  }

  #put(name: string, ppn: number, bits: number, free: number): string | undefined {
    const page = ppn - this.#first;
    if (page < 0 || page >= this.#pages) return `${name}: page ${ppn} is not of this VM`;
    if (this.#place[page] !== undefined) return `page ${ppn} is ${this.#place[page]} and ${name}`;
    const actual = this.#columns.ppnGuest[ppn]!;
    if ((actual & ~free) !== bits) return `${name}: page ${ppn} has bits ${actual}`;
    const holds = this.#columns.ppnLogical[ppn] !== NONE;
    const listed = name === "active" || name === "inactive";
    if (holds !== listed) return `${name}: page ${ppn} ${holds ? "holds something" : "holds nothing"}`;
    this.#place[page] = name;
    const flags = this.#columns.ppnFlags[ppn]!;
    if (name === "zeroed" && flags & FLAG.mapped && !(flags & FLAG.zero))
      return `page ${ppn} is zeroed and not zero`;
    // One that was touched behind the driver's back is popped: the host does not hold it any more.
    const popped = this.#columns.vmPops.get(this.#vm) > 0;
    if (name === "balloon" && !popped && !(flags & FLAG.ballooned))
      return `balloon: page ${ppn} has flags ${flags}`;
    return undefined;
  }

  #everywhere(): string | undefined {
    const lost = this.#place.indexOf(undefined);
    return lost < 0 ? undefined : `page ${this.#first + lost} is nowhere`;
  }

  /** Logical pages and physical ones point at each other; copies in swap space are counted. */
  #logical(): string | undefined {
    const { regionFirst, regionPages, logicalPpn, logicalFlags, ppnLogical, ...c } = this.#columns;
    let held = 0;
    let copies = 0;
    const first = c.vmRegionFirst[this.#vm]!;
    for (let region = first; region < first + c.vmRegionCount[this.#vm]!; region += 1) {
      for (let row = regionFirst[region]!; row < regionFirst[region]! + regionPages[region]!; row += 1) {
        copies += logicalFlags[row]! & COPY;
        const ppn = logicalPpn[row]!;
        if (ppn === NONE) continue;
        if (ppnLogical[ppn] !== row) return `logical page ${row} in ${ppn}, which holds ${ppnLogical[ppn]}`;
        held += 1;
      }
    }
    const listed = c.vmActiveListed[this.#vm]! + c.vmInactiveListed[this.#vm]!;
    if (held !== listed) return `${listed} pages listed, ${held} hold something`;
    const used = c.vmGuestSwapUsed[this.#vm]!;
    if (used > c.vmGuestSwapPages[this.#vm]!) return `${used} pages in swap space, too many`;
    return used === copies ? undefined : `${copies} copies in swap space, counted ${used}`;
  }
}
