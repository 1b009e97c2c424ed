/**
 * Question: does a dispatch cost no more than log n? All that `advance` does for one: the event, the account of the quantum
 * at every level, the run queue, the next projection, and now and then a look at other queues.
 *
 * VMs of two busy vCPUs, as many as make n, on 1 pCPU and on 64. A call simulates so long that about as many dispatches
 * happen for every n. Cases of one n agree on who has run for how long, in one step or in ten.
 *
 * The goal holds the growth from n0 vCPUs to n against log n / log n0. A tolerance of 15 % is for caches, which log n knows
 * nothing of: at 16,384 vCPUs the trees of 64 queues are 25 MB, more than the nearer caches
 * hold.
 */
import { resolveScenario } from "../../src/scenario/parse.ts";
import { createWorld, type World } from "../../src/sim/world.ts";
import { coreModule } from "../../test/support/world.ts";
import { digest, full, type Goal, parameter, run } from "../harness.ts";
import { nativeModule } from "../native.ts";

const QUANTUM_NS = 50_000_000;
const DISPATCHES = parameter("dispatches", 640, 6400);
const SIZES = full ? [4, 16, 64, 256, 1024, 4096, 16_384] : [4, 16, 64, 256];
const CACHES = 1.15;

async function worldOf(vcpus: number, pcpus: number): Promise<World> {
  const scenario = resolveScenario({
    ballast: 1,
    duration: "1000h",
    hosts: [{ name: "h", memory: "1GiB", cpu: { cores: pcpus } }],
    vms: [{ name: "v", count: vcpus / 2, vcpus: 2, memory: "4KiB", workload: { busy: true } }],
    // No memory is looked at: what that costs goes by VMs and seconds, seven looks a dispatch at 16,384 vCPUs on one pCPU.
    policies: {
      cpu: { quantum: "50ms", coscheduling: "none" },
      memory: { sharing: "none", reclaim: "none", sampling: "none" },
    },
  } as never);
  const world = await createWorld(scenario, { core: coreModule("release") });
  // Everybody has had a turn, and a second one.
  advance(world, (2 * QUANTUM_NS * vcpus) / pcpus);
  return world;
}

function advance(world: World, spanNs: number): void {
  const until = world.nowNs + spanNs;
  while (world.advance(until) !== "until");
}

function dispatches({ columns }: World): number {
  let sum = 0;
  for (let pcpu = 0; pcpu < columns.pcpuHost.length; pcpu += 1) sum += columns.pcpuDispatches.get(pcpu);
  return sum;
}

function received({ core, columns }: World): string {
  core.wasm.cpu_recount(core.wasm.now());
  const used = columns.vcpuSeenUsedNs;
  return digest(Float64Array.from({ length: columns.vcpuState.length }, (_, vcpu) => used.get(vcpu)));
}

const name = (vcpus: number): string => `${vcpus} vCPUs`;

/** Cost of a dispatch at `from` vCPUs, had it grown by log n, against what it is at `to`. */
function growth(from: number, to: number, counts: ReadonlyMap<number, number>): Goal {
  const cost = (time: Readonly<Record<string, number>>, n: number): number => time[name(n)]! / counts.get(n)!;
  const model = Math.log2(to) / Math.log2(from);
  return {
    name: `${from} to ${to}: × ${model.toFixed(2)} / measured`,
    needs: [name(from), name(to)],
    ratio: (time) => (model * cost(time, from)) / cost(time, to),
    atLeast: Number((1 / CACHES).toFixed(2)),
  };
}

async function curve(pcpus: number, sizes: readonly number[], from: number): Promise<void> {
  const spanNs = (DISPATCHES * QUANTUM_NS) / pcpus;
  const cases: Parameters<typeof run>[1] = {};
  const counts = new Map<number, number>();
  for (const vcpus of sizes) {
    const [world, stepped] = [await worldOf(vcpus, pcpus), await worldOf(vcpus, pcpus)];
    const before = dispatches(stepped);
    Object.assign(cases, {
      [name(vcpus)]: {
        question: name(vcpus),
        run: () => advance(world, spanNs),
        answer: () => received(world),
      },
      [`${name(vcpus)}, in ten steps`]: {
        question: name(vcpus),
        timed: false,
        run: () => {
          for (let step = 0; step < 10; step += 1) advance(stepped, spanNs / 10);
          counts.set(vcpus, dispatches(stepped) - before);
        },
        answer: () => received(stepped),
      },
    });
  }
  const perDispatch = (vcpus: number): Goal => ({
    name: `ns a dispatch, ${name(vcpus)}`,
    needs: [name(vcpus)],
    ratio: (time) => (time[name(vcpus)]! * 1e6) / counts.get(vcpus)!,
  });
  const goals = sizes.filter((vcpus) => vcpus > from).map((to) => growth(from, to, counts));
  const clock = nativeModule("decisions", [], new Uint8Array(8))?.now;
  await run(`dispatches on ${pcpus} pCPU${pcpus > 1 ? "s" : ""}`, cases, {
    threadClock: clock,
    goals: [...sizes.map(perDispatch), ...goals],
  });
}

await curve(1, SIZES, 16);
await curve(parameter("pcpus", 8, 64), SIZES.slice(3), 256);
