/** Fleets and demand for benches of clusters: PlanetLab's kinds of hosts and VMs, demand that wanders and jumps. */
import type { ClusterSpec } from "../../src/index.ts";
import { powerTables } from "../../src/scenario/cpu-defaults.ts";
import { xorshift32 } from "../random.ts";

const HOSTS = [
  { mhz: 3720, pcpuMhz: 1860, watts: powerTables["hp-ml110-g4"] },
  { mhz: 5320, pcpuMhz: 2660, watts: powerTables["hp-ml110-g5"] },
] as const;
const VMS = [
  { mhz: 2500, memoryMib: 870 },
  { mhz: 2000, memoryMib: 1740 },
  { mhz: 1000, memoryMib: 1740 },
  { mhz: 500, memoryMib: 613 },
] as const;

/** Parts of a VM's processor: a level of its own, a tenth a step jumps, one in twenty of these far up. */
function wander(vms: number, steps: number): Float32Array {
  const next = xorshift32(11);
  const draw = (): number => next() / 2 ** 32;
  const cpu = new Float32Array(vms * steps);
  for (let vm = 0; vm < vms; vm += 1) {
    let level = draw() * draw() * 0.3;
    for (let step = 0; step < steps; step += 1) {
      if (draw() < 0.1) level = Math.min(1, draw() * draw() * 0.4 + (draw() < 0.05 ? 0.5 : 0));
      cpu[vm * steps + step] = level * (0.8 + 0.2 * draw());
    }
  }
  return cpu;
}

/** Hosts of two kinds by turns, VMs of four; memory of a host in MiB. */
export function fleet(hosts: number, vms: number, steps: number, memoryMib = 16_384): ClusterSpec {
  const column = (length: number, read: (row: number) => number): Float64Array =>
    Float64Array.from({ length }, (_, row) => read(row));
  return {
    ...{ name: "fleet", seed: 1, stepNs: 300e9, steps, balanceSteps: 1, pools: [], events: [] },
    hosts: {
      names: Array.from({ length: hosts }, (_, row) => `h${row}`),
      mhz: column(hosts, (row) => HOSTS[row % 2]!.mhz),
      pcpuMhz: column(hosts, (row) => HOSTS[row % 2]!.pcpuMhz),
      memoryMib: column(hosts, () => memoryMib),
      linkBytesPerS: column(hosts, () => 125e6),
      watts: Array.from({ length: hosts }, (_, row) => HOSTS[row % 2]!.watts),
      isOut: new Uint8Array(hosts),
    },
    vms: {
      names: Array.from({ length: vms }, (_, row) => `v${row}`),
      vcpus: column(vms, () => 1),
      mhz: column(vms, (row) => VMS[row % 4]!.mhz),
      memoryMib: column(vms, (row) => VMS[row % 4]!.memoryMib),
      host: new Int32Array(vms).fill(-1),
      pool: new Int32Array(vms).fill(-1),
      shares: column(vms, () => 1000),
      reservationMhz: column(vms, () => 0),
      limitMhz: column(vms, () => Number.POSITIVE_INFINITY),
      priority: new Uint8Array(vms).fill(100),
      startStep: new Int32Array(vms),
      endStep: new Int32Array(vms).fill(steps),
      trace: Int32Array.from({ length: vms }, (_, row) => row),
      constant: new Float32Array(vms),
      activePart: new Float32Array(vms).fill(1),
    },
    demand: { steps, cpu: wander(vms, steps) },
    moves: { kind: "half-link" },
    memory: { taxPpm: 750_000, balloonPpm: 650_000, sharedPpm: 0 },
    placement: "most-free",
    restartNs: 60e9,
  };
}
