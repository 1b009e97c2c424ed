/** Policy files with every kind of fault: the file's text, and what the message must hold. */
import type { BadFiles, Row } from "./bad-input-rows.ts";

const policy = (body: string): string =>
  `export default {\n  name: "mine",\n  decide(view, targets) {\n    ${body}\n  },\n};\n`;

const TEXTS: readonly (readonly [what: string, text: string, ...says: (string | RegExp)[]])[] = [
  ["syntax error", "export default {\n  name: \n", /SyntaxError.*line 2:\d+/],
  ["syntax error in types", "const x: strin g = 1;\nexport default x;", /SyntaxError.*line 1:\d+/],
  [
    "TypeScript that is more than types",
    "enum A { B }\nexport default A;",
    /enum is not supported.*line 1:1/,
  ],
  ["empty", "", "got no default export"],
  ["binary", "\0\u0001\u0002", "SyntaxError"],
  ["throws at import", '\n\nthrow new Error("boom");', "Error: boom (line 3:7)"],
  ["throws null", "throw null;", "threw null"],
  ["never ends to import", "await new Promise(() => {});", "never comes"],
  ["no default export", "export const x = 1;", "got no default export"],
  ["null", "export default null;", "got null"],
  ["no decide", 'export default { name: "mine" };', "got one without decide"],
  ["decide is data", 'export default { name: "mine", decide: 1 };', "decide is no function"],
  ["no name", "export default { decide() {} };", "expected a name"],
  ["a name that steers the terminal", 'export default { name: "\\x1b[2J", decide() {} };', "expected a name"],
  ["a class", 'export default class { name = "mine"; decide() {} }', "got a class"],
  ["decide alone", "export default function decide(view, targets) {}", "a function of 2 parameters"],
  [
    "a factory that throws",
    'export default () => {\n  throw new Error("boom");\n};',
    "Error: boom (line 2:9)",
  ],
  ["a getter that throws", 'export default { get decide() { throw new Error("boom"); } };', "boom (line 1:"],
  ["a lost import", 'import "./nowhere.ts";', "nowhere.ts"],
  ["a lost package", 'import x from "no-such-package";', "no-such-package"],
  ["decide throws", policy('throw new Error("boom");'), "decide threw Error: boom (line 4:11)"],
  ["decide throws null", policy("throw null;"), "decide threw null"],
  ["NaN", policy("targets.hostScanRate = NaN;"), "host h: hostScanRate", "got NaN"],
  ["negative", policy("targets.vmScanRate[0] = -1;"), "vm a: vmScanRate", "got -1"],
  ["a fraction", policy("targets.vmScanRate[0] = 1.5;"), "vm a: vmScanRate", "got 1.5"],
  ["text", policy('targets.hostScanRate = "7";'), "hostScanRate"],
  ["another array", policy("targets.vmScanRate = [1];"), "vmScanRate to stay in place"],
  ["no array", policy("targets.vmScanRate = null;"), "vmScanRate to stay in place"],
  ["a reason for nobody", policy('targets.because(7, "x");'), "because", "got 7"],
  ["no reason", policy('targets.because("host");'), "because", "expected a reason"],
  ["odd inputs", policy('targets.because("host", "x", { a: NaN });'), "because", "a: NaN"],
  ["async", policy("").replace("decide", "async decide"), "got a promise"],
  [
    "throws later",
    `setTimeout(() => { throw new Error("boom"); }, 0);\n${policy("")}`,
    "Error: boom (line 1:",
  ],
  ["rejects later", `Promise.reject(new Error("boom"));\n${policy("")}`, "Error: boom (line 1:"],
];

const COMPUTES = `ballast: 1
hosts: [{ name: h, memory: 8MiB }]
vms: [{ name: a, memory: 4MiB, workload: { busy: true } }]
`;

export function policyRows(files: BadFiles): Row[] {
  files.put("computes.yaml", COMPUTES);
  const row = (what: string, name: string, says: readonly (string | RegExp)[]): Row => ({
    what: `policy: ${what}`,
    args: ["run", "good.yaml", "--policy", `memory=./${name}`],
    says: [`./${name}`, ...says],
  });
  return [
    ...TEXTS.map(([what, text, ...says]) =>
      row(what, files.put(`${what.replaceAll(" ", "-")}.ts`, text), says),
    ),
    {
      what: "policy: a fault of a CPU policy",
      args: [
        "run",
        "computes.yaml",
        "--policy",
        `cpu=./${files.put("cpu-nan.ts", policy("targets.vmShares[0] = 0.5;"))}`,
      ],
      says: ["./cpu-nan.ts", "vm a: vmShares: expected a whole number", "got 0.5"],
    },
    row("a syntax error in JavaScript", files.put("bad.mjs", "export default {\n  }}"), [
      /SyntaxError.*line 2:\d+/,
    ]),
    row("missing", "nowhere.ts", ["no such file"]),
    row("directory", files.directory("folder.ts"), ["got a folder"]),
    row("FIFO", files.fifo("fifo.ts"), ["got a pipe"]),
    row("link in a circle", files.link("circle.ts", "circle.ts"), ["leads in circles"]),
    row("below a file", "good.yaml/x.ts", ["a file where a folder should be"]),
  ];
}
