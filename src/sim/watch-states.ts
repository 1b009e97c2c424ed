/** Changes of the hosts' memory states, told as messages: the first of each host, so that a host that flaps fills no file. */
import { MEMORY_STATES } from "../controls/memory-states.ts";
import { formatPercent } from "../report/format.ts";
import type { Message } from "./message.ts";
import { freeFrames } from "./observe.ts";
import type { World } from "./world.ts";

/** Changes of a host that are told. */
const TOLD_MAX = 100;

export class StateWatch {
  readonly #world: World;
  readonly #states: Uint8Array;
  readonly #told: Uint32Array;

  /** Begins with the states as they are. */
  constructor(world: World) {
    this.#world = world;
    const hosts = world.scenario.hosts.length;
    this.#states = Uint8Array.from(world.columns.hostState.subarray(0, hosts));
    this.#told = new Uint32Array(hosts);
  }

  /** Messages about what has changed since the last look; the core stops for every change. */
  look(): Message[] {
    const { columns, nowNs } = this.#world;
    const messages: Message[] = [];
    this.#states.forEach((before, host) => {
      const now = columns.hostState[host]!;
      if (now === before) return;
      this.#states[host] = now;
      this.#told[host]! += 1;
      if (this.#told[host]! > TOLD_MAX) return;
      const size = columns.hostPages[host]!;
      const free = freeFrames(columns, host);
      const last = this.#told[host] === TOLD_MAX ? "; later changes are not told one by one" : "";
      const text = `${MEMORY_STATES[before]} -> ${MEMORY_STATES[now]}, ${formatPercent(free, size)} free${last}`;
      messages.push({ atNs: nowNs, kind: "memory-state", row: host, count: free, text });
    });
    return messages;
  }
}
