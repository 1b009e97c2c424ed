/** Who wants processors on a host as a whole (assembly/cpu/wants.ts): counts and trees recounted from the run queues. */
import type { Columns } from "../../src/core/layout.ts";
import { type Check, rowsFrom, wrong } from "./checks.ts";
import { least, queuedBy } from "./processors.ts";

const NONE = 0xffff_ffff;
const EMPTY = 2n ** 64n - 1n;

/** vCPUs in the run queues of a host at or below each client, but for those that a limit further down holds. */
function countQueued(columns: Columns, vcpus: readonly number[]): Map<number, number> {
  const { clientParent, clientThrottled, vcpuClient } = columns;
  const counts = new Map<number, number>();
  for (const vcpu of vcpus) {
    for (let node = vcpuClient.get(vcpu); node !== NONE; node = clientParent.get(node)) {
      counts.set(node, (counts.get(node) ?? 0) + 1);
      if (clientThrottled.get(node) !== 0) break;
    }
  }
  return counts;
}

/** Counts equal a recount; who waits has a seat; no key is above the virtual time it stands for; tops are least. */
export const checkWants: Check = (world) => {
  const { columns, plan } = world;
  if (!plan.core.groups.has("wants")) return undefined;
  const held = queuedBy(world);
  for (const host of columns.hostPcpuCount.keys()) {
    if (columns.hostWantTrees.get(host) === NONE) continue;
    const queues = rowsFrom(columns.hostPcpuFirst.get(host), columns.hostRunQueues.get(host));
    const counts = countQueued(
      columns,
      queues.flatMap((queue) => held.get(queue) ?? []),
    );
    for (const client of columns.clientHost.keys()) {
      if (columns.clientHost[client] !== host) continue;
      const fault =
        wrong(`client ${client} queued`, columns.clientQueued[client], counts.get(client) ?? 0) ??
        checkWantTree(columns, columns.hostWantTrees.get(host), client, counts);
      if (fault !== undefined) return fault;
    }
  }
  return undefined;
};

function checkWantTree(
  columns: Columns,
  trees: number,
  group: number,
  counts: ReadonlyMap<number, number>,
): string | undefined {
  const { seatKey, clientChildren, clientFirst, clientSeat, clientSeats, clientThrottled, clientVcpu } =
    columns;
  if (clientVcpu.get(group) !== NONE) return undefined;
  const first = trees + clientSeat.get(group);
  const seats = clientSeats.get(group);
  const name = `wants of group ${group}`;
  for (let rank = 0; rank < seats; rank += 1) {
    const key = seatKey.big(first + seats + rank);
    const child = clientFirst.get(group) + rank;
    if (rank >= clientChildren[group]!) {
      if (key !== EMPTY) return `${name}: a seat at rank ${rank}, where there is no child`;
      continue;
    }
    if (key === EMPTY) {
      if (clientThrottled.get(child) === 0 && (counts.get(child) ?? 0) > 0)
        return `${name}: no seat for client ${child}, below which somebody waits`;
      continue;
    }
    const fresh = (columns.clientVtime.big(child) * BigInt(seats)) | BigInt(rank);
    if (key > fresh) return `${name}: key of ${child} is ${key}, recounted ${fresh}`;
  }
  for (let node = seats - 1; node > 0; node -= 1) {
    const [one, other] = [seatKey.big(first + 2 * node), seatKey.big(first + 2 * node + 1)];
    const fault = wrong(`${name} node ${node}`, seatKey.big(first + node), least(one, other));
    if (fault !== undefined) return fault;
  }
  return undefined;
}
