/** Bad processors, controls and pools, as in bad-scenarios.ts. */

const host = (rest: string) =>
  `ballast: 1\nhosts:\n  - { name: h, memory: 8GiB${rest} }\nvms: [{ name: a, memory: 1GiB }]\n`;
const vm = (rest: string, more = "") =>
  `ballast: 1\nhosts: [{ name: h, memory: 8GiB, cpu: { cores: 2, mhz: 1000 } }]\nvms:\n  - { name: a, memory: 1GiB${rest} }\n${more}`;
const pools = (p: string, v = "") => vm(v, `pools: [${p}]\n`);

export const badCpuScenarios: readonly (readonly [what: string, text: string, rows: readonly string[]])[] = [
  [
    "threads",
    host(", cpu: { threads: 3 }"),
    ["s.yaml:3:46  hosts[0].cpu.threads  expected 1, 2, 4 or 8, got 3"],
  ],
  [
    "pcpus",
    host(", cpu: { sockets: 8, cores: 64, threads: 4 }"),
    ["s.yaml:3:35  hosts[0].cpu  expected at most 1024 pCPUs (sockets × cores × threads), got 2048"],
  ],
  [
    "llc",
    host(", cpu: { cores: 6, llc: { cores: 4 } }"),
    ["s.yaml:3:61  hosts[0].cpu.llc.cores  expected a number that divides the 6 cores of a socket, got 4"],
  ],
  [
    "options",
    vm("", "policies: { cpu: { options: [1] } }\n"),
    ["s.yaml:5:29  policies.cpu.options  expected a map, got a list"],
  ],
  [
    "gain",
    host(", cpu: { threads: 2, smtGain: 2.5 }"),
    ["s.yaml:3:58  hosts[0].cpu.smtGain  expected at most 2, the threads of a core, got 2.5"],
  ],
  [
    "gain of more threads than any core has",
    host(", cpu: { threads: 2, smtGain: 9 }"),
    ["s.yaml:3:58  hosts[0].cpu.smtGain  expected at most 2, the threads of a core, got 9"],
  ],
  [
    "gain of one thread",
    host(", cpu: { smtGain: 9 }"),
    ["s.yaml:3:46  hosts[0].cpu.smtGain  expected at most 8, the most threads of a core, got 9"],
  ],
  [
    "gain infinite",
    host(", cpu: { threads: 2, smtGain: .inf }"),
    ["s.yaml:3:58  hosts[0].cpu.smtGain  expected a number such as 1.25, or a list of them, got Infinity"],
  ],
  [
    "gains count",
    host(", cpu: { threads: 4, smtGain: [1, 1.2] }"),
    ["s.yaml:3:58  hosts[0].cpu.smtGain  expected 4 numbers, one for each number of busy threads, got 2"],
  ],
  [
    "gains order",
    host(", cpu: { threads: 4, smtGain: [1, 1.4, 1.3, 1.5] }"),
    ["s.yaml:3:67  hosts[0].cpu.smtGain[2]  expected 1.4 to 3, got 1.3"],
  ],
  [
    "gain alone",
    host(", cpu: { threads: 2, smtGain: [1.2, 1.4] }"),
    ["s.yaml:3:59  hosts[0].cpu.smtGain[0]  expected 1, what a thread alone does, got 1.2"],
  ],
  [
    "gain text",
    host(", cpu: { threads: 2, smtGain: fast }"),
    ["s.yaml:3:58  hosts[0].cpu.smtGain  expected a number such as 1.25, or a list of them, got fast"],
  ],
  [
    "power name",
    host(", power: hp-ml110-g6"),
    [
      "s.yaml:3:37  hosts[0].power  expected the name of a table, or a map, got hp-ml110-g6; did you mean hp-ml110-g3?",
    ],
  ],
  [
    "power watts",
    host(", power: { table: [1, 2, 3] }"),
    ["s.yaml:3:46  hosts[0].power.table  expected at least 11 entries, got 3 entries"],
  ],
  [
    "power state",
    host(", power: { table: hp-ml110-g5, states: [3GHz, 0%, slow] }"),
    [
      "s.yaml:3:68  hosts[0].power.states[0]  expected more than 0 and at most the nominal clock (2 GHz), got 3GHz",
      "s.yaml:3:74  hosts[0].power.states[1]  expected more than 0 and at most the nominal clock (2 GHz), got 0%",
      "s.yaml:3:78  hosts[0].power.states[2]  expected a clock such as 1.2GHz or 60%, got slow",
    ],
  ],
  [
    "governor",
    host(", power: { table: hp-ml110-g5, governor: ondemand }"),
    [
      "s.yaml:3:69  hosts[0].power.governor  expected performance, powersave or on-demand, got ondemand; did you mean on-demand?",
    ],
  ],
  [
    "interrupts",
    host(", interrupts: [{ name: n, vm: b, rate: 10000/s, cost: 100us }, { name: n, rate: 0/s, cost: 1us }]"),
    [
      "s.yaml:3:58  hosts[0].interrupts[0].vm  expected the name of a VM, got b; did you mean a?",
      "s.yaml:3:82  hosts[0].interrupts[0].cost  expected less than the gap between two interrupts (100 us), got 100us",
      "s.yaml:3:99  hosts[0].interrupts[1].name  expected a name of its own, got n; interrupts[0] has it",
      "s.yaml:3:108  hosts[0].interrupts[1].rate  expected a rate of more than 0, got 0/s",
    ],
  ],
  [
    "interrupts all day",
    host(", interrupts: [{ name: x, rate: 900000/s, cost: 1us }, { name: y, rate: 100000/s, cost: 1us }]"),
    [
      "s.yaml:3:42  hosts[0].interrupts  expected sources that leave some time of every pCPU, got 100 % of one of 1",
    ],
  ],
  [
    "interrupts all day on one of two",
    host(
      ", cpu: { cores: 2 }, interrupts: [{ name: x, rate: 700000/s, cost: 1us }, { name: y, rate: 600000/s, cost: 1us }, { name: z, rate: 500000/s, cost: 1us }]",
    ),
    [
      "s.yaml:3:61  hosts[0].interrupts  expected sources that leave some time of every pCPU, got 110 % of one of 2",
    ],
  ],
  [
    "interrupt elsewhere",
    `ballast: 1\nhosts:\n  - { name: h, memory: 8GiB, interrupts: [{ name: n, vm: a, rate: 1/s, cost: 1us }] }\n  - { name: g, memory: 8GiB }\nvms: [{ name: a, memory: 1GiB, host: g }]\n`,
    ["s.yaml:3:58  hosts[0].interrupts[0].vm  expected a VM of host h, got a, which is on g"],
  ],
  [
    "host power later",
    host(", cpu: { power: x }"),
    [
      "s.yaml:3:37  hosts[0].cpu.power  expected a key of this version, got power; not simulated by this version of ballast",
    ],
  ],
  ["shares 0", vm(", cpu: { shares: 0 }"), ["s.yaml:4:45  vms[0].cpu.shares  expected at least 1, got 0"]],
  ["shares -1", vm(", cpu: { shares: -1 }"), ["s.yaml:4:45  vms[0].cpu.shares  expected at least 1, got -1"]],
  [
    "shares word",
    vm(", cpu: { shares: hihg }"),
    [
      "s.yaml:4:45  vms[0].cpu.shares  expected a whole number, or low, normal or high, got hihg; did you mean high?",
    ],
  ],
  [
    "shares frac",
    vm(", cpu: { shares: 1.5 }"),
    ["s.yaml:4:45  vms[0].cpu.shares  expected a whole number, got 1.5"],
  ],
  [
    "reservation unit",
    vm(", cpu: { reservation: 500 }"),
    [
      "s.yaml:4:50  vms[0].cpu.reservation  expected MHz or percent of a pCPU, such as 500MHz or 25%, or none, got 500",
    ],
  ],
  [
    "reservation neg",
    vm(", cpu: { reservation: -5MHz }"),
    ["s.yaml:4:50  vms[0].cpu.reservation  expected a frequency of 0 or more, got -5MHz"],
  ],
  [
    "reservation unit2",
    vm(", cpu: { reservation: 5Mhz }"),
    [
      "s.yaml:4:50  vms[0].cpu.reservation  expected MHz or percent of a pCPU, such as 500MHz or 25%, got 5Mhz; did you mean MHz?",
    ],
  ],
  [
    "limit lt",
    vm(", cpu: { reservation: 500MHz, limit: 25% }"),
    ["s.yaml:4:65  vms[0].cpu.limit  expected at least its reservation (500 MHz), got 25%"],
  ],
  [
    "res cap",
    vm(", cpu: { reservation: 3GHz }"),
    ["s.yaml:4:50  vms[0].cpu.reservation  expected at most 2 GHz, the capacity of host h, got 3GHz"],
  ],
  [
    "res vcpus",
    vm(", cpu: { reservation: 1500MHz }"),
    ["s.yaml:4:50  vms[0].cpu.reservation  expected at most 1 GHz, what 1 vCPU can use, got 1500MHz"],
  ],
  [
    "res vcpus event",
    vm(
      ", vcpus: 1, cpu: { reservation: 100% }",
      "events: [{ at: 1s, set: { vm: a, cpu.reservation: 1500MHz } }, { at: 2s, set: { vm: a, cpu: { reservation: 101% } } }]\n",
    ),
    [
      's.yaml:5:51  events[0].set["cpu.reservation"]  expected at most 1 GHz, what 1 vCPU can use, got 1500MHz',
      "s.yaml:5:108  events[1].set.cpu.reservation  expected at most 1 GHz, what 1 vCPU can use, got 101%",
    ],
  ],
  ["vcpus", vm(", vcpus: 257"), ["s.yaml:4:37  vms[0].vcpus  expected at most 256, got 257"]],
  [
    "pool unknown",
    pools("{ name: web }", ", pool: wbe"),
    ["s.yaml:4:36  vms[0].pool  expected the name of a pool, got wbe; did you mean web?"],
  ],
  [
    "pool none",
    vm(", pool: web"),
    ["s.yaml:4:36  vms[0].pool  expected the name of a pool, got web; there are no pools"],
  ],
  [
    "pool parent unknown",
    pools("{ name: web, pool: x }"),
    ["s.yaml:5:28  pools[0].pool  expected the name of a pool, got x; pools are web"],
  ],
  [
    "pool self",
    pools("{ name: web, pool: web }"),
    ["s.yaml:5:28  pools[0].pool  expected a pool that is not in itself, got web in web"],
  ],
  [
    "pool cycle",
    pools("{ name: x, pool: y }, { name: y, pool: z }, { name: z, pool: y }", ", pool: x"),
    ["s.yaml:5:48  pools[1].pool  expected a pool that is not in itself, got y in z in y"],
  ],
  [
    "pool twice",
    pools("{ name: x }, { name: x }"),
    ["s.yaml:5:30  pools[1].name  expected a name of its own, got x; pools[0] has it"],
  ],
  [
    "pool host",
    pools("{ name: x, host: hh }"),
    ["s.yaml:5:26  pools[0].host  expected the name of a host, got hh; did you mean h?"],
  ],
  [
    "pool hosts",
    `ballast: 1\nhosts: [{ name: h, count: 2, memory: 8GiB }]\npools:\n  - { name: x, host: h-1 }\n  - { name: y, pool: x }\nvms:\n  - { name: a, memory: 1GiB, host: h-2, pool: y }\n`,
    [
      "s.yaml:7:36  vms[0].host  expected h-1, as pool x, got h-2; pools that are in each other and their VMs are on one host",
    ],
  ],
  [
    "pool limit",
    pools("{ name: x, cpu: { reservation: 1GHz, limit: 900MHz } }"),
    ["s.yaml:5:53  pools[0].cpu.limit  expected at least its reservation (1 GHz), got 900MHz"],
  ],
  [
    "pool capacity",
    pools("{ name: x, cpu: { reservation: 2100MHz } }"),
    ["s.yaml:5:40  pools[0].cpu.reservation  expected at most 2 GHz, the capacity of host h, got 2100MHz"],
  ],
  [
    "pool capacity, beside another",
    pools("{ name: y, cpu: { reservation: 600MHz } }, { name: x, cpu: { reservation: 2100MHz } }"),
    ["s.yaml:5:83  pools[1].cpu.reservation  expected at most 2 GHz, the capacity of host h, got 2100MHz"],
  ],
  [
    "pool capacity, in another",
    pools("{ name: y, cpu: { reservation: 600MHz } }, { name: x, pool: y, cpu: { reservation: 2100MHz } }"),
    ["s.yaml:5:92  pools[1].cpu.reservation  expected at most 2 GHz, the capacity of host h, got 2100MHz"],
  ],
  [
    "pools capacity",
    pools("{ name: x, cpu: { reservation: 1500MHz } }, { name: y, cpu: { reservation: 600MHz } }"),
    [
      "s.yaml:5:9  pools[0]  expected reservations of pools of at most 2 GHz in all, the capacity of host h, got 2.1 GHz",
    ],
  ],
  [
    "pool children",
    pools(
      "{ name: x, expandable: false, cpu: { reservation: 500MHz } }, { name: y, pool: x, cpu: { reservation: 600MHz } }",
    ),
    [
      "s.yaml:5:59  pools[0].cpu.reservation  expected at least 600 MHz, which the pools in x reserve, or expandable: true, got 500MHz",
    ],
  ],
  [
    "vm above pool",
    pools(
      "{ name: x, expandable: false, cpu: { reservation: 500MHz } }",
      ", pool: x, cpu: { reservation: 600MHz }",
    ),
    ["s.yaml:4:59  vms[0].cpu.reservation  expected at most 500 MHz, the reservation of pool x, got 600MHz"],
  ],
  [
    "pool zero shares",
    pools("{ name: x, cpu: { shares: 0 } }"),
    ["s.yaml:5:35  pools[0].cpu.shares  expected at least 1, got 0"],
  ],
  [
    "smt",
    vm(", smt: { sharing: all }"),
    ["s.yaml:4:46  vms[0].smt.sharing  expected any, internal or none, got all"],
  ],
  [
    "cache alone",
    vm(", cache: { references: 20M/s }"),
    ["s.yaml:4:39  vms[0].cache.references  expected misses beside references, got references alone"],
  ],
  [
    "cache curve",
    vm(", cache: { references: 20M/s, misses: [[8MiB, 5%], [1MiB, 40%]] }"),
    ["s.yaml:4:80  vms[0].cache.misses[1][0]  expected more cache than the point before, got 1MiB"],
  ],
  [
    "cache curve up",
    vm(", cache: { references: 20M/s, misses: [[1MiB, 5%], [8MiB, 40%]] }"),
    ["s.yaml:4:86  vms[0].cache.misses[1][1]  expected no more misses than with less cache, got 40%"],
  ],
  [
    "cache pair",
    vm(", cache: { references: 20M/s, misses: [[1MiB]] }"),
    ["s.yaml:4:67  vms[0].cache.misses[0]  expected at least 2 entries, got 1 entries"],
  ],
  [
    "cache ways",
    vm(", cache: { ways: 7-0 }"),
    ["s.yaml:4:45  vms[0].cache.ways  expected a range of ways from low to high, at most 31, got 7-0"],
  ],
  [
    "cache ways host",
    vm(", cache: { ways: 8-16 }"),
    ["s.yaml:4:45  vms[0].cache.ways  expected ways below 16, as the caches of its host have, got 8-16"],
  ],
  [
    "cache ways text",
    vm(", cache: { ways: all }"),
    ["s.yaml:4:45  vms[0].cache.ways  expected a range of ways, such as 0-7, got all"],
  ],
  [
    "cache refs",
    vm(", cache: { references: 20, misses: [[1MiB, 5%]] }"),
    ["s.yaml:4:51  vms[0].cache.references  expected a rate with a unit, such as 20M/s, got 20"],
  ],
  [
    "guest",
    vm(", guest: { lateTicks: sponge }"),
    ["s.yaml:4:39  vms[0].guest.lateTicks  expected lateTicks only beside ticks, got lateTicks"],
  ],
  [
    "limit 0",
    vm(", cpu: { limit: 0% }"),
    ["s.yaml:4:44  vms[0].cpu.limit  expected more than 0, or none, got 0%"],
  ],
];
