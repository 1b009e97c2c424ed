/** Scenarios of hosts short of memory for the tests of determinism, as text: between them every way to take memory back. */

const guests = `
  - { name: web, count: 2, memory: 8MiB, workload: { pattern: zipf, rate: 3000/s, writes: 30%, content: { zero: 20%, common: 20% } }, image: { zero: 20%, common: 40% } }
  - { name: db, memory: 12MiB, mem: { reservation: 4MiB, shares: high }, overhead: 256KiB, workload: { pattern: hot-cold, rate: 4000/s, writes: 20% } }
  - { name: log, memory: 8MiB, mem: { limit: 4MiB }, workload: [{ pattern: sequential, rate: 700/s, writes: 60% }, { pattern: uniform, rate: 300/s, start: 2s, stop: 8s }] }`;

const managed = `
  - { name: lin, count: 2, memory: 16MiB, os: { kind: linux, boot: 1s, kernel: 2MiB }, disk: ssd, workload: [{ pattern: zipf, rate: 4000/s, writes: 20%, memory: file, size: 20MiB }, { pattern: hot-cold, rate: 2000/s, writes: 50%, memory: anonymous, size: 6MiB }] }
  - { name: win, memory: 12MiB, os: { kind: windows, boot: 2s, kernel: 2MiB }, disk: hdd, workload: { pattern: uniform, rate: 1500/s, writes: 30%, memory: anonymous, size: 9MiB } }
  - { name: batch, memory: 6MiB, start: 3s, workload: { pattern: sequential, rate: 2000/s, writes: 100% } }`;

/** Large pages that are shared, broken and formed again; addresses translated; writes harvested. */
const translated = `
  - { name: twin, count: 2, memory: 10MiB, mmu: { mode: nested, guestPages: 2MiB }, workload: { pattern: hot-cold, rate: 3000/s, writes: 30%, content: { zero: 30%, common: 40% } }, image: { zero: 20%, common: 50% } }
  - { name: old, memory: 8MiB, mmu: shadow, largePages: never, harvest: { method: ring, every: 700ms, ring: 512, accessed: true }, workload: { pattern: uniform, rate: 2000/s, writes: 40% } }
  - { name: late, memory: 8MiB, harvest: { method: page-modification-log, every: 2s }, workload: { pattern: sequential, rate: 1500/s, writes: 100%, start: 3s } }
  - { name: solo, memory: 6MiB, image: { unique: 100% }, workload: { pattern: uniform, rate: 4000/s, writes: 10% } }`;

interface Words {
  readonly profile: string;
  readonly memory: string;
  readonly swap: string;
  readonly vms: string;
  readonly policy?: string;
  readonly events?: string;
}

const text = ({ profile, memory, swap, vms, policy = "{}", events = "[]" }: Words): string => `ballast: 1
seed: SEED
duration: 12s
profile: ${profile}
hosts: [{ name: h, memory: ${memory}, swap: ${swap} }]
vms:${vms}
policies: { memory: ${policy} }
events: ${events}
`;

/** Scenarios by name; `SEED` stands for one. */
const TEXTS: Readonly<Record<string, string>> = {
  "paging, no compression": text({ profile: "esx2", memory: "24MiB", swap: "ssd", vms: guests }),
  "paging to an arm, not shared first": text({
    profile: "esx2",
    memory: "26MiB",
    swap: "hdd",
    vms: guests,
    policy: "{ reclaim: { shareFirst: false, cluster: 4, every: 37ms } }",
  }),
  "compression, sampling every second": text({
    profile: "esx6",
    memory: "24MiB",
    swap: "nvme",
    vms: guests,
    policy: "{ sampling: { every: 1s, pages: 50 } }",
    events:
      "[{ at: 4s, set: { vm: db, mem.limit: 6MiB } }, { at: 5s, idleTax: 0% }, { at: 7s, stop: { vm: web-1 } }]",
  }),
  "guests that manage their memory": text({
    profile: "esx4",
    memory: "40MiB",
    swap: "ssd",
    vms: managed,
    policy: "{ sampling: { every: 2s } }",
    events:
      "[{ at: 6s, reset: { vm: lin-1 } }, { at: 8s, stop: { vm: win } }, { at: 9s, start: { vm: win } }]",
  }),
  "large pages, translated and harvested": text({
    profile: "esx4",
    memory: "34MiB",
    swap: "ssd",
    vms: translated,
    events: "[{ at: 7s, stop: { vm: late } }]",
    policy:
      "{ sampling: { every: 1s }, largePages: { backing: always, breakAt: soft, defragment: 20000/s }, sharing: { rate: 3000/s, vmRate: none, salting: none } }",
  }),
};

export const MEMORY_WORLDS: readonly string[] = Object.keys(TEXTS);

export function memoryWorldText(name: string, seed = 11): string {
  return TEXTS[name]!.replace("SEED", `${seed}`);
}
