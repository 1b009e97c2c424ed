/**
 * Question: how many decisions a second does the scheduler's core make, against the same trees in C and against looking at
 * every child? One pCPU, one run queue, every vCPU busy; a decision charges the one that runs a quantum, at every level,
 * puts it back, and picks whoever is due.
 *
 * Flat: VMs of one vCPU below the host's root, two levels. Trees: pools of VMs of several vCPUs, three levels and more.
 * Shares differ, so that virtual times do; cases agree on the vCPUs in the order in which they were chosen.
 */
import { resolveScenario } from "../../src/scenario/parse.ts";
import { createWorld, type World } from "../../src/sim/world.ts";
import { charge, entitiesOf, pick } from "../../test/model/cpu/decisions.ts";
import { coreModule } from "../../test/support/world.ts";
import { baseOf } from "../columns.ts";
import { faster, full, parameter, run } from "../harness.ts";
import { type NativeModule, nativeModule } from "../native.ts";
import { xorshift32 } from "../random.ts";

const DECISIONS = parameter("decisions", 500, 10_000);
/** What the twin is timed with: it looks at every child. */
const LINEAR_MAX = 2000;
const QUANTUM_NS = 2_000_003;
const NONE = 0xffff_ffff;

/** Pools within pools, then VMs in each of the last ones, then vCPUs of each. */
type Shape = readonly [...pools: number[], vms: number, vcpus: number];

/** A world in which every vCPU is busy and one of them runs. */
async function worldOf(shape: Shape): Promise<World> {
  const [vms, vcpus] = shape.slice(-2) as [number, number];
  const draw = xorshift32(7);
  const shares = (): number => 100 + (draw() % 4000);
  const pools: { name: string; pool?: string; cpu: { shares: number } }[] = [];
  let last: string[] = [""];
  for (const count of shape.slice(0, -2)) {
    last = last.flatMap((above) =>
      Array.from({ length: count }, (_, i) => {
        const name = `${above || "p"}-${i}`;
        pools.push({ name, cpu: { shares: shares() }, ...(above === "" ? {} : { pool: above }) });
        return name;
      }),
    );
  }
  const vm = { vcpus, memory: "4KiB", workload: { busy: true } };
  const scenario = resolveScenario({
    ballast: 1,
    duration: "1h",
    hosts: [{ name: "h", memory: "1GiB", cpu: { cores: 1 } }],
    pools,
    vms: last.flatMap((pool) =>
      Array.from({ length: vms }, (_, i) => ({
        ...vm,
        name: `${pool}v${i}`,
        cpu: { shares: shares() },
        ...(pool === "" ? {} : { pool }),
      })),
    ),
    policies: { cpu: { balance: "none", coscheduling: "none" } },
  } as never);
  const world = await createWorld(scenario, { core: coreModule("release") });
  while (world.advance(0) !== "until");
  return world;
}

type Decide = () => number;

function decideInCore({ core }: World): Decide {
  return () => core.wasm.cpu_decide(0, DECISIONS, QUANTUM_NS) >>> 0;
}

const clientOf = ({ columns }: World): number => columns.vcpuClient.get(columns.pcpuVcpu.get(0));

function decideInC(world: World, native: NativeModule): Decide {
  const { core, columns } = world;
  const addresses = ["clientParent", "clientFirst", "clientChildren", "clientShares", "clientVcpu"].map(
    (name) => baseOf(core, name),
  );
  const number = native.control("load")(
    ...addresses,
    columns.clientParent.length,
    clientOf(world),
    columns.worldLagNs.get(0),
  );
  const decide = native.control("decide");
  return () => decide(number, DECISIONS, QUANTUM_NS);
}

function decideInTwin(world: World): Decide {
  const { columns } = world;
  const parent = [...columns.clientParent].map((row) => (row === NONE ? -1 : row));
  const entities = entitiesOf({ parent, shares: [...columns.clientShares] }, columns.worldLagNs.get(0));
  const root = entities[columns.hostRoot.get(0)]!;
  let running = entities[clientOf(world)]!;
  return () => {
    let digest = 0;
    for (let decision = 0; decision < DECISIONS; decision += 1) {
      charge(running, QUANTUM_NS);
      running = pick(root);
      digest = Math.imul(digest, 0x9e3779b1) ^ columns.clientVcpu.get(running.row);
    }
    return digest >>> 0;
  };
}

async function bench(title: string, shape: Shape): Promise<void> {
  const world = await worldOf(shape);
  const native = nativeModule("decisions", [], new Uint8Array(world.core.memory.buffer));
  const widest = Math.max(...shape);
  await run(
    title,
    {
      core: decideInCore(world),
      C: native && decideInC(world, native),
      twin: { run: decideInTwin(world), timed: widest <= LINEAR_MAX || !full },
    },
    {
      threadClock: native?.now,
      goals: [
        faster("core", "C", 0.75),
        { name: "M decisions/s, core", needs: ["core"], ratio: (t) => DECISIONS / t["core"]! / 1e3 },
        ...(widest <= LINEAR_MAX ? [faster("core", "twin")] : []),
      ],
    },
  );
}

for (const vms of [parameter("vms", 4, 4), parameter("vms", 20, 64), parameter("vms", 33, 1024)]) {
  await bench(`decisions, ${vms} vCPUs, flat`, [vms, 1]);
}
// At page resolution a world has 10,000 VMs at most.
const most = parameter("vms", 50, 8192);
await bench(`decisions, ${2 * most} vCPUs, two to a VM`, [most, 2]);
await bench("decisions, 4 pools of 8 VMs of 2 vCPUs", [4, 8, 2]);
await bench("decisions, 16 pools of 16 VMs of 4 vCPUs", full ? [16, 16, 4] : [3, 5, 4]);
await bench("decisions, 16 pools of 64 VMs of 4 vCPUs", full ? [16, 64, 4] : [5, 3, 3]);
await bench("decisions, 4 × 4 × 4 pools of 4 VMs of 2 vCPUs", full ? [4, 4, 4, 4, 2] : [2, 3, 2, 2, 2]);
