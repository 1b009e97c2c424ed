/** Bad scenarios of memory, as in bad-scenarios.ts. */

const vm = (rest: string, more = "", host = "") =>
  `ballast: 1\nhosts: [{ name: h, memory: 1GiB${host} }]\nvms:\n  - { name: a, memory: 256MiB${rest} }\n${more}`;
const policy = (text: string) => vm("", `policies: { memory: { ${text} } }\n`);
const event = (text: string) => vm("", `pools: [{ name: p }]\nevents: [{ at: 1s, ${text} }]\n`);

const amount = "a size or a percentage, such as 256MiB or 25%";

type Bad = readonly [what: string, text: string, rows: readonly string[]];

const controls: readonly Bad[] = [
  [
    "mem shares",
    vm(", mem: { shares: normla, limit: 9 }"),
    [
      "s.yaml:4:47  vms[0].mem.shares  expected a whole number, or low, normal or high, got normla; did you mean normal?",
      `s.yaml:4:62  vms[0].mem.limit  expected ${amount}, or none, got 9`,
    ],
  ],
  [
    "mem shares 0",
    vm(", mem: { shares: 0 }"),
    ["s.yaml:4:47  vms[0].mem.shares  expected at least 1, got 0"],
  ],
  [
    "mem key",
    vm(", mem: { reservatoin: 0 }"),
    ["s.yaml:4:39  vms[0].mem.reservatoin  expected a known key, got reservatoin; did you mean reservation?"],
  ],
  [
    "mem above the VM",
    vm(", mem: { reservation: 300MiB, limit: 150% }"),
    [
      "s.yaml:4:52  vms[0].mem.reservation  expected at most the VM's memory (256 MiB), got 300MiB",
      "s.yaml:4:67  vms[0].mem.limit  expected at most the VM's memory (256 MiB), got 150%",
    ],
  ],
  [
    "mem reservation above limit",
    vm(", mem: { reservation: 50%, limit: 64MiB }"),
    ["s.yaml:4:52  vms[0].mem.reservation  expected at most its limit (64 MiB), got 50%"],
  ],
  [
    "mem limit 0",
    vm(", mem: { limit: 0 }"),
    ["s.yaml:4:46  vms[0].mem.limit  expected more than 0, or none, got 0"],
  ],
  [
    "mem reservation above the host",
    vm(", mem: { reservation: 100% }, overhead: 32MiB", "", ", system: 800MiB"),
    [
      "s.yaml:4:52  vms[0].mem.reservation  expected at most 192 MiB, the capacity of host h without the VM's overhead, got 100%",
    ],
  ],
  [
    "mem reservation above the pool",
    vm(
      ", pool: p, mem: { reservation: 128MiB }",
      "pools: [{ name: p, expandable: false, mem: { reservation: 64MiB } }]\n",
    ),
    ["s.yaml:4:61  vms[0].mem.reservation  expected at most 64 MiB, the reservation of pool p, got 128MiB"],
  ],
  [
    "mem of pools",
    vm(
      "",
      "pools: [{ name: p, mem: { limit: 50% }, memory: {} }, { name: q, memory: { reservation: 2GiB } }]\n",
    ),
    [
      "s.yaml:5:34  pools[0].mem.limit  expected a size, such as 1GiB, or none: percentages are of a VM's memory, got 50%",
      "s.yaml:5:41  pools[0].memory  expected mem or memory, got both",
    ],
  ],
  [
    "mem of a pool above its host",
    vm("", "pools: [{ name: q, memory: { reservation: 2GiB } }]\n"),
    ["s.yaml:5:9  pools[0].mem.reservation  expected at most 1 GiB, the capacity of host h, got nothing"],
  ],
  [
    "tax",
    vm(", idleTax: 100%", "policies: { memory: { idleTax: 100% } }\n"),
    [
      "s.yaml:4:41  vms[0].idleTax  expected 0 % to 99 %, got 100%",
      "s.yaml:5:32  policies.memory.idleTax  expected 0 % to 99 %, got 100%",
    ],
  ],
  [
    "system",
    vm("", "", ", system: 1GiB"),
    ["s.yaml:2:42  hosts[0].system  expected less than the host's memory (1 GiB), got 1GiB"],
  ],
];

const devices: readonly Bad[] = [
  [
    "swap kind",
    vm("", "", ", swap: sdd"),
    [
      "s.yaml:2:40  hosts[0].swap  expected hdd, ssd, nvme, remote or none, or a map, got sdd; did you mean hdd?",
    ],
  ],
  [
    "swap map",
    vm("", "", ", swap: { kind: tape, size: 0, bandwidth: 2Gb, raed: 1us }"),
    [
      "s.yaml:2:48  hosts[0].swap.kind  expected hdd, ssd, nvme or remote, got tape",
      "s.yaml:2:60  hosts[0].swap.size  expected a size of more than 0, got 0",
      "s.yaml:2:74  hosts[0].swap.bandwidth  expected a bandwidth with a unit, such as 1Gbit/s, got 2Gb; units are bit/s kbit/s Mbit/s Gbit/s B/s kB/s MB/s GB/s KiB/s MiB/s GiB/s",
      "s.yaml:2:79  hosts[0].swap.raed  expected a known key, got raed; did you mean read?",
    ],
  ],
  [
    "swap too small",
    vm(", mem: { reservation: 64MiB, limit: 50% }", "", ", swap: { size: 32MiB }"),
    [
      "s.yaml:4:52  vms[0].mem.reservation  expected at least 96 MiB, as host h has 32 MiB of swap, got 64 MiB",
    ],
  ],
  [
    "disk",
    vm(", os: linux, disk: remote"),
    ["s.yaml:4:49  vms[0].disk  expected hdd, ssd or nvme, or a map, got remote; names are hdd ssd nvme"],
  ],
  [
    "without an os",
    vm(", disk: ssd, balloon: { max: 50% }"),
    [
      "s.yaml:4:32  vms[0].disk  expected disk only for a guest with an os, got disk",
      "s.yaml:4:43  vms[0].balloon  expected balloon only for a guest with an os, got balloon",
    ],
  ],
  [
    "balloon",
    vm(", os: linux, balloon: { max: 120%, rate: 0 }"),
    [
      "s.yaml:4:59  vms[0].balloon.max  expected at most 100%, got 120%",
      "s.yaml:4:71  vms[0].balloon.rate  expected a rate of more than 0, got 0",
    ],
  ],
];

const policies: readonly Bad[] = [
  [
    "reclaim",
    policy("reclaim: { states: five, every: 1us, cluster: 0, hysteresis: 50%, shareFrist: true }"),
    [
      "s.yaml:5:42  policies.memory.reclaim.states  expected fixed, min-free or min-free-5, got five",
      "s.yaml:5:55  policies.memory.reclaim.every  expected 1 ms to 1 h, got 1us",
      "s.yaml:5:69  policies.memory.reclaim.cluster  expected at least 1, got 0",
      "s.yaml:5:84  policies.memory.reclaim.hysteresis  expected 0 % to 10 %, got 50%",
      "s.yaml:5:89  policies.memory.reclaim.shareFrist  expected a known key, got shareFrist; did you mean shareFirst?",
    ],
  ],
  [
    "reclaim word",
    policy("reclaim: never"),
    ["s.yaml:5:32  policies.memory.reclaim  expected a map of settings, or none, got never"],
  ],
  [
    "compression",
    policy("reclaim: { compression: { quarter: 70% } }"),
    ["s.yaml:5:47  policies.memory.reclaim.compression  expected quarter of at most half (66.2 %), got 70 %"],
  ],
  [
    "sampling",
    policy("sampling: { pages: 20000, fast: 80%, every: 0 }"),
    [
      "s.yaml:5:42  policies.memory.sampling.pages  expected at most 10 000, got 20000",
      "s.yaml:5:55  policies.memory.sampling.fast  expected at most slow (75 %): the fast average forgets sooner, got 80%",
      "s.yaml:5:67  policies.memory.sampling.every  expected 1 ms to 24 h, got 0",
    ],
  ],
  [
    "sampling slow",
    policy("sampling: { slow: 10% }"),
    [
      "s.yaml:5:41  policies.memory.sampling.slow  expected at least fast (25 %): the slow average forgets later, got 10%",
    ],
  ],
  [
    "costs",
    policy("costs: { map: 5, move: 1us }"),
    [
      "s.yaml:5:37  policies.memory.costs.map  expected a time with a unit, such as 90s, got 5",
      "s.yaml:5:40  policies.memory.costs.move  expected a known key, got move; keys are map zero copy zip unzip",
    ],
  ],
  [
    "tax type",
    policy("idleTaxType: 1"),
    [
      "s.yaml:5:23  policies.memory.idleTaxType  expected a key of this version, got idleTaxType; not simulated by this version of ballast",
    ],
  ],
];

const events: readonly Bad[] = [
  [
    "event reset",
    event("reset: { vm: b }"),
    ["s.yaml:6:33  events[0].reset.vm  expected the name of a VM, got b; did you mean a?"],
  ],
  ["event tax", event("idleTax: 100%"), ["s.yaml:6:29  events[0].idleTax  expected 0 % to 99 %, got 100%"]],
  [
    "event mem above",
    event("set: { vm: a, mem.limit: 1GiB }"),
    ['s.yaml:6:45  events[0].set["mem.limit"]  expected at most the VM\'s memory (256 MiB), got 1GiB'],
  ],
  [
    "event mem below",
    event("set: { vm: a, mem: { limit: 64MiB, reservation: 128MiB } }"),
    ["s.yaml:6:48  events[0].set.mem.limit  expected at least its reservation (128 MiB), got 64MiB"],
  ],
  [
    "event mem limit 0",
    event("set: { pool: p, mem.limit: 0 }"),
    ['s.yaml:6:47  events[0].set["mem.limit"]  expected more than 0, or none, got 0'],
  ],
  [
    "event mem twice",
    event("set: { vm: a, mem.shares: 5, mem: { shares: 6 } }"),
    ['s.yaml:6:34  events[0].set["mem.shares"]  expected mem.shares or mem: { shares }, got both'],
  ],
  [
    "event mem of a pool",
    event("set: { pool: p, mem.reservation: 5% }"),
    [
      's.yaml:6:53  events[0].set["mem.reservation"]  expected a size, such as 1GiB, or none: percentages are of a VM\'s memory, got 5%',
    ],
  ],
];

export const badMemory: readonly Bad[] = [...controls, ...devices, ...policies, ...events];
