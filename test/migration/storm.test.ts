// Goal: wherever a VM is, in the midst of a migration or after a failure, it holds what its guest last wrote, on one host, and no
// frame is lost or held twice; steps, snapshots and thread counts change nothing.
// Method: random hosts, guests, modes, rules and failures from a seed; the storm's shadow and checkers after each of many steps.
import { expect, test } from "vitest";
import { parseScenario } from "../../src/scenario/parse.ts";
import type { Scenario } from "../../src/scenario/types.ts";
import { decideMemory } from "../../src/sim/memory-seam.ts";
import { memoryPolicyOf } from "../../src/sim/simulate.ts";
import { createWorld, type World } from "../../src/sim/world.ts";
import { firstFault } from "../storm/checks.ts";
import { checkFreeLists, checkMappings, checkRefcounts } from "../storm/frames.ts";
import { Random } from "../storm/random.ts";
import { Shadow } from "../storm/shadow.ts";
import { coreModule } from "../support/world.ts";

const UNTIL = 20e9;

function streamText(random: Random, common: boolean): string {
  const pattern = random.pick(["uniform", "sequential", "zipf", "hot-cold"]);
  return `{ pattern: ${pattern}, rate: ${random.between(100, 20_000)}/s, writes: ${random.pick([0, 10, 60, 100])}%, content: { zero: ${random.pick([0, 20])}%, common: ${common ? 30 : 0}% } }`;
}

function migrateText(random: Random, vm: string, to: string): string {
  const rule = random.pick(["qemu", "clark", "vmotion", "xen", "remaining"]);
  const keys = [
    `vm: ${vm}`,
    `to: ${to}`,
    `mode: ${random.pick(["pre-copy", "pre-copy", "post-copy", "hybrid", "stop-and-copy"])}`,
    `rule: ${rule}`,
    `skipDirty: ${random.chance(0.5)}`,
    `orElse: ${random.pick(["stop", "abort"])}`,
    `sharedSwap: ${random.chance(0.5)}`,
    `bubbling: ${random.chance(0.7)}`,
    `deviceState: ${random.pick(["0", "300KiB"])}`,
    `switchover: ${random.pick(["0", "40ms"])}`,
    `rounds: ${random.between(1, 30)}`,
    ...(random.chance(0.5) ? [`bandwidth: ${random.between(5, 400)}Mbit/s`] : []),
    ...(random.chance(0.2) ? ["stun: 40"] : []),
    ...(random.chance(0.3) ? ["xbzrle: 500B"] : []),
    ...(rule === "qemu" && random.chance(0.4) ? ["autoConverge: true"] : []),
  ];
  return `{ at: ${random.between(0, 12_000)}ms, migrate: { ${keys.join(", ")} } }`;
}

function failText(random: Random): string {
  const at = `at: ${random.between(500, 15_000)}ms`;
  const phase = random.chance(0.5)
    ? `, phase: ${random.pick(["rounds", "stop", "state", "commits", "activates", "push"])}`
    : "";
  if (random.chance(0.3)) return `{ ${at}, fail: { host: ${random.pick(["h1", "h2", "h3"])}${phase} } }`;
  return `{ ${at}, fail: { link: [h1, ${random.pick(["h2", "h3"])}]${phase} } }`;
}

function weather(seed: number): Scenario {
  const random = new Random(seed, 77);
  const names = ["a", "b", "c"].slice(0, random.between(1, 3));
  const vms = names.map((name) => {
    const common = random.chance(0.5);
    const image = common
      ? "{ zero: 20%, common: 50%, unique: 30%, pool: p }"
      : "{ zero: 0%, common: 0%, unique: 100% }";
    return `  - { name: ${name}, host: h1, memory: ${random.between(100, 1500) * 4}KiB, vcpus: ${random.between(1, 2)}, image: ${image}, workload: [${streamText(random, common)}, { requests: 200/s, service: 1ms }] }`;
  });
  const moves = Array.from({ length: random.between(1, 4) }, () =>
    migrateText(random, random.pick(names), random.pick(["h2", "h3"])),
  );
  // And back again.
  if (random.chance(0.4)) {
    const moved = names.filter((name) => moves.some((move) => move.includes(`vm: ${name},`)));
    moves.push(...moved.map((name) => migrateText(random, name, "h1")));
  }
  const fails = random.chance(0.6) ? [failText(random)] : [];
  const repairs =
    fails.length > 0
      ? ["{ at: 16s, repair: { link: [h1, h2] } }", "{ at: 16s, repair: { link: [h1, h3] } }"]
      : [];
  const memory = random.pick(["8MiB", "16MiB", "64MiB"]);
  const text = `
ballast: 1
seed: ${seed}
duration: 20s
hosts:
  - { name: h1, memory: ${memory}, cpu: { cores: 2 }, nic: ${random.between(50, 1000)}Mbit/s, swap: ssd }
  - { name: h2, memory: 24MiB, cpu: { cores: 2 }, swap: ssd }
  - { name: h3, memory: 64MiB, cpu: { cores: 4 } }
links: [{ between: [h1, h2], bandwidth: 300Mbit/s, latency: ${random.pick(["0", "2ms"])} }]
vms:
${vms.join("\n")}
policies: { memory: { sharing: ${random.pick(["none", "{ rate: 5000/s }"])} } }
events:
${[...moves, ...fails, ...repairs].map((event) => `  - ${event}`).join("\n")}`;
  return parseScenario(text, { file: `seed ${seed}` });
}

/** Runs a world on to a time. */
function driver(world: World): (untilNs: number) => void {
  const policy = memoryPolicyOf(world.scenario.policies.memory.name);
  const { core, memory } = world.plan;
  const decides = core.groups.has("sharing") || memory.reclaims.includes(true);
  let lastNs = 0;
  return (untilNs) => {
    for (;;) {
      const stop = world.advance(untilNs);
      if (stop === "until") return;
      if (stop === "ring-full" || !decides) continue;
      decideMemory(world, policy, lastNs);
      lastNs = world.nowNs;
    }
  };
}

/** A VM runs on processors of the host that it is on. */
function checkPlaces({ columns }: World): string | undefined {
  for (const [vm, host] of columns.vmHost.entries()) {
    const first = columns.vmVcpuFirst.get(vm);
    for (let vcpu = first; vcpu < first + columns.vmVcpuCount[vm]!; vcpu += 1) {
      const at = columns.pcpuHost.get(columns.vcpuPcpu.get(vcpu));
      if (at !== host) return `vm ${vm} is on host ${host}, its vCPU ${vcpu} on host ${at}`;
      if (columns.clientHost[columns.vcpuClient.get(vcpu)] !== host)
        return `vCPU ${vcpu}: a node of another host`;
    }
  }
  return undefined;
}

test.each(Array.from({ length: 24 }, (_, at) => at + 1))(
  "seed %i: contents, frames, places",
  async (seed) => {
    const scenario = weather(seed);
    const core = coreModule(seed % 2 === 0 ? "release" : "debug");
    const world = await createWorld(scenario, { core });
    const cut = new Map(
      world
        .takeMessages()
        .flatMap(({ kind, row, count }) => (kind === "image-cut" ? [[row, count] as const] : [])),
    );
    const shadow = new Shadow(world, { scenario, images: {}, policy: memoryPolicyOf("min-funding") }, cut);
    const checks = [checkMappings, checkRefcounts, checkFreeLists, checkPlaces, () => shadow.advance()];
    const random = new Random(seed, 5);
    const run = driver(world);
    let fault: string | undefined;
    for (let at = 0; at < UNTIL && fault === undefined; ) {
      at = Math.min(UNTIL, at + random.between(1, 8e8));
      run(at);
      fault = firstFault(checks, world);
    }
    expect(fault === undefined ? "" : `${fault} at ${world.nowNs} ns`).toBe("");
    const straight = await createWorld(scenario, { core });
    driver(straight)(UNTIL);
    expect(straight.hash()).toBe(world.hash());
  },
);
