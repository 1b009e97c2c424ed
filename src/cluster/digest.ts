/**
 * Marks of a cluster: of what was to be simulated, and of where it ended. Words of every column, place by place:
 *
 *   a ← (a ⊕ x) · p mod 2^32      b ← b · q + a mod 2^32
 *
 * Cost: one pass; of a demand table too large for that, every so manieth value.
 */
import type { ClusterRun } from "./run-cluster.ts";
import type { ClusterSpec } from "./spec.ts";

const WORDS_MAX = 1 << 22;

class Mark {
  #a = 0x811c9dc5 | 0;
  #b = 0;

  column(values: Float64Array | Float32Array | Int32Array | Uint32Array | Uint16Array | Uint8Array): this {
    const bytes = values.byteLength - (values.byteLength % 4);
    const words = new Uint32Array(values.buffer, values.byteOffset, bytes / 4);
    const stride = Math.max(1, Math.ceil(words.length / WORDS_MAX));
    let [a, b] = [this.#a ^ words.length, this.#b];
    for (let at = 0; at < words.length; at += stride) {
      a = Math.imul(a ^ words[at]!, 0x01000193);
      b = (Math.imul(b, 0x9e3779b1) + a) | 0;
    }
    this.#a = a;
    this.#b = b;
    return this;
  }

  text(text: string): this {
    return this.column(Uint32Array.from(text, (letter) => letter.codePointAt(0)!));
  }

  toString(): string {
    const hex = (part: number): string => (part >>> 0).toString(16).padStart(8, "0");
    return hex(this.#a) + hex(this.#b);
  }
}

/** Of everything that a run depends on but its policy. */
export function digestOf(spec: ClusterSpec): string {
  const { hosts, vms, pools, demand, events, rules } = spec;
  const mark = new Mark().text(
    JSON.stringify([
      spec.stepNs,
      spec.steps,
      spec.balanceSteps,
      spec.moves,
      spec.memory,
      spec.placement,
      spec.restartNs,
    ]),
  );
  for (const one of [hosts.mhz, hosts.pcpuMhz, hosts.memoryMib, hosts.linkBytesPerS]) mark.column(one);
  const tables = [...new Set(hosts.watts)];
  const numbers = new Map(tables.map((table, number) => [table, number]));
  mark.column(Uint32Array.from(hosts.watts, (table) => numbers.get(table)!));
  mark.text(JSON.stringify([tables.map((table) => table ?? null), pools, events, rules ?? null]));
  for (const one of [vms.mhz, vms.vcpus, vms.memoryMib, vms.shares, vms.reservationMhz, vms.limitMhz])
    mark.column(one);
  for (const one of [vms.host, vms.pool, vms.startStep, vms.endStep, vms.trace]) mark.column(one);
  mark.column(vms.constant).column(vms.activePart);
  if (demand !== undefined) mark.column(demand.cpu);
  if (demand?.memory !== undefined) mark.column(demand.memory);
  return mark.toString();
}

/** Of where a run stands. */
export function hashOf({ state, accounts, moves }: ClusterRun): string {
  const mark = new Mark().column(Uint32Array.of(state.step, moves.begun));
  mark.column(state.vmHost).column(state.vmConsumedMib).column(state.hostUp);
  return mark.column(accounts.energyJ).column(accounts.vmDelivered).column(accounts.vmReadyNs).toString();
}
