/** Counters of VMs and hosts against a recount of every page, and the queue against its own events. */
import { observeWorld } from "../../src/sim/observe.ts";
import { FLAG, NO_MPN } from "../support/world.ts";
import { type Check, countMappings, framesOfPages, rowsFrom, wrong } from "./checks.ts";

/** Granted and unvisited of VMs and hosts. */
export const checkGranted: Check = ({ columns }) => {
  const { ppnFlags, vmPpnFirst, vmPpnCount, vmHost } = columns;
  const granted = new Uint32Array(columns.hostPages.length);
  for (const [vm, first] of vmPpnFirst.entries()) {
    const flags = [...ppnFlags.subarray(first, first + vmPpnCount[vm]!)];
    const mapped = flags.filter((flag) => flag & FLAG.mapped);
    const unvisited = mapped.filter((flag) => !(flag & FLAG.visited)).length;
    const fault =
      wrong(`vm ${vm} granted`, columns.vmGrantedPages[vm], mapped.length) ??
      wrong(`vm ${vm} unvisited`, columns.vmUnvisitedPages[vm], unvisited);
    if (fault !== undefined) return fault;
    granted[vmHost[vm]!]! += mapped.length;
    const torn = flags.find((flag) => flag & FLAG.cow && flag & FLAG.ineligible);
    if (torn !== undefined) return `vm ${vm}: a page both shared and ineligible, flags ${torn}`;
  }
  const host = granted.findIndex((count, row) => count !== columns.hostGrantedPages[row]);
  return host < 0 ? undefined : wrong(`host ${host} granted`, columns.hostGrantedPages[host], granted[host]);
};

/** shared, common and saved of hosts by brute force; saved = sum of the VMs'; consumed = granted − saved. */
export const checkShared: Check = (world) => {
  const { columns, scenario } = world;
  const references = countMappings(world);
  const frames = framesOfPages(world);
  world.recount();
  const { hosts, vms } = observeWorld(world);
  for (const [host, { memory }] of hosts.entries()) {
    const rows = rowsFrom(columns.hostVmFirst[host]!, columns.hostVmCount[host]!);
    const pages = rows.flatMap((vm) => [
      ...frames.subarray(columns.vmPpnFirst[vm]!, columns.vmPpnFirst[vm]! + columns.vmPpnCount[vm]!),
    ]);
    const shared = pages.filter((mpn) => mpn !== NO_MPN && references[mpn]! > 1);
    const common = new Set(shared).size;
    const ofHost = vms.filter((vm) => vm.host === scenario.hosts[host]!.name);
    const sum = (of: (vm: (typeof ofHost)[number]) => number) =>
      ofHost.reduce((total, vm) => total + of(vm), 0);
    const fault =
      wrong(`host ${host} shared`, memory.sharedPages, shared.length) ??
      wrong(`host ${host} common`, memory.commonPages, common) ??
      wrong(`host ${host} saved`, memory.savedPages, shared.length - common) ??
      wrong(
        `host ${host} saved by its VMs`,
        memory.savedPages,
        sum(({ memory: m }) => m.savedPages),
      ) ??
      wrong(
        `host ${host} shared by its VMs`,
        memory.sharedPages,
        sum(({ memory: m }) => m.sharedPages),
      ) ??
      wrong(
        `host ${host} used`,
        memory.usedPages,
        sum(({ memory: m }) => m.consumedPages),
      );
    if (fault !== undefined) return fault;
  }
  return undefined;
};

/** zero, touched, dirty and shared of VMs; a page is flagged zero exactly if it holds zeroes. */
export const checkPages: Check = (world) => {
  const { columns, plan } = world;
  const { ppnFlags, ppnMpn } = columns;
  const isZero = (mpn: number): boolean =>
    plan.content === "ids"
      ? columns.mpnContent.big(mpn) === 0n
      : columns.mpnBytes.subarray(4096 * mpn, 4096 * (mpn + 1)).every((byte) => byte === 0);
  world.recount();
  for (const [vm, first] of columns.vmPpnFirst.entries()) {
    const rows = rowsFrom(first, columns.vmPpnCount[vm]!);
    const count = (flag: number) => rows.filter((ppn) => ppnFlags[ppn]! & flag).length;
    const liar = rows.find(
      (ppn) => ppnFlags[ppn]! & FLAG.mapped && Boolean(ppnFlags[ppn]! & FLAG.zero) !== isZero(ppnMpn[ppn]!),
    );
    if (liar !== undefined) return `ppn ${liar}: flags ${ppnFlags[liar]}, zero ${isZero(ppnMpn[liar]!)}`;
    const fault =
      wrong(`vm ${vm} zero`, columns.vmZeroPages[vm], count(FLAG.zero)) ??
      wrong(`vm ${vm} touched`, columns.vmTouchedPages[vm], count(FLAG.touched)) ??
      wrong(`vm ${vm} dirty`, columns.vmDirtyPages[vm], count(FLAG.dirty));
    if (fault !== undefined) return fault;
  }
  return undefined;
};

/** The queue's tree holds the earliest below every node, the lowest row on ties, and nothing lies in the past. */
export const checkQueue: Check = ({ columns }) => {
  const { eventAt, treeDue, treeWinner } = columns;
  const never = 2n ** 64n - 1n;
  const leaves = treeWinner.length / 2;
  for (let event = 0; event < eventAt.length; event += 1) {
    const at = eventAt.big(event);
    if (at < columns.worldNow.big(0)) return `event ${event}: due at ${at}, in the past`;
  }
  /** Rows below a node: four in a leaf. */
  const rowsBelow = (node: number): number[] => {
    const level = 2 ** Math.floor(Math.log2(node));
    const rows = (4 * leaves) / level;
    const first = (node - level) * rows;
    return rowsFrom(first, Math.max(0, Math.min(rows, eventAt.length - first)));
  };
  for (let node = 1; node < treeWinner.length; node += 1) {
    const rows = rowsBelow(node);
    const winner = rows.reduce(
      (best, row) => (eventAt.big(row) < eventAt.big(best) ? row : best),
      rows[0] ?? 0,
    );
    const at = rows.length === 0 ? never : eventAt.big(winner);
    const due = at === never ? never : at + 1n;
    if (treeDue.big(node) !== due) return `node ${node} due: ${treeDue.big(node)}, recounted ${due}`;
    if (treeWinner[node] !== winner) return wrong(`node ${node} winner`, treeWinner[node], winner);
  }
  return undefined;
};

/** A host scanned what its VMs were scanned. */
export const checkScanned: Check = ({ columns }) => {
  for (const host of columns.hostPages.keys()) {
    const rows = rowsFrom(columns.hostVmFirst[host]!, columns.hostVmCount[host]!);
    const sum = rows.reduce((total, vm) => total + columns.vmScanned.get(vm), 0);
    if (columns.hostScanned.get(host) !== sum)
      return wrong(`host ${host} scanned`, columns.hostScanned.get(host), sum);
  }
  return undefined;
};
