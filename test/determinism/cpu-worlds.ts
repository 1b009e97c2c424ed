/** Scenarios of processors for the tests of determinism, as text: between them every scheduler, mode and kind of guest. */

const guests = `
  - { name: web, count: 2, pool: alice, vcpus: 2, memory: 4KiB, cpu: { limit: 120% }, workload: { requests: 300/s, service: { mean: 3ms } } }
  - { name: db, pool: alice, vcpus: 4, memory: 4KiB, cpu: { shares: high, reservation: 300MHz }, workload: { lock: { hold: 200us, between: { mean: 2ms, spread: 1ms, draw: normal }, kind: ticket } } }
  - { name: sim, pool: bob, vcpus: 4, memory: 4KiB, smt: { sharing: internal }, workload: { barrier: { work: { mean: 4ms }, threads: 6 } } }
  - { name: batch, count: 3, memory: 4KiB, cache: { workingSet: 1MiB, references: 20M/s, misses: [[1MiB, 40%], [8MiB, 5%]] }, guest: { ticks: 100/s, lateTicks: sponge } , workload: { busy: true } }
  - { name: late, memory: 4KiB, vcpus: 2, start: 3s, guest: { panic: 20ms }, workload: { run: 4ms, sleep: { mean: 1ms } } }`;

const base = `ballast: 1
seed: SEED
duration: 12s
hosts: [{ name: h, memory: 64MiB, cpu: { sockets: 2, cores: 2, threads: THREADS, mhz: 2000 }, power: { table: hp-ml110-g5, states: [1.2GHz, 1.6GHz], governor: on-demand }, interrupts: [{ name: nic, vm: db, rate: 3000/s, cost: 10us, arrivals: exponential }] }]
pools: [{ name: alice, owner: alice, cpu: { shares: 3000 } }, { name: bob, cpu: { shares: 2000, limit: 250% } }]
vms:${guests}
policies: { memory: { sharing: false }, cpu: { CPU } }
events:
  - { at: 2s, set: { vm: sim, vcpus: 2 } }
  - { at: 4s, actor: alice, set: { vm: web-1, cpu.shares: 5000 } }
  - { at: 5s, set: { pool: bob, cpu.limit: 150% } }
  - { at: 6s, stop: { vm: batch-2 } }
  - { at: 7s, set: { vm: sim, vcpus: 4 } }
  - { at: 8s, start: { vm: batch-2 } }
`;

const text = (cpu: string, threads = 1): string => base.replace("CPU", cpu).replace("THREADS", `${threads}`);

/** Scenarios by name; `SEED` stands for one. */
const TEXTS: Readonly<Record<string, string>> = {
  "per vCPU, SMT": text("coscheduling: per-vcpu, quantum: 10ms, wholeCore: 20ms", 2),
  "relaxed, wake-up preemption": text("coscheduling: relaxed, quantum: 3ms, wakeupPreemption: true"),
  "strict, default quantum": text("coscheduling: strict"),
  "stride, one queue": text("scheduler: stride, quantum: 5ms, coscheduling: none"),
  lottery: text("scheduler: lottery, quantum: 5ms"),
  "credit, SMT": text("scheduler: credit, quantum: 6ms", 2),
  "round robin, SMT of four": text("scheduler: round-robin, quantum: 2ms", 4),
};

export const CPU_WORLDS: readonly string[] = Object.keys(TEXTS);

export function cpuWorldText(name: string, seed = 11): string {
  return TEXTS[name]!.replace("SEED", `${seed}`);
}
