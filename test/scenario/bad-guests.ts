/** Bad guests with an os, and bad streams, as in bad-scenarios.ts. */

const vm = (rest: string, more = "") =>
  `ballast: 1\nhosts: [{ name: h, memory: 1GiB }]\nvms:\n  - { name: a, memory: 256MiB${rest} }\n${more}`;
const guest = (stream: string) => vm(`, os: linux, workload: ${stream}`);
const raw = (stream: string) => vm(`, workload: ${stream}`);

type Bad = readonly [what: string, text: string, rows: readonly string[]];

const guests: readonly Bad[] = [
  [
    "os",
    vm(", os: lunix"),
    [
      "s.yaml:4:36  vms[0].os  expected linux or windows, or a map with kind, got lunix; names are linux windows",
    ],
  ],
  [
    "os kind",
    vm(", os: { boot: 0 }"),
    [
      "s.yaml:4:36  vms[0].os.kind  expected linux or windows, got nothing",
      "s.yaml:4:44  vms[0].os.boot  expected a time of more than 0, got 0",
    ],
  ],
  [
    "os key",
    vm(", os: { kind: linux, kernal: 5% }"),
    ["s.yaml:4:51  vms[0].os.kernal  expected a known key, got kernal; did you mean kernel?"],
  ],
  [
    "os too large",
    vm(", os: { kind: linux, kernel: 99% }"),
    [
      "s.yaml:4:24  vms[0].memory  expected more than 257.3 MiB, what its kernel (253.4 MiB) and free pages take, got 256MiB",
    ],
  ],
  [
    "free low",
    vm(", os: { kind: linux, free: { min: 3MiB } }"),
    ["s.yaml:4:57  vms[0].os.free.low  expected more than min (3 MiB), got 2.6 MiB"],
  ],
  [
    "free high",
    vm(", os: { kind: linux, free: { high: 1% } }"),
    ["s.yaml:4:65  vms[0].os.free.high  expected more than low (2.6 MiB), got 2.6 MiB"],
  ],
  [
    "os and image",
    vm(", os: linux, image: { file: x.core }"),
    [
      "s.yaml:4:52  vms[0].image.file  expected a preset or parts, as a guest with an os writes its memory itself, got file",
    ],
  ],
  [
    "os and bytes",
    vm(", os: linux", "content: bytes\n"),
    [
      "s.yaml:5:10  content  expected auto or ids, as guests with an os hold contents as ids, got bytes; vms[0] has an os",
    ],
  ],
];

const streams: readonly Bad[] = [
  [
    "preset needs an os",
    raw("{ preset: windows-idle }"),
    [
      "s.yaml:4:52  vms[0].workload.preset  expected a preset that needs no os: idle, web-server, database or toucher, got windows-idle; or say os: linux or os: windows",
    ],
  ],
  [
    "preset unknown",
    guest("{ preset: dbench }"),
    [
      "s.yaml:4:63  vms[0].workload.preset  expected idle, web-server, database, toucher, windows-idle, linux-dbench, spec-like or diabolical, got dbench",
    ],
  ],
  [
    "preset size",
    vm(
      ", workload: { preset: toucher, size: 1MiB }",
      "  - { name: b, memory: 64MiB, os: linux, workload: { preset: idle, size: 1MiB } }\n",
    ),
    [
      "s.yaml:4:61  vms[0].workload.size  expected size only beside a pattern of its own, got size",
      "s.yaml:5:68  vms[1].workload.size  expected size only beside a pattern of its own, got size",
    ],
  ],
  [
    "file without an os",
    raw("{ pattern: uniform, rate: 1/s, memory: file, file: x }"),
    [
      "s.yaml:4:73  vms[0].workload.memory  expected memory only beside an os of the guest, got memory",
      "s.yaml:4:87  vms[0].workload.file  expected file only beside an os of the guest, got file",
    ],
  ],
  [
    "file of anonymous memory",
    guest("{ pattern: uniform, rate: 1/s, file: x }"),
    ["s.yaml:4:84  vms[0].workload.file  expected file only beside memory: file, got file"],
  ],
  [
    "accesses without work",
    guest("{ pattern: uniform, accesses: 40, threads: 2 }"),
    ["s.yaml:4:53  vms[0].workload.work  expected the CPU time of an operation, such as 1ms, got nothing"],
  ],
  [
    "work without accesses",
    raw("{ pattern: uniform, work: 1ms, rate: 5/s }"),
    [
      "s.yaml:4:42  vms[0].workload.accesses  expected the accesses of an operation, such as 40, got nothing",
      "s.yaml:4:73  vms[0].workload.rate  expected a rate, or accesses and work, got both",
    ],
  ],
  [
    "operations without work",
    raw("{ pattern: uniform, accesses: 1, work: 0 }"),
    ["s.yaml:4:81  vms[0].workload.work  expected more than 0, so that time passes, got 0"],
  ],
  [
    "operations of a spread",
    raw(
      "{ pattern: uniform, accesses: 1, work: { mean: 1ms, draw: normal }, sleep: { mean: 1us, spread: 2us } }",
    ),
    [
      "s.yaml:4:81  vms[0].workload.work.spread  expected the spread of normal, such as 1ms, got nothing",
      "s.yaml:4:138  vms[0].workload.sleep.spread  expected at most the mean (1 us), got 2us",
    ],
  ],
  [
    "threads of a rate",
    raw("{ pattern: uniform, rate: 1/s, threads: 2 }"),
    [
      "s.yaml:4:42  vms[0].workload  expected one of busy, run, phases, requests, barrier, lock and trace, or a stream, got pattern",
    ],
  ],
  [
    "size above 64 GiB",
    guest("[{ pattern: uniform, rate: 1/s, size: 40GiB }, { pattern: uniform, rate: 1/s, size: 24.5GiB }]"),
    ["s.yaml:4:53  vms[0].workload  expected streams of at most 64 GiB in all, got 64.5 GiB"],
  ],
  [
    "size of a part",
    raw("{ pattern: uniform, rate: 1/s, size: 101% }"),
    ["s.yaml:4:79  vms[0].workload.size  expected at most the VM's memory (256 MiB), got 101%"],
  ],
  [
    "size 0",
    raw("{ pattern: uniform, rate: 1/s, size: 0% }"),
    ["s.yaml:4:79  vms[0].workload.size  expected more than 0, got 0%"],
  ],
  [
    "page trace and pattern",
    raw("{ pages: x.trace, pattern: uniform, writes: 5%, rate: 1/s }"),
    [
      "s.yaml:4:60  vms[0].workload.pattern  expected pattern only beside a pattern, not a page trace, got pattern",
      "s.yaml:4:78  vms[0].workload.writes  expected writes only beside a pattern, not a page trace, got writes",
    ],
  ],
  [
    "page trace unread",
    raw("{ pages: x.trace, rate: 1/s }"),
    [
      's.yaml:4:51  vms[0].workload.pages  expected a page trace, got nothing read of x.trace; give it as pageTraces: { "x.trace": … }',
    ],
  ],
];

export const badGuests: readonly Bad[] = [...guests, ...streams];
