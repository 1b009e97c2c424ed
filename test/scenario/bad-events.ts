/** Bad events and CPU policies, as in bad-scenarios.ts. */

const vm = (rest: string, more = "") =>
  `ballast: 1\nhosts: [{ name: h, memory: 8GiB, cpu: { cores: 2, mhz: 1000 } }]\nvms:\n  - { name: a, memory: 1GiB${rest} }\n${more}`;
const events = (e: string) =>
  vm(
    ", vcpus: 2",
    `  - { name: w, count: 2, memory: 1GiB }\npools: [{ name: p, owner: bob }]\nevents:\n  - ${e}\n`,
  );

export const badEvents: readonly (readonly [what: string, text: string, rows: readonly string[]])[] = [
  [
    "event none",
    events("{ at: 1s }"),
    [
      "s.yaml:8:5  events[0]  expected one of start, stop, reset, add, remove, migrate, fail, repair, idleTax and set, got none of them",
    ],
  ],
  [
    "event two",
    events("{ at: 1s, stop: { vm: a }, start: { vm: a } }"),
    [
      "s.yaml:8:5  events[0]  expected one of start, stop, reset, add, remove, migrate, fail, repair, idleTax and set, got start and stop",
    ],
  ],
  [
    "event vm",
    events("{ at: 1s, stop: { vm: w } }"),
    ["s.yaml:8:27  events[0].stop.vm  expected the name of a VM, got w; did you mean w-1?"],
  ],
  [
    "event vm b",
    events("{ at: 1s, start: { vm: b } }"),
    ["s.yaml:8:28  events[0].start.vm  expected the name of a VM, got b; did you mean a?"],
  ],
  [
    "event set",
    events("{ at: 1s, set: { cpu.shares: 5 } }"),
    ["s.yaml:8:20  events[0].set  expected vm or pool, got neither"],
  ],
  [
    "event move and more",
    events("{ at: 1s, set: { vm: a, pool: p, cpu.shares: 5 } }"),
    [
      's.yaml:8:38  events[0].set["cpu.shares"]  expected vm and pool alone, where a VM is to go to another pool, got cpu.shares; or another event for the rest',
    ],
  ],
  [
    "event move where",
    events("{ at: 1s, set: { vm: a, pool: q } }"),
    ["s.yaml:8:35  events[0].set.pool  expected the name of a pool, got q; did you mean p?"],
  ],
  [
    "event move, another host",
    "ballast: 1\nhosts: [{ name: h, memory: 1GiB }, { name: i, memory: 1GiB }]\nvms: [{ name: a, host: h, memory: 4KiB }]\npools: [{ name: p, host: i }]\nevents: [{ at: 1s, set: { vm: a, pool: p } }]\n",
    [
      "s.yaml:5:40  events[0].set.pool  expected a pool of host h, where a is, got p, which is on i; or migrate it there",
    ],
  ],
  [
    "event adds nothing",
    events("{ at: 1s, add: { } }"),
    ["s.yaml:8:20  events[0].add  expected vm or pool, got neither"],
  ],
  [
    "event adds a name",
    events("{ at: 1s, add: { vm: b } }"),
    ['s.yaml:8:26  events[0].add.vm  expected a map, got "b"'],
  ],
  [
    "event adds without vm",
    events("{ at: 1s, add: { name: b, memory: 4KiB } }"),
    [
      "s.yaml:8:22  events[0].add.name  expected a known key, got name; keys are vm pool",
      "s.yaml:8:31  events[0].add.memory  expected a known key, got memory; keys are vm pool",
    ],
  ],
  [
    "event adds both",
    events("{ at: 1s, add: { vm: { name: b, memory: 4KiB }, pool: { name: q } } }"),
    ["s.yaml:8:20  events[0].add  expected vm or pool, got both"],
  ],
  [
    "event adds a name that is there",
    events("{ at: 1s, add: { vm: { name: a, memory: 4KiB } } }"),
    ["s.yaml:8:34  events[0].add.vm.name  expected a name of its own, got a; vms[0] has it"],
  ],
  [
    "event adds the same twice",
    events(
      "{ at: 1s, add: { vm: { name: b, memory: 4KiB } } }\n  - { at: 2s, add: { vm: { name: b, memory: 4KiB } } }",
    ),
    ["s.yaml:9:34  events[1].add.vm.name  expected a name of its own, got b; events[0] has it"],
  ],
  [
    "event adds what is no VM",
    events("{ at: 1s, add: { vm: { name: b, memry: 4KiB } } }"),
    ["s.yaml:8:37  events[0].add.vm.memry  expected a known key, got memry; did you mean memory?"],
  ],
  [
    "event adds what cannot be",
    events("{ at: 1s, add: { vm: { name: b, memory: 4KiB, cpu: { reservation: 9GHz } } } }"),
    [
      "s.yaml:8:71  events[0].add.vm.cpu.reservation  expected at most 2 GHz, the capacity of host h, got 9GHz",
    ],
  ],
  [
    "event adds to no pool",
    events("{ at: 1s, add: { vm: { name: b, memory: 4KiB, pool: q } } }"),
    ["s.yaml:8:57  events[0].add.vm.pool  expected the name of a pool, got q; did you mean p?"],
  ],
  [
    "event adds pools in a circle",
    events(
      "{ at: 1s, add: { pool: { name: q, pool: r } } }\n  - { at: 2s, add: { pool: { name: r, pool: q } } }",
    ),
    [
      "s.yaml:8:45  events[0].add.pool.pool  expected a pool that is not in itself, got q in r in q",
      "s.yaml:8:45  events[0].add.pool.pool  expected a pool that is there at 1 s, got r; events[1] adds it at 2 s",
    ],
  ],
  [
    "event before it is there",
    events(
      "{ at: 1s, stop: { vm: b } }\n  - { at: 2s, add: { vm: { name: b, memory: 4KiB, start: 1s } } }\n  - { at: 1s, set: { pool: q, cpu.shares: 2 } }\n  - { at: 1s, add: { pool: { name: q } } }",
    ),
    [
      "s.yaml:8:27  events[0].stop.vm  expected a VM that is there at 1 s, got b; events[1] adds it at 2 s",
      "s.yaml:9:58  events[1].add.vm.start  expected 2 s, when it is added, or later, got 1s",
      "s.yaml:10:28  events[2].set.pool  expected a pool that is there at 1 s, got q; events[3] adds it at 1 s",
    ],
  ],
  [
    "event adds the pool of what is there before",
    "ballast: 1\nhosts: [{ name: h, memory: 1GiB }]\nvms: [{ name: a, pool: q, memory: 4KiB }]\nevents: [{ at: 1s, add: { pool: { name: q } } }]\n",
    ["s.yaml:3:24  vms[0].pool  expected a pool that is there at the start, got q; events[0] adds it at 1 s"],
  ],
  [
    "event removes who is not there",
    events("{ at: 1s, remove: { vm: b } }\n  - { at: 1s, remove: { pool: q } }\n  - { at: 1s, remove: {} }"),
    [
      "s.yaml:8:29  events[0].remove.vm  expected the name of a VM, got b; did you mean a?",
      "s.yaml:9:31  events[1].remove.pool  expected the name of a pool, got q; did you mean p?",
      "s.yaml:10:23  events[2].remove  expected vm or pool, got neither",
    ],
  ],
  [
    "event plug none",
    events("{ at: 1s, set: { vm: a, vcpus: 0 } }"),
    ["s.yaml:8:36  events[0].set.vcpus  expected at least 1, got 0"],
  ],
  [
    "event past",
    events("{ at: -1s, stop: { vm: a } }"),
    ["s.yaml:8:11  events[0].at  expected a time of 0 or more, got -1s"],
  ],
  [
    "event after the end",
    events("{ at: 61s, stop: { vm: a } }"),
    ["s.yaml:8:11  events[0].at  expected a time within the duration (1 min), got 61s"],
  ],
  [
    "event nobody",
    events("{ at: 1s, actor: '', stop: { vm: a } }"),
    ["s.yaml:8:22  events[0].actor  expected at least 1 character, got empty text"],
  ],
  [
    "event set nothing",
    events("{ at: 1s, set: { vm: a } }"),
    ["s.yaml:8:20  events[0].set  expected something to change, such as cpu.shares, got nothing"],
  ],
  [
    "event pool",
    events("{ at: 1s, set: { pool: bob, vcpus: 2 } }"),
    [
      "s.yaml:8:28  events[0].set.pool  expected the name of a pool, got bob; pools are p",
      "s.yaml:8:33  events[0].set.vcpus  expected vcpus only for a VM, got vcpus",
    ],
  ],
  [
    "event twice",
    events("{ at: 1s, set: { vm: a, cpu.shares: 5, cpu: { shares: 6 } } }"),
    ['s.yaml:8:29  events[0].set["cpu.shares"]  expected cpu.shares or cpu: { shares }, got both'],
  ],
  [
    "event shares",
    events("{ at: 1s, set: { vm: a, cpu.shares: 0 } }"),
    ['s.yaml:8:41  events[0].set["cpu.shares"]  expected at least 1, got 0'],
  ],
  [
    "event key",
    events("{ at: 1s, set: { vm: a, cpu.share: 5 } }"),
    [
      's.yaml:8:29  events[0].set["cpu.share"]  expected a known key, got cpu.share; did you mean cpu.shares?',
    ],
  ],
  [
    "event migrate",
    events("{ at: 1s, migrate: { vm: a } }"),
    ["s.yaml:8:24  events[0].migrate.to  expected text, got nothing"],
  ],
  [
    "migrate where",
    events("{ at: 1s, migrate: { vm: b, to: nowhere, bandwidth: 0, mode: fast, rateMin: 1Mbit/s } }"),
    [
      "s.yaml:8:30  events[0].migrate.vm  expected the name of a VM, got b; did you mean a?",
      "s.yaml:8:37  events[0].migrate.to  expected the name of a host, got nowhere; hosts are h",
      "s.yaml:8:57  events[0].migrate.bandwidth  expected a bandwidth of more than 0, got 0",
      "s.yaml:8:66  events[0].migrate.mode  expected pre-copy, post-copy, hybrid or stop-and-copy, got fast",
      "s.yaml:8:72  events[0].migrate.rateMin  expected rateMin under rule clark, got qemu",
    ],
  ],
  [
    "event limit",
    events("{ at: 1s, set: { vm: a, cpu.limit: 5 } }"),
    [
      's.yaml:8:40  events[0].set["cpu.limit"]  expected MHz or percent of a pCPU, such as 500MHz or 25%, or none, got 5',
    ],
  ],
  [
    "event limit below",
    events("{ at: 1s, set: { vm: a, cpu.reservation: 1GHz, cpu.limit: 5% } }"),
    ['s.yaml:8:63  events[0].set["cpu.limit"]  expected at least its reservation (1 GHz), got 5%'],
  ],
  [
    "event limit 0",
    events("{ at: 1s, set: { vm: a, cpu: { limit: 0 } } }"),
    ["s.yaml:8:43  events[0].set.cpu.limit  expected more than 0, or none, got 0"],
  ],
  [
    "policy name",
    vm("", "policies: { cpu: fxed }\n"),
    [
      "s.yaml:5:18  policies.cpu  expected fixed, strict-priority, latency-bound, p99-target, virtual-time, stride, lottery, round-robin or credit, got fxed; did you mean fixed?",
    ],
  ],
  [
    "quantum",
    vm("", "policies: { cpu: { quantum: 1us } }\n"),
    ["s.yaml:5:29  policies.cpu.quantum  expected 10 us to 1 h, got 1us"],
  ],
  [
    "quantum0",
    vm("", "policies: { cpu: { quantum: 0 } }\n"),
    ["s.yaml:5:29  policies.cpu.quantum  expected 10 us to 1 h, got 0"],
  ],
  [
    "skew",
    vm("", "policies: { cpu: { skew: { costart: 3ms } } }\n"),
    ["s.yaml:5:37  policies.cpu.skew.costart  expected less than costop (3 ms), got 3ms"],
  ],
  [
    "skew2",
    vm("", "policies: { cpu: { skew: { costop: 1ms } } }\n"),
    ["s.yaml:5:36  policies.cpu.skew.costop  expected more than costart (2 ms), got 1ms"],
  ],
  [
    "period",
    vm("", "policies: { cpu: { limitPeriod: 10us } }\n"),
    ["s.yaml:5:33  policies.cpu.limitPeriod  expected 1 ms to 1 h, got 10us"],
  ],
  [
    "every",
    vm("", "policies: { cpu: { every: 1ns } }\n"),
    [
      "s.yaml:5:27  policies.cpu.every  expected at most 1 000 000 decisions in 1 min, got 60 000 000 000 decisions",
    ],
  ],
  [
    "cosched",
    vm("", "policies: { cpu: { coscheduling: relax, scheduler: stride, queues: both } }\n"),
    [
      "s.yaml:5:34  policies.cpu.coscheduling  expected none, strict, relaxed or per-vcpu, got relax; did you mean relaxed?",
      "s.yaml:5:68  policies.cpu.queues  expected per-pcpu or host, got both",
    ],
  ],
  [
    "balance",
    vm("", "policies: { cpu: { balance: off } }\n"),
    ["s.yaml:5:29  policies.cpu.balance  expected a map with every and margin, or none, got off"],
  ],
];
