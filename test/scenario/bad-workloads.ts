/** Bad CPU work, as in bad-scenarios.ts. */

const vm = (rest: string) =>
  `ballast: 1\nhosts: [{ name: h, memory: 8GiB, cpu: { cores: 2, mhz: 1000 } }]\nvms:\n  - { name: a, memory: 1GiB${rest} }\n`;
const work = (w: string) => vm(`, workload: ${w}`);

export const badWorkloads: readonly (readonly [what: string, text: string, rows: readonly string[]])[] = [
  [
    "work two",
    work("{ busy: true, run: 4ms }"),
    [
      "s.yaml:4:40  vms[0].workload  expected one of busy, run, phases, requests, barrier, lock and trace, or a stream, got busy and run",
    ],
  ],
  [
    "work stream",
    work("{ busy: true, pattern: zipf }"),
    [
      "s.yaml:4:40  vms[0].workload  expected one of busy, run, phases, requests, barrier, lock and trace, or a stream, got busy and pattern",
    ],
  ],
  [
    "work sleep alone",
    work("{ sleep: 4ms }"),
    ["s.yaml:4:40  vms[0].workload  expected run beside sleep, got sleep alone"],
  ],
  [
    "work threads alone",
    work("{ threads: 2 }"),
    [
      "s.yaml:4:40  vms[0].workload  expected one of busy, run, phases, requests, barrier, lock and trace, or a stream, got threads alone",
    ],
  ],
  [
    "work misplaced",
    work("{ busy: true, sleep: 4ms }"),
    ["s.yaml:4:54  vms[0].workload.sleep  expected sleep only beside run, got sleep"],
  ],
  [
    "work busy false",
    work("{ busy: false }"),
    ["s.yaml:4:48  vms[0].workload.busy  expected true, got false"],
  ],
  [
    "work run 0",
    work("{ run: 0, sleep: 0s }"),
    ["s.yaml:4:47  vms[0].workload.run  expected more than 0, so that time passes, got 0"],
  ],
  [
    "work run unit",
    work("{ run: 4 }"),
    [
      "s.yaml:4:47  vms[0].workload.run  expected a time with a unit, such as 4ms, or a map with mean, spread and draw, got 4",
    ],
  ],
  [
    "work service",
    work("{ requests: 100/s }"),
    ["s.yaml:4:40  vms[0].workload.service  expected the CPU time of a request, such as 4ms, got nothing"],
  ],
  [
    "work start",
    work("{ requests: 100/s, service: 1ms, start: 1s }"),
    [
      "s.yaml:4:73  vms[0].workload.start  expected start only beside busy, run, phases, barrier, lock or trace, got start",
    ],
  ],
  [
    "work spread",
    work("{ run: { mean: 4ms, spread: 5ms } }"),
    ["s.yaml:4:68  vms[0].workload.run.spread  expected at most the mean (4 ms), got 5ms"],
  ],
  [
    "work draw",
    work("{ run: { mean: 4ms, draw: normal } }"),
    ["s.yaml:4:47  vms[0].workload.run.spread  expected the spread of normal, such as 1ms, got nothing"],
  ],
  [
    "work exp",
    work("{ run: { mean: 4ms, draw: exponential, spread: 1ms } }"),
    ["s.yaml:4:79  vms[0].workload.run.spread  expected spread only beside uniform or normal, got spread"],
  ],
  [
    "work mean",
    work("{ run: { men: 4ms } }"),
    ["s.yaml:4:49  vms[0].workload.run.men  expected a known key, got men; did you mean mean?"],
  ],
  [
    "work stop",
    work("{ busy: true, start: 2s, stop: 1s }"),
    ["s.yaml:4:71  vms[0].workload.stop  expected more than its start (2s), got 1s"],
  ],
  [
    "barrier",
    work("{ barrier: { threads: 8 } }"),
    [
      "s.yaml:4:51  vms[0].workload.barrier.work  expected a time with a unit, such as 4ms, or a map with mean, spread and draw, got nothing",
    ],
  ],
  [
    "barrier stop",
    work("{ barrier: { work: 5ms }, stop: 1s }"),
    [
      "s.yaml:4:66  vms[0].workload.stop  expected stop only beside busy, run, phases, requests, lock or trace, got stop",
    ],
  ],
  [
    "lock",
    work("{ lock: { hold: 0s, between: 0s, kind: queue } }"),
    [
      "s.yaml:4:56  vms[0].workload.lock.hold  expected more than 0, so that time passes, got 0s",
      "s.yaml:4:79  vms[0].workload.lock.kind  expected spin, ticket or mutex, got queue",
    ],
  ],
  [
    "phase two",
    work("{ phases: [{ run: 1ms, lock: m }] }"),
    [
      "s.yaml:4:51  vms[0].workload.phases[0]  expected one step (run and sleep may stand together), got run and lock",
    ],
  ],
  [
    "phase none",
    work("{ phases: [{ times: 2 }] }"),
    [
      "s.yaml:4:51  vms[0].workload.phases[0]  expected one step (run and sleep may stand together), got none",
    ],
  ],
  [
    "phase unknown",
    work("{ phases: [{ rnu: 1ms }] }"),
    [
      "s.yaml:4:51  vms[0].workload.phases[0]  expected one step (run and sleep may stand together), got none",
      "s.yaml:4:53  vms[0].workload.phases[0].rnu  expected a known key, got rnu; did you mean run?",
    ],
  ],
  [
    "phase endless",
    work("{ phases: [{ lock: m }, { unlock: m }] }"),
    [
      "s.yaml:4:50  vms[0].workload.phases  expected a run, sleep or timer, so that time passes, got an endless loop without any",
    ],
  ],
  [
    "phase endless inner",
    work("{ phases: [{ run: 1ms }, { repeat: { phases: [{ lock: m }, { unlock: m }] } }] }"),
    [
      "s.yaml:4:85  vms[0].workload.phases[1].repeat.phases  expected a run, sleep or timer, so that time passes, got an endless loop without any",
    ],
  ],
  [
    "phase after",
    work("{ phases: [{ busy: true }, { run: 1ms }] }"),
    [
      "s.yaml:4:67  vms[0].workload.phases[1]  expected nothing after a phase that never ends, got a phase that is never reached",
    ],
  ],
  [
    "phase unlock",
    work("{ phases: [{ run: 1ms }, { unlock: m }] }"),
    [
      "s.yaml:4:75  vms[0].workload.phases[1].unlock  expected a lock taken before, got m, which the thread does not hold",
    ],
  ],
  [
    "phase kept",
    work("{ phases: [{ lock: m }, { run: 1ms }] }"),
    [
      "s.yaml:4:50  vms[0].workload.phases  expected each round to release the locks that it takes, and no others, got m kept",
    ],
  ],
  [
    "phase twice",
    work("{ phases: [{ lock: m }, { run: 1ms }, { lock: m }, { unlock: m }] }"),
    [
      "s.yaml:4:86  vms[0].workload.phases[2].lock  expected a lock not yet taken, got m, which the thread holds",
    ],
  ],
  [
    "phase kind",
    work("{ phases: [{ lock: m }, { run: 1ms }, { unlock: m }], syncs: [{ name: m, kind: barrier }] }"),
    ["s.yaml:4:59  vms[0].workload.phases[0].lock  expected the name of a lock, got m, a barrier"],
  ],
  [
    "phase suspend",
    work("{ phases: [{ run: 1ms }, { suspend: q }] }"),
    ["s.yaml:4:76  vms[0].workload.phases[1].suspend  expected a name that something resumes, got q"],
  ],
  [
    "phase resume",
    work("{ phases: [{ run: 1ms }, { resume: q }] }"),
    ["s.yaml:4:75  vms[0].workload.phases[1].resume  expected a name that something suspends on, got q"],
  ],
  [
    "phase deep",
    work(
      "{ phases: [{ run: 1ms }, { repeat: { times: 2, phases: [{ repeat: { times: 2, phases: [{ repeat: { times: 2, phases: [{ repeat: { times: 2, phases: [{ run: 1ms }] } }] } }] } }] } }] }",
    ),
    ["s.yaml:4:50  vms[0].workload.phases  expected at most 4 nested repeats, got 5, the passes counted"],
  ],
  [
    "trace",
    work("{ trace: cpu.csv }"),
    [
      's.yaml:4:49  vms[0].workload.trace  expected a trace, got no text of cpu.csv; give its text as traces: { "cpu.csv": … }',
    ],
  ],
];
