/**
 * The naive twin of address translation: a guest's memory is a map of words, a walk reads it from the root each time, and there are no
 * caches, no monitor and no nested tables. Written from the processors' manuals, not from assembly/mmu.
 */

const ONES = (1n << 64n) - 1n;

export interface Registers {
  cr3: bigint;
  levels: 4 | 5;
  wp: boolean;
  nxe: boolean;
  gigantic: boolean;
  smep: boolean;
  smap: boolean;
  readonly physicalBits: number;
}

export interface Access {
  readonly write: boolean;
  readonly user: boolean;
  readonly fetch: boolean;
}

export type Outcome =
  | { readonly kind: "page"; readonly gfn: bigint; readonly bytes: number }
  | { readonly kind: "outside" }
  | { readonly kind: "#GP" }
  | { readonly kind: "#PF"; readonly code: number };

export class GuestModel {
  /** Words that are not zero, by page · 512 + index. */
  readonly words = new Map<number, bigint>();
  readonly pages: number;
  readonly registers: Registers;

  constructor(pages: number, registers: Registers) {
    this.pages = pages;
    this.registers = registers;
  }

  read(gfn: bigint, index: number): bigint {
    if (gfn >= BigInt(this.pages)) return ONES;
    return this.words.get(Number(gfn) * 512 + index) ?? 0n;
  }

  write(gfn: bigint, index: number, value: bigint): void {
    if (gfn < BigInt(this.pages)) this.words.set(Number(gfn) * 512 + index, value);
  }

  /** The page has been lost, and reads as zero. */
  clear(gfn: number): void {
    for (let index = 0; index < 512; index += 1) this.words.delete(gfn * 512 + index);
  }

  translate(address: bigint, access: Access): Outcome {
    const { levels } = this.registers;
    const bits = levels === 5 ? 57 : 48;
    if (BigInt.asUintN(64, BigInt.asIntN(bits, address)) !== address) return { kind: "#GP" };
    const path: { gfn: bigint; index: number; entry: bigint }[] = [];
    let table = (this.registers.cr3 >> 12n) & ((1n << 40n) - 1n);
    for (let level = levels as number; ; level -= 1) {
      const index = Number((address >> BigInt(12 + 9 * (level - 1))) & 511n);
      const entry = this.read(table, index);
      if ((entry & 1n) === 0n) return this.#fault(access, 0);
      if (this.#isReserved(entry, level)) return this.#fault(access, 1 | 8);
      path.push({ gfn: table, index, entry });
      table = (entry >> 12n) & ((1n << 40n) - 1n);
      if (level === 1 || (level < 4 && (entry & 128n) !== 0n))
        return this.#found(address, access, path, level);
    }
  }

  #found(
    address: bigint,
    access: Access,
    path: { gfn: bigint; index: number; entry: bigint }[],
    level: number,
  ): Outcome {
    const every = (bit: bigint): boolean => path.every(({ entry }) => (entry & bit) !== 0n);
    const user = every(4n);
    const writable = every(2n);
    const executable = !path.some(({ entry }) => entry >> 63n === 1n);
    const { wp, nxe, smep, smap } = this.registers;
    let allowed = true;
    if (access.user) allowed = user && (!access.write || writable);
    else if (access.write) allowed = writable || !wp;
    if (access.fetch && nxe && !executable) allowed = false;
    if (!access.user && user && (access.fetch ? smep : smap)) allowed = false;
    if (!allowed) return this.#fault(access, 1);
    path.forEach(({ gfn, index }, step) => {
      const last = step === path.length - 1;
      const entry = this.read(gfn, index);
      this.write(gfn, index, entry | 32n | (last && access.write ? 64n : 0n));
    });
    const pages = 512n ** BigInt(level - 1);
    const base = (path.at(-1)!.entry >> 12n) & ((1n << 40n) - 1n) & ~(pages - 1n);
    const gfn = base + ((address >> 12n) & (pages - 1n));
    return gfn < BigInt(this.pages)
      ? { kind: "page", gfn, bytes: 4096 * Number(pages) }
      : { kind: "outside" };
  }

  #isReserved(entry: bigint, level: number): boolean {
    const { physicalBits, nxe, gigantic } = this.registers;
    for (let bit = physicalBits; bit < 52; bit += 1) if ((entry >> BigInt(bit)) & 1n) return true;
    if (!nxe && entry >> 63n === 1n) return true;
    if ((entry & 128n) === 0n || level === 1) return false;
    if (level >= 4 || (level === 3 && !gigantic)) return true;
    const low = level === 2 ? 13 : 13;
    const high = level === 2 ? 20 : 29;
    for (let bit = low; bit <= high; bit += 1) if ((entry >> BigInt(bit)) & 1n) return true;
    return false;
  }

  #fault({ write, user, fetch }: Access, low: number): Outcome {
    const { nxe, smep } = this.registers;
    return {
      kind: "#PF",
      code: low | (write ? 2 : 0) | (user ? 4 : 0) | (fetch && (nxe || smep) ? 16 : 0),
    };
  }
}
