/**
 * One storm of address translation: guests write to their page tables at random, the host takes, shares and moves their pages, and
 * after every invalidation each way of translating has to agree with the naive walk, and nothing stale may be left anywhere.
 */
import { CONTROL, KIND } from "../../src/core/mmu/plan-mmu.ts";
import { TLB_SHAPES, type TlbShape } from "../../src/core/mmu/tlb-shapes.ts";
import { createMachine, type Machine } from "../../src/translate/machine.ts";
import { type Access, GuestModel, type Outcome } from "../model/mmu/walk.ts";
import { checkMmu } from "./mmu-checks.ts";
import { Random } from "./random.ts";

export interface MmuStormOptions {
  readonly seed: number;
  readonly steps: number;
  readonly core: WebAssembly.Module;
}

const MODES = ["native", "nested", "shadow", "shadow"] as const;
const PAGES = 1024;
/** Pages that guests use as tables, the first their root. */
const TABLES = 7;
const NO_FRAME = 0xffff_ffff;
const INDICES = [0, 1, 2, 256, 511];
const SMALL: TlbShape = {
  name: "small",
  title: "small enough to be full",
  first: [{ entries: 8, ways: 2 }, { entries: 4 }, { entries: 2 }],
  second: [{ entries: 24, ways: 6 }, 0, { entries: 4 }],
  walk: [{ entries: 4 }, { entries: 2 }, { entries: 1 }, { entries: 1 }],
  nested: { entries: 8 },
  nestedWalk: [{ entries: 4 }, { entries: 2 }, { entries: 1 }, { entries: 1 }],
  tagged: true,
};

export interface MmuStormResult {
  /** What is wrong, where, and what led to it; absent: nothing. */
  readonly fault?: string;
  readonly machine: Machine;
  /** How often accesses came to what. */
  readonly outcomes: Readonly<Record<Outcome["kind"], number>>;
}

class Storm {
  readonly random: Random;
  readonly machine: Machine;
  readonly models: GuestModel[];
  readonly levels: 4 | 5;
  #controls: number;
  #cr3: bigint;
  readonly #addresses: bigint[] = [];
  readonly #log: string[] = [];
  readonly #outcomes = { page: 0, outside: 0, "#GP": 0, "#PF": 0 };

  constructor({ seed, core }: MmuStormOptions) {
    this.random = new Random(seed, 77);
    const { random } = this;
    this.levels = random.chance(0.3) ? 5 : 4;
    this.#controls = CONTROL.writeProtect | CONTROL.noExecute | CONTROL.global | CONTROL.gigantic;
    const hasPcid = random.chance(0.5);
    if (hasPcid) this.#controls |= CONTROL.pcid;
    this.#cr3 = 1n << 12n;
    const physicalBits = random.pick([36, 46, 52]);
    this.machine = createMachine(core, {
      vms: MODES.map(() => ({ pages: PAGES, tablePages: TABLES + 1 })),
      mmus: MODES.map((mode, vm) => ({ vm, mode, tlb: random.chance(0.5) ? 0 : vm })),
      ...{ levels: this.levels, controls: this.#controls, physicalBits },
      tlb: random.pick([SMALL, { ...SMALL, tagged: false }, TLB_SHAPES["zen2"]!, TLB_SHAPES["none"]!]),
      nested: { levels: random.pick([4, 5]), largest: random.pick([1, 2, 3]) },
      shadow: { tables: random.pick([9, 14, 200]), lazy: false },
      content: random.chance(0.3) ? "bytes" : "ids",
      ...{ sharing: true, frames: MODES.length * PAGES, wordPages: 80, seed },
    });
    this.models = MODES.map(
      () =>
        new GuestModel(PAGES, {
          ...{ cr3: this.#cr3, levels: this.levels, wp: true, nxe: true, gigantic: true, smep: false },
          ...{ smap: false, physicalBits },
        }),
    );
    // The last VM synchronises late.
    this.machine.core.columns.vmShadowLazy[3] = 1;
    for (let at = 0; at < 24; at += 1) this.#addresses.push(this.#address());
  }

  #address(): bigint {
    let address = 0n;
    for (let level = 0; level < this.levels; level += 1) {
      address |= BigInt(this.random.pick(INDICES)) << BigInt(12 + 9 * level);
    }
    return BigInt.asUintN(64, BigInt.asIntN(this.levels === 5 ? 57 : 48, address));
  }

  /** An entry as kernels write them: every table leads to the next, the last ones to pages. */
  #sane(table: number): bigint {
    const { random } = this;
    const frame = table < this.levels ? table + 1 : random.between(TABLES + 1, 40);
    const bits = 3n | (random.chance(0.9) ? 4n : 0n) | (random.chance(0.3) ? 96n : 0n);
    return bits | (random.chance(0.1) ? 256n : 0n) | (BigInt(frame) << 12n);
  }

  #entry(): bigint {
    const { random } = this;
    let frame = BigInt(random.pick([random.between(1, TABLES), random.between(1, TABLES), random.below(64)]));
    if (random.chance(0.1)) frame = random.pick([0n, 512n, 1n << 18n, 1n << 30n, (1n << 40n) - 1n, 2000n]);
    let bits = random.chance(0.9) ? 1n : 0n;
    if (random.chance(0.8)) bits |= 2n;
    if (random.chance(0.8)) bits |= 4n;
    if (random.chance(0.5)) bits |= 32n;
    if (random.chance(0.5)) bits |= 64n;
    if (random.chance(0.2)) bits |= 256n;
    if (random.chance(0.1)) bits |= 1n << 63n;
    if (random.chance(0.05)) bits |= BigInt(random.next()) << 52n;
    if (random.chance(0.15)) {
      bits |= 128n;
      if (random.chance(0.9)) frame = random.pick([0n, 512n, 0n, 1n << 18n]);
    }
    return BigInt.asUintN(64, bits | (frame << 12n));
  }

  /** @returns the first fault, none so far if undefined */
  step(): string | undefined {
    const { random } = this;
    const what = random.below(100);
    if (what < 25) return this.#edit();
    if (what < 75) return this.#access(random.pick(this.#addresses));
    if (what < 90) return this.#disturb();
    if (what < 93) return this.#control();
    this.#addresses[random.below(this.#addresses.length)] = random.chance(0.95)
      ? this.#address()
      : BigInt(random.next()) << 32n;
    return undefined;
  }

  /** Guests write some entries, and say so. */
  #edit(): string | undefined {
    const { random } = this;
    const { wasm } = this.machine.core;
    for (let edits = random.between(1, 6); edits > 0; edits -= 1) {
      const gfn = BigInt(random.between(1, TABLES));
      const index = random.pick(INDICES);
      const value = random.chance(0.6) ? this.#sane(Number(gfn)) : this.#entry();
      this.#log.push(`write ${gfn}[${index}] = ${value.toString(16)}`);
      for (const [vm, model] of this.models.entries()) {
        if (wasm.mmu_writeTable(vm, gfn, index, value) === 0) return `vm ${vm}: no room for a write`;
        model.write(gfn, index, value);
      }
    }
    this.#invalidate();
    return undefined;
  }

  #invalidate(): void {
    const { random } = this;
    const { wasm } = this.machine.core;
    const way = random.below(3);
    this.#log.push(`invalidate ${way}`);
    for (let cx = 0; cx < MODES.length; cx += 1) {
      if (way === 0) wasm.mmu_invalidatePcid(cx, 2, 0, 0n);
      else if (way === 1) for (const address of this.#addresses) wasm.mmu_invalidatePage(cx, address);
      else {
        wasm.mmu_loadCr3(cx, this.#cr3);
        // Global pages outlive that.
        wasm.mmu_invalidatePcid(cx, 2, 0, 0n);
      }
    }
  }

  #access(address: bigint): string | undefined {
    const { random } = this;
    const fetch = random.chance(0.15);
    const access = { write: !fetch && random.chance(0.4), user: random.chance(0.6), fetch };
    const kind =
      (access.write ? KIND.write : 0) | (access.user ? KIND.user : 0) | (access.fetch ? KIND.fetch : 0);
    this.#log.push(`access ${address.toString(16)} ${JSON.stringify(access)}`);
    for (const [vm, model] of this.models.entries()) {
      const expected = model.translate(address, access);
      this.#outcomes[expected.kind] += 1;
      const frame = this.machine.core.wasm.mmu_access(vm, address, kind) >>> 0;
      const fault = this.#compare(vm, expected, frame, access);
      if (fault !== undefined)
        return `vm ${vm} (${MODES[vm]}), ${address.toString(16)} ${JSON.stringify(access)}: ${fault}`;
    }
    return undefined;
  }

  #compare(vm: number, expected: Outcome, frame: number, access: Access): string | undefined {
    const { columns } = this.machine.core;
    const fault = columns.mmuFault[vm]!;
    if (expected.kind === "#PF" || expected.kind === "#GP" || expected.kind === "outside") {
      const wanted = { "#PF": 1, "#GP": 2, outside: 3 }[expected.kind];
      const code = expected.kind === "#PF" ? expected.code : columns.mmuFaultCode[vm]!;
      if (frame === NO_FRAME && fault === wanted && columns.mmuFaultCode[vm] === code) return undefined;
      return `expected ${JSON.stringify(expected)}, got frame ${frame}, fault ${fault}, code ${columns.mmuFaultCode[vm]}`;
    }
    const ppn = columns.vmPpnFirst[vm]! + Number(expected.gfn);
    const flags = columns.ppnFlags[ppn]!;
    const right = columns.ppnMpn[ppn] === frame && (flags & 1) !== 0 && (!access.write || (flags & 2) === 0);
    if (right) return undefined;
    return `expected page ${expected.gfn}, frame ${columns.ppnMpn[ppn]} (flags ${flags}), got ${frame}, fault ${fault}, code ${columns.mmuFaultCode[vm]}`;
  }

  /** The host takes pages, shares them, or gives them frames of their own. */
  #disturb(): string | undefined {
    const { random } = this;
    const { columns, wasm } = this.machine.core;
    for (let times = random.between(1, 8); times > 0; times -= 1) {
      const gfn = random.chance(0.3) ? random.below(PAGES) : random.below(64);
      const what = random.below(3);
      for (const [vm, model] of this.models.entries()) {
        const ppn = columns.vmPpnFirst[vm]! + gfn;
        const isTable = gfn >= 1 && gfn <= TABLES;
        if (what === 0 && (!isTable || random.chance(0.1))) {
          this.#log.push(`vm ${vm} loses ${gfn}`);
          wasm.fault_dropPage(ppn);
          if (isTable || model.words.size > 0) model.clear(gfn);
        } else if (what === 1) {
          wasm.pageSharing_visitPage(ppn);
        } else if (what === 2) {
          wasm.fault_rewritePage(ppn);
        }
      }
    }
    // What a guest lost with a page of tables it has to invalidate, as after any other change of them.
    this.#invalidate();
    return undefined;
  }

  /** Another root, or other control bits. */
  #control(): undefined {
    const { random } = this;
    const { wasm } = this.machine.core;
    if (random.chance(0.5)) {
      const pcid = (this.#controls & CONTROL.pcid) !== 0 ? BigInt(random.below(3)) : 0n;
      const root = random.chance(0.7) ? 1 : random.between(1, TABLES);
      this.#cr3 = (BigInt(root) << 12n) | pcid;
      this.#log.push(`cr3 ${this.#cr3.toString(16)}`);
      for (const [vm, { registers }] of this.models.entries()) {
        wasm.mmu_loadCr3(vm, this.#cr3);
        registers.cr3 = this.#cr3;
      }
      this.#invalidate();
      return;
    }
    const flip = random.pick([
      ...[CONTROL.writeProtect, CONTROL.noExecute, CONTROL.global, CONTROL.gigantic, CONTROL.smep],
      CONTROL.smap,
    ]);
    this.#controls ^= flip;
    this.#log.push(`controls ${this.#controls}`);
    for (const [vm, { registers }] of this.models.entries()) {
      wasm.mmu_setControls(vm, this.#controls | (this.levels === 5 ? CONTROL.fiveLevels : 0));
      registers.wp = (this.#controls & CONTROL.writeProtect) !== 0;
      registers.nxe = (this.#controls & CONTROL.noExecute) !== 0;
      registers.gigantic = (this.#controls & CONTROL.gigantic) !== 0;
      registers.smep = (this.#controls & CONTROL.smep) !== 0;
      registers.smap = (this.#controls & CONTROL.smap) !== 0;
    }
  }

  check(): string | undefined {
    return checkMmu(this.machine, this.models);
  }

  get result(): MmuStormResult {
    return { machine: this.machine, outcomes: this.#outcomes };
  }

  get tail(): string {
    return this.#log.slice(-12).join("\n");
  }
}

/** @returns the first fault with the step it was seen at, and what led to it */
export function runMmuStorm(options: MmuStormOptions): MmuStormResult {
  const storm = new Storm(options);
  for (let step = 0; step < options.steps; step += 1) {
    const fault = storm.step() ?? (step % 8 === 0 ? storm.check() : undefined);
    if (fault === undefined) continue;
    return { ...storm.result, fault: `seed ${options.seed}, step ${step}: ${fault}\n${storm.tail}` };
  }
  return storm.result;
}
