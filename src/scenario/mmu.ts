/** What a scenario says of a VM's address translation: shape, defaults, resolution. */
import * as z from "zod";
import type { Finding } from "./fault.ts";
import { formatPages } from "./format.ts";
import type { MmuVmSpec } from "./memory-types.ts";
import type { StreamSpec, VmSpec } from "./types.ts";

export const MMU_MODES = ["native", "shadow", "nested"] as const;
/** Names of the shapes in src/core/mmu/tlb-shapes.ts; a test holds them together. */
export const TLBS = [
  "none",
  "nehalem",
  "skylake-sp",
  "ice-lake",
  "golden-cove",
  "zen2",
  "zen3",
  "zen4",
  "untagged",
] as const;

export const mmuDefaults = {
  tlb: { value: "skylake-sp", origin: "about a Xeon Scalable [K]" },
  guestPages: { value: "4KiB", origin: "ballast" },
} as const;

const mode = () => z.enum(MMU_MODES, { error: MMU_MODES.join(", ") });

export const mmuMap = z.strictObject({
  mode: mode().describe(
    "Whose tables the processor walks: the guest's alone, shadow tables, or the guest's and nested ones.",
  ),
  tlb: z
    .enum(TLBS, { error: TLBS.join(", ") })
    .optional()
    .describe("TLB of a processor, the same for all VMs; skylake-sp if absent."),
  guestPages: z
    .enum(["4KiB", "2MiB"], { error: "4KiB or 2MiB" })
    .optional()
    .describe("Pages that the guest maps its memory by; 4KiB if absent."),
});

export const mmu = z.union([mode(), mmuMap], {
  error: `${MMU_MODES.join(", ")}, or a map with mode, tlb and guestPages`,
});

type Given = z.output<typeof mmu> | undefined;

const LEVELS = 4;
/** A table that a run of small pages behind large ones takes, and one for good measure. */
const SPARE = 2;

/** Pages at the end of a VM's memory that hold its guest's page tables. */
export function tablePages(pages: number, guestPages: MmuVmSpec["guestPages"]): number {
  let tables = SPARE;
  let below = guestPages === "2MiB" ? Math.ceil(pages / 512) : pages;
  for (let level = guestPages === "2MiB" ? 2 : 1; level <= LEVELS; level += 1) {
    below = Math.max(1, Math.ceil(below / 512));
    tables += below;
  }
  return tables;
}

/**
 * Whether VMs can be translated as they say: no guest manages its memory, streams leave room for tables, all TLBs are alike.
 *
 * @param groups  one of each group of VMs, in the scenario's order
 */
export function mmuFindings(
  groups: readonly Pick<VmSpec, "mmu" | "os" | "memoryPages" | "workload">[],
): Finding[] {
  const found: Finding[] = [];
  let tlb: string | undefined;
  for (const [group, { mmu, os, memoryPages, workload }] of groups.entries()) {
    if (mmu === undefined) continue;
    const path = ["vms", group, "mmu"];
    if (os !== undefined) {
      const hint =
        "translation of guests that manage their memory is not simulated by this version of ballast";
      found.push({ path, expected: "a VM without os", got: `os: ${os.kind}`, hint });
      continue;
    }
    tlb ??= mmu.tlb;
    if (tlb !== mmu.tlb)
      found.push({ path: [...path, "tlb"], expected: `${tlb}, as of the VMs above`, got: mmu.tlb });
    const room = memoryPages - mmu.tablePages;
    if (room < 1) {
      const expected = `more than ${formatPages(mmu.tablePages)}, which its guest's page tables take`;
      found.push({ path: ["vms", group, "memory"], expected, got: formatPages(memoryPages) });
      continue;
    }
    const most = Math.max(0, ...workload.map(({ firstPage, pages }: StreamSpec) => firstPage + pages));
    if (most <= room) continue;
    found.push({
      path: ["vms", group, "workload"],
      expected: `streams that end below ${formatPages(Math.max(0, room))}, where its guest's page tables are`,
      got: formatPages(most),
    });
  }
  return found;
}

export function resolveMmu(given: Given, memory: number): { readonly mmu?: MmuVmSpec } {
  if (given === undefined) return {};
  const own = typeof given === "string" ? { mode: given } : given;
  const guestPages = own.guestPages ?? mmuDefaults.guestPages.value;
  return {
    mmu: {
      mode: own.mode,
      tlb: own.tlb ?? mmuDefaults.tlb.value,
      guestPages,
      tablePages: tablePages(memory, guestPages),
    },
  };
}
