/** Bad scenarios: what, the text, and the rows of the message below its header, with single gaps of two spaces. */

export const head = "ballast: 1\nhosts: [{ name: h, memory: 8GiB }]\n";
const vmOf = (rest: string) => `${head}vms:\n  - name: a\n    memory: 1GiB\n${rest}`;

const later = "not simulated by this version of ballast";
export const badScenarios: readonly (readonly [what: string, text: string, rows: readonly string[]])[] = [
  [
    "empty file",
    "",
    ["s.yaml:1:1  (document)  expected a map with ballast, hosts and vms, got an empty file"],
  ],
  [
    "blank file",
    " \n\n",
    ["s.yaml:1:1  (document)  expected a map with ballast, hosts and vms, got an empty file"],
  ],
  [
    "comments only",
    "# x\n",
    ["s.yaml:1:1  (document)  expected a map with ballast, hosts and vms, got nothing"],
  ],
  ["binary", "a\0b", ["s.yaml:1:1  (document)  expected text, got a binary file"]],
  ["list", "- a\n", ["s.yaml:1:1  (document)  expected a map with ballast, hosts and vms, got a list"]],
  ["text", "hello", ['s.yaml:1:1  (document)  expected a map with ballast, hosts and vms, got "hello"']],
  [
    "syntax",
    "ballast: 1\nhosts: [1\nvms: 2\n",
    [
      "s.yaml:3:1  (document)  expected well-formed YAML or JSON, got Flow sequence in block collection must be sufficiently indented and end with a ]",
    ],
  ],
  [
    "two documents",
    `${head}---\na: 1\n`,
    [
      "s.yaml:3:1  (document)  expected one document, got another one, which begins here; a scenario is one document, a file has one scenario",
    ],
  ],
  [
    "unknown tag",
    "a: !foo 1",
    ["s.yaml:1:4  (document)  expected well-formed YAML or JSON, got Unresolved tag: !foo"],
  ],
  ["lost alias", "a: *x", ["s.yaml:1:4  (document)  expected an alias of an anchor above, got *x"]],
  [
    "alias bomb",
    `a: &a [x,x,x,x,x,x,x,x]\nb: &b [${"*a,".repeat(9)}]\nc: &c [${"*b,".repeat(9)}]\nd: &d [${"*c,".repeat(9)}]\ne: [${"*d,".repeat(9)}]\n`,
    ["s.yaml:2:8  (document)  expected at most 100 uses of aliases, got more"],
  ],
  [
    "deep nesting",
    "[".repeat(200_000),
    ["s.yaml:1:1  (document)  expected a scenario, got a text nested too deeply"],
  ],
  [
    "missing keys",
    "# comment\nname: x\n",
    [
      "s.yaml:2:1  ballast  expected 1, got nothing",
      "s.yaml:2:1  hosts  expected a list, got nothing",
      "s.yaml:2:1  vms  expected a list, got nothing",
    ],
  ],
  [
    "other version",
    "ballast: 2\nhosts: [{ name: h, memory: 8GiB }]\nvms: [{ name: a, memory: 1GiB }]",
    ["s.yaml:1:10  ballast  expected 1, got 2; the version of the format, not of ballast"],
  ],
  ["no VMs", `${head}vms: []\n`, ["s.yaml:3:6  vms  expected at least 1 entry, got an empty list"]],
  [
    "repeated key",
    vmOf("    memory: 2GiB\n"),
    ["s.yaml:6:5  vms[0].memory  expected each key once, got memory again"],
  ],
  [
    "unknown key",
    vmOf("    vcpu: 2\n"),
    ["s.yaml:6:5  vms[0].vcpu  expected a known key, got vcpu; did you mean vcpus?"],
  ],
  [
    "strange key",
    vmOf('    "a b": 2\n'),
    [
      's.yaml:6:5  vms[0]["a b"]  expected a known key, got a b; keys are name count host pool vcpus cpu start smt cache guest memory mem idleTax overhead balloon os disk largePages mmu harvest traffic salt image workload',
    ],
  ],
  [
    "later key",
    vmOf("    numa: { home: 1 }\n"),
    [`s.yaml:6:5  vms[0].numa  expected a key of this version, got numa; ${later}`],
  ],
  [
    "later part",
    vmOf("limits: { forks: 2 }\n"),
    [`s.yaml:6:11  limits.forks  expected a key of this version, got forks; ${later}`],
  ],
  [
    "fluid",
    vmOf("resolution: fluid\n"),
    ["s.yaml:6:13  resolution  expected page, got fluid; a cluster: loadCluster and parseCluster read it"],
  ],
  [
    "a resolution that there is not, and keys that depend on it",
    vmOf("resolution: fluidd\ndemand: { file: x.csv }\n"),
    ["s.yaml:6:13  resolution  expected page or fluid, got fluidd; did you mean fluid?"],
  ],
  [
    "a resolution that is a number",
    vmOf("resolution: 3\n"),
    ["s.yaml:6:13  resolution  expected page or fluid, got 3"],
  ],
  [
    "mistyped policy",
    vmOf("policies: { memory: { name: fixedrate } }\n"),
    [
      "s.yaml:6:29  policies.memory.name  expected min-funding, fixed-rate, scan-time or follow-writes, got fixedrate; did you mean fixed-rate?",
    ],
  ],
  ["wrong type", vmOf('    vcpus: "4"\n'), ['s.yaml:6:12  vms[0].vcpus  expected a whole number, got "4"']],
  ["fraction", vmOf("    vcpus: 1.5\n"), ["s.yaml:6:12  vms[0].vcpus  expected a whole number, got 1.5"]],
  [
    "not a number",
    vmOf("seed: .nan\n").replace("seed: .nan", "seed: .inf"),
    ["s.yaml:6:7  seed  expected a whole number, got Infinity"],
  ],
  ["negative seed", vmOf("seed: -1\n"), ["s.yaml:6:7  seed  expected at least 0, got -1"]],
  [
    "huge seed",
    vmOf("seed: 9007199254740993\n"),
    ["s.yaml:6:7  seed  expected at most 9 007 199 254 740 991, got 9007199254740992"],
  ],
  [
    "number for a name",
    vmOf("name: 12\n"),
    ['s.yaml:6:7  name  expected text, got 12; in quotes it is text: "12"'],
  ],
  [
    "control characters",
    vmOf('name: "a\\e[2J"\n'),
    ["s.yaml:6:7  name  expected a name without control characters, got a\\u001b[2J"],
  ],
  ["empty value", vmOf("    image:\n"), ["s.yaml:6:11  vms[0].image  expected a map, got nothing"]],
  [
    "no unit",
    vmOf("duration: 90\n"),
    ["s.yaml:6:11  duration  expected a time with a unit, such as 90s, got 90"],
  ],
  ["zero", vmOf("duration: 0\n"), ["s.yaml:6:11  duration  expected a time of more than 0, got 0"]],
  ["negative", vmOf("duration: -5s\n"), ["s.yaml:6:11  duration  expected a time of 0 or more, got -5s"]],
  ["absurd", vmOf("duration: 99999999d\n"), ["s.yaml:6:11  duration  expected at most 104 d, got 99999999d"]],
  [
    "enum",
    vmOf("content: byte\n"),
    ["s.yaml:6:10  content  expected auto, bytes or ids, got byte; did you mean bytes?"],
  ],
  [
    "samples",
    vmOf("duration: 1d\nseries: { every: 1ns }\n"),
    ["s.yaml:7:18  series.every  expected at most 1 000 000 samples in 1 d, got 86 400 000 000 000 samples"],
  ],
  [
    "page numbers",
    vmOf("").replace("memory: 1GiB", "memory: 16TiB"),
    ["s.yaml:5:13  vms[0].memory  expected less than 16 TiB, got 16TiB"],
  ],
  [
    "epochs",
    vmOf("duration: 10d\npolicies: { memory: { every: 1ns } }\n"),
    [
      "s.yaml:7:30  policies.memory.every  expected at most 1 000 000 decisions in 10 d, got 864 000 000 000 000 decisions",
    ],
  ],
  [
    "mhz",
    `${head.replace("memory", "cpu: { mhz: 0 }, memory")}vms: [{ name: a, memory: 4KiB }]`,
    ["s.yaml:2:32  hosts[0].cpu.mhz  expected at least 1, got 0"],
  ],
  [
    "mhz text",
    `${head.replace("memory", "cpu: { mhz: fast }, memory")}vms: [{ name: a, memory: 4KiB }]`,
    ["s.yaml:2:32  hosts[0].cpu.mhz  expected a frequency with a unit, such as 2600MHz, got fast"],
  ],
  [
    "nodes",
    `ballast: 1\nhosts: [{ name: h, memory: 4KiB, nodes: 2 }]\nvms: [{ name: a, memory: 4KiB }]`,
    ["s.yaml:2:41  hosts[0].nodes  expected at most 1, one page a node, got 2"],
  ],
  [
    "memory 0",
    `${head}vms: [{ name: a, memory: 0B }]`,
    ["s.yaml:3:26  vms[0].memory  expected a size of more than 0, got 0B"],
  ],
  [
    "odd memory",
    `${head}vms: [{ name: a, memory: 1MB }]`,
    ["s.yaml:3:26  vms[0].memory  expected whole pages of 4 KiB, got 1MB; the next below is 976KiB"],
  ],
  ["count 0", vmOf("    count: 0\n"), ["s.yaml:6:12  vms[0].count  expected at least 1, got 0"]],
  [
    "too many VMs",
    vmOf("    count: 1000000\n"),
    ["s.yaml:6:12  vms[0].count  expected at most 100 000 VMs in all, got 1 000 000; reduce count"],
  ],
  [
    "name twice",
    vmOf("  - { name: a, memory: 1GiB }\n"),
    ["s.yaml:6:13  vms[1].name  expected a name of its own, got a; vms[0] has it"],
  ],
  [
    "name twice after count",
    vmOf("    count: 2\n  - { name: a-2, memory: 1GiB }\n"),
    ["s.yaml:7:13  vms[1].name  expected names of its own, got a-2; vms[0] has it"],
  ],
  [
    "unknown host",
    vmOf("    host: hh\n"),
    ["s.yaml:6:11  vms[0].host  expected the name of a host, got hh; did you mean h?"],
  ],
  [
    "group as host",
    vmOf("    host: h\n").replace("name: h,", "name: h, count: 2,"),
    ["s.yaml:6:11  vms[0].host  expected the name of a host, got h; did you mean h-1?"],
  ],
  [
    "image nothing",
    vmOf("    image: {}\n"),
    ["s.yaml:6:12  vms[0].image  expected file, preset, or parts (zero, common, unique), got none of them"],
  ],
  [
    "image two",
    vmOf("    image: { file: x, zero: 100% }\n"),
    ["s.yaml:6:12  vms[0].image  expected file, preset, or parts (zero, common, unique), got file and zero"],
  ],
  [
    "image short",
    vmOf("    image: x.core\n"),
    ['s.yaml:6:12  vms[0].image  expected a map, got "x.core"; write { file: x.core }'],
  ],
  [
    "image sum",
    vmOf("    image: { zero: 50%, common: 60% }\n"),
    ["s.yaml:6:12  vms[0].image  expected parts of at most 100 %, got 110 %"],
  ],
  [
    "image sum of three",
    vmOf("    image: { zero: 50%, common: 20%, unique: 20% }\n"),
    ["s.yaml:6:12  vms[0].image  expected parts that add up to 100 %, got 90 %"],
  ],
  [
    "image one part",
    vmOf("    image: { zero: 50% }\n"),
    [
      "s.yaml:6:12  vms[0].image  expected parts that add up to 100 %, got 50 %; one part may be left out, not two",
    ],
  ],
  [
    "image too large",
    vmOf("    image: { zero: 100%, size: 2GiB }\n"),
    ["s.yaml:6:32  vms[0].image.size  expected at most the VM's memory (1 GiB), got 2GiB"],
  ],
  [
    "image form",
    vmOf("    image: { zero: 100%, form: raw }\n"),
    ["s.yaml:6:26  vms[0].image.form  expected form only beside a file, got form"],
  ],
  [
    "image size of file",
    vmOf("    image: { file: x, size: 4KiB }\n"),
    ["s.yaml:6:23  vms[0].image.size  expected size only beside a preset or parts, got size"],
  ],
  [
    "image preset",
    vmOf("    image: { preset: linux-sever }\n"),
    [
      "s.yaml:6:22  vms[0].image.preset  expected linux-server, linux-desktop, windows-server, windows-desktop, database, fresh-boot or zeroed, got linux-sever; did you mean linux-server?",
    ],
  ],
  [
    "stream bare",
    vmOf("    workload: {}\n"),
    [
      "s.yaml:6:15  vms[0].workload.pattern  expected uniform, zipf, sequential or hot-cold, got nothing; or give a preset",
      "s.yaml:6:15  vms[0].workload.rate  expected a rate with a unit, such as 1000/s, got nothing; or give a preset",
    ],
  ],
  [
    "stream list",
    vmOf("    workload:\n      - { pattern: zipf, rate: 1/s }\n      - { pattern: zip, rate: 1/s }\n"),
    [
      "s.yaml:8:20  vms[0].workload[1].pattern  expected uniform, zipf, sequential or hot-cold, got zip; did you mean zipf?",
    ],
  ],
  [
    "stream scalar",
    vmOf("    workload: 7\n"),
    ["s.yaml:6:15  vms[0].workload  expected a workload (a map), or a list of them, got 7"],
  ],
  [
    "stream range",
    vmOf("    workload: { pattern: zipf, rate: 1/s, offset: 768MiB, size: 512MiB }\n"),
    [
      "s.yaml:6:65  vms[0].workload.size  expected at most the VM's memory left after its offset (256 MiB), got 512MiB",
    ],
  ],
  [
    "stream pages",
    vmOf("    workload: { pattern: zipf, rate: 1/s, pages: 262145 }\n"),
    ["s.yaml:6:50  vms[0].workload.pages  expected at most the VM's memory (262144), got 262145"],
  ],
  [
    "stream size and pages",
    vmOf("    workload: { pattern: zipf, rate: 1/s, pages: 2, size: 8KiB }\n"),
    ["s.yaml:6:43  vms[0].workload.pages  expected size or pages, got both"],
  ],
  [
    "stream offset",
    vmOf("    workload: { pattern: zipf, rate: 1/s, offset: 1GiB }\n"),
    ["s.yaml:6:51  vms[0].workload.offset  expected less than the VM's memory (1 GiB), got 1GiB"],
  ],
  [
    "stream exponent",
    vmOf("    workload: { pattern: zipf, rate: 1/s, exponent: 4.5 }\n"),
    ["s.yaml:6:53  vms[0].workload.exponent  expected at most 4, got 4.5"],
  ],
  [
    "stream exponent elsewhere",
    vmOf("    workload: { pattern: uniform, rate: 1/s, exponent: 1 }\n"),
    ["s.yaml:6:46  vms[0].workload.exponent  expected exponent only beside pattern: zipf, got exponent"],
  ],
  [
    "stream hot elsewhere",
    vmOf("    workload: { pattern: zipf, rate: 1/s, hot: { pages: 1% } }\n"),
    ["s.yaml:6:43  vms[0].workload.hot  expected hot only beside pattern: hot-cold, got hot"],
  ],
  [
    "stream stop",
    vmOf("    workload: { preset: idle, start: 5s, stop: 5s }\n"),
    ["s.yaml:6:48  vms[0].workload.stop  expected more than its start (5s), got 5s"],
  ],
  [
    "stream preset and rate",
    vmOf("    workload: { preset: idle, rate: 5/s }\n"),
    ["s.yaml:6:31  vms[0].workload.rate  expected rate only beside a pattern of its own, got rate"],
  ],
  [
    "stream content",
    vmOf(
      "    image: { preset: database }\n    workload: { pattern: zipf, rate: 1/s, content: { zero: 60%, common: 30%, same: 20% } }\n",
    ),
    ["s.yaml:7:52  vms[0].workload.content  expected parts of at most 100 %, got 110 %"],
  ],
  [
    "stream common",
    vmOf("    workload: { pattern: zipf, rate: 1/s, content: { common: 50% } }\n"),
    [
      "s.yaml:6:62  vms[0].workload.content.common  expected common writes only for a VM whose image has a common part, got 50%",
    ],
  ],
  [
    "rate",
    vmOf("policies: { memory: { sharing: { rate: 200, vmRate: 0/s, order: rnd } } }\n"),
    [
      "s.yaml:6:40  policies.memory.sharing.rate  expected a rate with a unit, such as 200/s, or none, got 200",
      "s.yaml:6:53  policies.memory.sharing.vmRate  expected a rate of more than 0, got 0/s",
      "s.yaml:6:65  policies.memory.sharing.order  expected random, permuted or sequential, got rnd",
    ],
  ],
  [
    "sharing",
    vmOf("policies: { memory: { sharing: true } }\n"),
    ["s.yaml:6:32  policies.memory.sharing  expected a map of sharing settings, or none, got true"],
  ],
  [
    "hash bits",
    vmOf("policies: { memory: { sharing: { hashBits: 65 } } }\n"),
    ["s.yaml:6:44  policies.memory.sharing.hashBits  expected at most 64, got 65"],
  ],
];
