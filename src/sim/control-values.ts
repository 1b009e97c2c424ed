/** What a `set` finds and what it leaves, in the words of its event. */
import { formatCount, formatMhz, formatPages } from "../scenario/format.ts";
import type { EventSpec } from "../scenario/types.ts";
import { controlsOf } from "./observe-cpu.ts";
import type { World } from "./world.ts";

const NO_LIMIT = 0xffff_ffff;

type SetStep = Extract<EventSpec, { kind: "set" }>;

/**
 * Values in force of the keys that a `set` names.
 *
 * @param row  the VM's; of no meaning for pools
 */
export function controlValues(world: World, { target, keys }: SetStep, row: number): string[] {
  const { columns, plan, scenario } = world;
  const isVm = target.kind === "vm";
  const client = isVm ? columns.vmClient[row]! : plan.cpu!.poolClients[target.index]!;
  const cpu = controlsOf(world, client, scenario.hosts[columns.clientHost[client]!]!);
  const of: Readonly<Record<string, () => string>> = {
    "cpu.shares": () => formatCount(cpu.shares),
    "cpu.reservation": () => (cpu.reservationMhz === 0 ? "none" : formatMhz(cpu.reservationMhz)),
    "cpu.limit": () => (cpu.limitMhz === null ? "none" : formatMhz(cpu.limitMhz)),
    vcpus: () => formatCount(columns.vmVcpuOnline.get(row)),
    "mem.shares": () => formatCount(isVm ? columns.vmMemShares[row]! : columns.poolMemShares[target.index]!),
    "mem.reservation": () => {
      const pages = isVm ? columns.vmMinPages[row]! : columns.poolMinPages[target.index]!;
      return pages === 0 ? "none" : formatPages(pages);
    },
    "mem.limit": () => {
      const pages = isVm ? columns.vmMaxPages[row]! : columns.poolMaxPages[target.index]!;
      const none = isVm ? scenario.vms[target.index]!.memoryPages : NO_LIMIT;
      return pages === none ? "none" : formatPages(pages);
    },
  };
  return keys.map((key) => of[key]!());
}

/** `cpu.shares 1,000 -> 4,000, vcpus 2 -> 4`; a value that was there already stays. */
export function changesText(
  keys: readonly string[],
  before: readonly string[],
  after: readonly string[],
): string {
  return keys
    .map((key, i) =>
      before[i] === after[i] ? `${key} stays ${after[i]}` : `${key} ${before[i]} -> ${after[i]}`,
    )
    .join(", ");
}
