/**
 * Address translation in a running world: which VMs' accesses go through page tables and TLBs, what they start from, and what it
 * came to.
 *
 * Costs are those of `ballast translate`, in cycles: all of them approximate.
 */
import type { Core } from "../core/boot.ts";
import { CONTROL, fillMmu, type MmuWorldSpec, MODES } from "../core/mmu/plan-mmu.ts";
import { TLB_SHAPES } from "../core/mmu/tlb-shapes.ts";
import { referenceCost, TRANSLATE_COSTS } from "../core/mmu/translate-costs.ts";
import type { MmuCounts } from "../report/result.ts";
import type { Scenario, VmSpec } from "../scenario/types.ts";
import { usesLarge } from "./plan-large.ts";
import type { World } from "./world.ts";

const LEVEL_ROWS = 16;
const NESTED_ROWS = 8;
const LEVELS = 4;
const CONTROLS = CONTROL.writeProtect | CONTROL.noExecute | CONTROL.global | CONTROL.pcid | CONTROL.gigantic;
/** Shadow tables: twice what maps the memory, and some. */
const SHADOW_SPARE = 64;

const leafOf = (vm: VmSpec): 1 | 2 => (vm.mmu?.guestPages === "2MiB" ? 2 : 1);

/** Pages that streams can access: those below the tables. */
const mappedPages = (vm: VmSpec): number => vm.memoryPages - vm.mmu!.tablePages;

/** What the world translates; absent: nothing. */
export function translationOf(scenario: Scenario, vmOrder: readonly number[]): MmuWorldSpec | undefined {
  const vms = vmOrder.map((index) => scenario.vms[index]!);
  const own = vms.flatMap((vm, row) => (vm.mmu === undefined ? [] : [{ vm, row }]));
  if (own.length === 0) return undefined;
  const tables = own.reduce((sum, { vm }) => sum + vm.mmu!.tablePages, 0);
  return {
    vms: vms.map((vm) => ({
      pages: vm.memoryPages,
      // The first of them is the root.
      tables: vm.mmu === undefined ? [0, 0] : [mappedPages(vm) + 1, vm.memoryPages],
    })),
    mmus: own.map(({ vm, row }, tlb) => ({
      ...{ vm: row, mode: vm.mmu!.mode, controls: CONTROLS, tlb },
      cr3: BigInt(mappedPages(vm)) << 12n,
    })),
    tlb: TLB_SHAPES[own[0]!.vm.mmu!.tlb]!,
    tlbs: own.length,
    physicalBits: 46,
    nested: { levels: LEVELS, largest: usesLarge(scenario) ? 2 : 1 },
    shadow: { tables: 2 * tables + SHADOW_SPARE, lazy: false },
    wordPages: 2 * tables + SHADOW_SPARE,
    lookups: 0,
  };
}

/** Writes the columns of translation, images in place: page tables stand in guests' memory. */
export function fillTranslation(core: Core, scenario: Scenario, vmOrder: readonly number[]): void {
  const spec = translationOf(scenario, vmOrder);
  if (spec === undefined) return;
  const { columns } = core;
  core.wasm.bill_open(0n);
  fillMmu(core, spec);
  columns.worldSecondCycles[0] = TRANSLATE_COSTS.secondHit;
  columns.worldExitCycles[0] = TRANSLATE_COSTS.exit;
  columns.worldHiddenCycles[0] = TRANSLATE_COSTS.hiddenFault;
  columns.worldTraceCycles[0] = TRANSLATE_COSTS.traceFault;
  columns.worldViolationCycles[0] = TRANSLATE_COSTS.violation;
  columns.worldEmulateCycles[0] = TRANSLATE_COSTS.emulation;
  spec.mmus.forEach(({ vm }, cx) => {
    const own = scenario.vms[vmOrder[vm]!]!;
    columns.vmMmu[vm] = cx + 1;
    columns.vmMmuLeaf[vm] = leafOf(own);
    columns.vmMmuPages[vm] = mappedPages(own);
    columns.mmuMhz[cx] = scenario.hosts[own.host]!.cpu.mhz;
    for (let level = 1; level < NESTED_ROWS; level += 1) {
      const entries = own.memoryPages / 2 ** (9 * (level - 1));
      const cycles = referenceCost(TRANSLATE_COSTS, 8 * entries);
      columns.mmuLevelCycles[cx * LEVEL_ROWS + level] = cycles;
      columns.mmuLevelCycles[cx * LEVEL_ROWS + NESTED_ROWS + level] = cycles;
    }
  });
}

/** What translation came to for a VM; nothing if its addresses are not translated. */
export function observeMmu(
  { columns, plan }: World,
  row: number,
  { mmu }: VmSpec,
): { readonly mmu?: MmuCounts } {
  if (mmu === undefined || !plan.core.groups.has("mmu")) return {};
  const cx = columns.vmMmu[row]! - 1;
  const levels = Array.from({ length: LEVEL_ROWS }, (_, level) =>
    columns.mmuLevelReferences.get(cx * LEVEL_ROWS + level),
  );
  const ns = columns.mmuBilledNs.get(cx);
  return {
    mmu: {
      mode: MODES[columns.mmuMode[cx]!]!,
      accesses: columns.mmuAccesses.get(cx),
      secondHits: columns.mmuSecondHits.get(cx),
      tlbMisses: columns.mmuTlbMisses.get(cx),
      walks: columns.mmuWalks.get(cx),
      references: levels.reduce((sum, count) => sum + count, 0),
      exits: columns.mmuExits.get(cx),
      hiddenFaults: columns.mmuHiddenFaults.get(cx),
      traceFaults: columns.mmuTraceFaults.get(cx),
      violations: columns.mmuViolations.get(cx),
      flushes: columns.mmuFlushes.get(cx),
      tableWrites: columns.mmuTableWrites.get(cx),
      cycles: Math.round((ns * columns.mmuMhz[cx]!) / 1000),
      ns,
    },
  };
}
