// Goal: the verb keeps its contract: one JSON document with the keys of docs/INTERFACE.md, a report, faults with exit code 2.
// Method: the command line, built, in a process of its own.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ballast, cliFolder } from "../support/cli.ts";

const folder = cliFolder();
afterAll(folder.remove);
const file = (name: string, text: string | Uint8Array): string => {
  writeFileSync(join(folder.path, name), text);
  return join(folder.path, name);
};
const GUEST = [
  "--memory",
  "1GiB",
  "--zero",
  "200MiB",
  "--working-set",
  "32MiB",
  "--dirty-rate",
  "4000pages/s",
];
const LINK = ["--bandwidth", "200Mbit/s", "--downtime-limit", "300ms"];
const migrate = (...args: string[]): ReturnType<typeof ballast> => ballast(["migrate", ...args]);

describe("what it prints", () => {
  test("--json: one document with the keys of the contract", async () => {
    const { code, stdout, stderr } = await migrate(
      ...GUEST,
      ...LINK,
      "--mode",
      "pre-copy,post-copy,hybrid,stop-and-copy",
      "--json",
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^\{.*\}\n$/);
    const { modes } = JSON.parse(stdout) as { modes: Record<string, unknown>[] };
    expect(modes.map(({ mode }) => mode)).toEqual(["pre-copy", "post-copy", "hybrid", "stop-and-copy"]);
    const keys =
      "mode converged reason totalNs downtimeNs expectedDowntimeNs bytesSent normalPages zeroPages rounds guest";
    for (const mode of modes) expect(Object.keys(mode)).toEqual(expect.arrayContaining(keys.split(" ")));
    const rounds = modes[0]!["rounds"] as Record<string, number>[];
    for (const round of rounds)
      expect(Object.keys(round)).toEqual(expect.arrayContaining(["pages", "bytes", "ns", "dirtiedPages"]));
    expect(Object.keys(modes[0]!["guest"] as object)).toEqual(
      expect.arrayContaining(["throughputLossPpm", "longestGapNs", "p99Ns"]),
    );
  });

  test("a table for people, the same bytes twice", async () => {
    const [first, second] = [await migrate(...GUEST, ...LINK), await migrate(...GUEST, ...LINK)];
    expect(first.stdout).toMatch(/^1 GiB over 200 Mbit\/s, rule qemu\n\nmode +total +downtime/);
    expect(second.stdout).toBe(first.stdout);
  });

  test("--solve, --sweep, --from, --dirty-trace, --wws", async () => {
    const windows = file(
      "w.csv",
      "window_ms,mean_distinct_dirty_pages,min,max\n100,10,5,20\n1000,50,40,60\n",
    );
    const told = file(
      "info.txt",
      "total ram: 1048576 kbytes\ndirty pages rate: 100 pages\nthroughput: 200 mbps\n",
    );
    const series = file("s.dtz", Uint8Array.of(68, 84, 90, 49, 100, 9, 3, 0, 0, 100, 1, 2, 3, 100, 0));
    const cases: [string[], RegExp][] = [
      [
        [...GUEST, ...LINK, "--solve", "bandwidth", "--json"],
        /^\{"solved":"bandwidth","bandwidthBitsPerS":\d+,"plan":/,
      ],
      [[...GUEST, ...LINK, "--solve", "downtime"], /^Pre-copy converges with a downtime limit of /],
      [
        [...GUEST, ...LINK, "--sweep", "100Mbit/s,1Gbit/s", "--json"],
        /^\{"sweep":\[\{"bandwidthBitsPerS":100000000,/,
      ],
      [["--from", told, "--json"], /"band":\{"low":\[/],
      [["--dirty-trace", windows, "--memory", "1MiB", ...LINK, "--json"], /"band":\{"low":\[/],
      [["--dirty-trace", series, "--wws", "--memory", "1MiB"], /12 KiB written in 200 ms/],
    ];
    for (const [args, says] of cases) {
      const { code, stdout, stderr } = await migrate(...args);
      expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: "" });
      expect(says.test(stdout), `${args.join(" ")}: ${stdout.slice(0, 300)}`).toBe(true);
    }
  });
});

describe("bad input", () => {
  const large = file("large.dtz", Uint8Array.of(68, 84, 90, 49, 100, 9, 3, 0, 0, 100, 1, 2, 3, 100, 0));
  const table = file("bad.csv", "window_ms,mean_distinct_dirty_pages\n100,x\n");
  const rows: [string, string[], RegExp[]][] = [
    [
      "nothing",
      [],
      [/--memory +expected an amount, got nothing/, /--bandwidth +expected an amount, got nothing/],
    ],
    ["zero bandwidth", [...GUEST, "--bandwidth", "0"], [/--bandwidth +expected more than 0, got 0/]],
    ["zero memory", ["--memory", "0", ...LINK], [/--memory +expected more than 0, got 0/]],
    [
      "a unit that is none",
      [...GUEST, "--bandwidth", "1Gbps"],
      [/--bandwidth +expected a bandwidth with a unit/],
    ],
    [
      "a mode that is none",
      [...GUEST, ...LINK, "--mode", "precopy"],
      [/--mode +expected one of .*pre-copy\?/],
    ],
    ["a rule that is none", [...GUEST, ...LINK, "--rule", "quemu"], [/--rule +expected one of .*qemu\?/]],
    [
      "more zero than memory",
      ["--memory", "1MiB", "--zero", "1GiB", ...LINK],
      [/--zero +expected at most the memory/],
    ],
    [
      "a working set beyond it",
      ["--memory", "1MiB", "--working-set", "1GiB", ...LINK],
      [/--working-set +expected at most/],
    ],
    [
      "page by page",
      [...GUEST, ...LINK, "--page", "--channels", "2"],
      [/--channels +expected an option of migrations page by page/],
    ],
    [
      "a trace larger than the VM",
      ["--dirty-trace", large, "--memory", "4KiB", ...LINK],
      [/at most the memory's 1 pages, got 3 pages/],
    ],
    [
      "a trace beside a rate",
      ["--dirty-trace", large, ...GUEST, ...LINK],
      [/--dirty-rate +expected none beside/],
    ],
    [
      "a bad row",
      ["--dirty-trace", table, ...GUEST, ...LINK],
      [/bad\.csv:2: expected a number in mean_distinct/],
    ],
    [
      "no such trace",
      ["--dirty-trace", "/nowhere", ...GUEST, ...LINK],
      [/\/nowhere: expected a readable file, got no such file/],
    ],
    ["no such text", ["--from", "/nowhere", ...LINK], [/--from \/nowhere: no such file/]],
    [
      "a question that is none",
      [...GUEST, ...LINK, "--solve", "time"],
      [/--solve: expected bandwidth or downtime, got time/],
    ],
    [
      "a sweep without units",
      [...GUEST, ...LINK, "--sweep", "1,2"],
      [/--sweep: expected a bandwidth with a unit/],
    ],
    [
      "parts of a trace without one",
      [...GUEST, ...LINK, "--wws"],
      [/--wws: expected --dirty-trace or --scenario beside it/],
    ],
    ["an option that is none", [...GUEST, ...LINK, "--dirty"], [/unknown option '--dirty'/]],
  ];

  test.each(rows)("%s", async (_, args, says) => {
    const { code, stdout, stderr } = await migrate(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    for (const text of says) expect(stderr).toMatch(text);
    expect(stderr).not.toMatch(/^\s+at |undefined|NaN/m);
  });
});
