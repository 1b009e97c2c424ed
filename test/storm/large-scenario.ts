/** Large pages, harvests and translated addresses for a storm's scenario. */
import { TRACKINGS } from "../../src/scenario/harvest.ts";
import { BACKINGS, BREAK_STATES } from "../../src/scenario/large-pages.ts";
import { MMU_MODES, TLBS, tablePages } from "../../src/scenario/mmu.ts";
import type { Scenario, StreamSpec, VmSpec } from "../../src/scenario/types.ts";
import type { Random } from "./random.ts";

const SECOND = 1_000_000_000;

/** The part of a stream that lies below the guest's page tables. */
function below(room: number, stream: StreamSpec): StreamSpec {
  const firstPage = Math.min(stream.firstPage, room - 1);
  return { ...stream, firstPage, pages: Math.max(1, Math.min(stream.pages, room - firstPage)) };
}

function vmOf(random: Random, vm: VmSpec, tlb: (typeof TLBS)[number], isLate: boolean): VmSpec {
  const backing = random.chance(0.6) ? {} : { largePages: random.pick(BACKINGS) };
  const harvest = random.chance(0.7)
    ? {}
    : {
        harvest: {
          method: random.pick(TRACKINGS),
          everyNs: random.between(SECOND / 50, 5 * SECOND),
          ring: random.pick([512, 4096, random.between(512, 65_536)]),
          accessed: random.chance(0.5),
        },
      };
  const own = { ...vm, ...backing, ...harvest };
  const guestPages = random.pick(["4KiB", "2MiB"] as const);
  const tables = tablePages(vm.memoryPages, guestPages);
  if (random.chance(0.5) || isLate || vm.os !== undefined || vm.memoryPages < 4 * tables) return own;
  const mmu = { mode: random.pick(MMU_MODES), tlb, guestPages, tablePages: tables };
  const workload = vm.workload.map((stream) => below(vm.memoryPages - tables, stream));
  // What a trace refers to cannot be moved.
  return workload.some(({ pattern }) => pattern === "trace") ? own : { ...own, mmu, workload };
}

/** The same scenario with hosts that make large pages, and guests whose writes and addresses are followed. */
export function withLarge(random: Random, scenario: Scenario): Scenario {
  const tlb = random.pick(TLBS);
  // Page tables stand in a guest's memory from the start.
  const late = new Set(scenario.events.flatMap((one) => (one.kind === "add" ? one.vms : [])));
  return {
    ...scenario,
    vms: scenario.vms.map((vm, index) => vmOf(random, vm, tlb, late.has(index))),
    policies: {
      ...scenario.policies,
      memory: {
        ...scenario.policies.memory,
        largePages: {
          backing: random.pick(["auto", "always"]),
          breakAt: random.pick(BREAK_STATES),
          defragPagesPerSecond: random.pick([0, 1000, random.between(1, 200_000)]),
        },
      },
    },
  };
}
