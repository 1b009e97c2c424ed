/** Writes migrations, links and traffic into the columns of a fresh core. */
import type { Core } from "../core/boot.ts";
import { moveDefaults } from "../scenario/move-resolve.ts";
import type { MoveSpec, Scenario } from "../scenario/types.ts";
import { landingKey } from "./plan-cpu.ts";
import { rangePages } from "./plan-moving.ts";
import type { WorldPlan } from "./plan-world.ts";

const MODES = { "pre-copy": 0, "post-copy": 1, hybrid: 2, "stop-and-copy": 3 } as const;
const PAGE = 4096;
/** QEMU's header before a page, and a zero page altogether. */
const QEMU_HEADER = 10;
const QEMU_ZERO = 9;
/** A page by reference: its number, and which it equals. */
const REFERENCE = 16;
/** QEMU looks at what is left this often. */
const WINDOW_NS = 100_000_000;

export function fillMoving(core: Core, scenario: Scenario, plan: WorldPlan): void {
  if (plan.moves.length === 0) return;
  const { columns } = core;
  columns.worldRangePages[0] = rangePages(scenario);
  scenario.hosts.forEach(({ nicBps }, host) => {
    columns.hostNicBps.set(host, nicBps ?? moveDefaults.nicBps);
    // VMs come and go: every VM may be on every host.
    columns.hostVmFirst[host] = 0;
    columns.hostVmCount[host] = plan.vmOrder.length;
  });
  (scenario.links ?? []).forEach(({ between, bps }, link) => {
    columns.linkOne[link] = between[0];
    columns.linkOther[link] = between[1];
    columns.linkBps.set(link, bps);
  });
  plan.vmOrder.forEach((index, row) => {
    columns.vmTrafficBps.set(row, scenario.vms[index]!.trafficBps ?? 0);
  });
  plan.moves.forEach(({ spec, vm }, move) => {
    columns.moveVm[move] = vm;
    columns.moveTo[move] = spec.to;
    columns.moveMode[move] = MODES[spec.mode];
    columns.moveClient[move] = plan.cpu!.landings.get(landingKey(vm, spec.to, spec.pool))!;
    fillWire(core, move, spec);
    columns.moveSwitchNs.set(move, spec.switchoverNs);
    columns.moveAnnounceNs.set(move, spec.announceNs);
    columns.moveSkips[move] = (spec.skipDirty ? 1 : 0) + (spec.skipFree ? 2 : 0);
    columns.moveSharedSwap[move] = spec.sharedSwap ? 1 : 0;
    columns.moveKeepsPlace[move] = spec.rule === "qemu" ? 1 : 0;
    columns.moveWindowNs.set(move, spec.rule === "qemu" ? WINDOW_NS : 0);
    columns.moveBubbles[move] = spec.bubbling ? 1 : 0;
    columns.moveCpuNsPerPage[move] = spec.cpuNsPerPage;
  });
}

function fillWire({ columns }: Core, move: number, spec: MoveSpec): void {
  const header = spec.rule === "qemu" ? QEMU_HEADER : 0;
  columns.movePageBytes[move] = PAGE + header;
  columns.moveAgainBytes[move] = Math.min(PAGE, spec.deltaBytes ?? PAGE) + header;
  columns.moveDeltas[move] = spec.deltaBytes === undefined ? 0 : 1;
  columns.moveZeroBytes[move] = spec.rule === "qemu" ? QEMU_ZERO : 0;
  columns.moveReferenceBytes[move] = REFERENCE;
  columns.moveStateBytes.set(move, spec.stateBytes);
  columns.moveDiskBytes.set(move, spec.diskBytes);
}
