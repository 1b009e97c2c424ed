/** Keeps what vCPUs did, change by change, until there is no more room. */
import type { Timeline } from "../report/result.ts";
import type { World } from "./world.ts";

/** Changes of state kept: what a viewer still opens with ease. */
const ROWS_MAX = 400_000;

export class TimelineRecorder {
  readonly #world: World;
  readonly #rows: ReturnType<World["takeTrace"]> = [];
  #untilNs: number | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  /** Takes what has happened since the last call. */
  take(): void {
    const fresh = this.#world.takeTrace();
    if (this.#untilNs !== undefined) return;
    const room = ROWS_MAX - this.#rows.length;
    for (const row of fresh.length > room ? fresh.slice(0, room) : fresh) this.#rows.push(row);
    if (fresh.length <= room) return;
    this.#untilNs = fresh[room]!.atNs;
    this.#world.stopTrace();
  }

  timeline(): Timeline {
    const { scenario, plan, nowNs } = this.#world;
    const rows = this.#rows;
    const vcpus = plan.vmOrder.flatMap((index) => {
      const { name, vcpusMax } = scenario.vms[index]!;
      return Array.from({ length: vcpusMax }, (_, i) => ({ vm: name, index: i }));
    });
    const pcpus = scenario.hosts.flatMap(({ name }, host) =>
      Array.from({ length: plan.cpu?.hosts[host]?.pcpus ?? 0 }, (_, i) => ({ host: name, index: i })),
    );
    return {
      untilNs: this.#untilNs ?? nowNs,
      cut: this.#untilNs !== undefined,
      vcpus,
      pcpus,
      atNs: Float64Array.from(rows, ({ atNs }) => atNs),
      vcpu: Uint32Array.from(rows, ({ vcpu }) => vcpu),
      pcpu: Uint32Array.from(rows, ({ pcpu }) => pcpu),
      state: Uint8Array.from(rows, ({ state }) => state),
    };
  }
}
