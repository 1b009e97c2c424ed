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
      "s.yaml:8:5  events[0]  expected one of start, stop, reset, migrate, fail, repair, idleTax and set, got none of them",
    ],
  ],
  [
    "event two",
    events("{ at: 1s, stop: { vm: a }, start: { vm: a } }"),
    [
      "s.yaml:8:5  events[0]  expected one of start, stop, reset, migrate, fail, repair, idleTax and set, got start and stop",
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
    "event set both",
    events("{ at: 1s, set: { vm: a, pool: p } }"),
    ["s.yaml:8:20  events[0].set  expected vm or pool, got both"],
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
      "s.yaml:5:34  policies.cpu.coscheduling  expected none, strict, relaxed or per-vcpu, got relax",
      "s.yaml:5:68  policies.cpu.queues  expected per-pcpu or host, got both",
    ],
  ],
  [
    "balance",
    vm("", "policies: { cpu: { balance: off } }\n"),
    ["s.yaml:5:29  policies.cpu.balance  expected a map with every and margin, or none, got off"],
  ],
];
