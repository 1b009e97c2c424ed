/** The same runs for Node and a browser: one file, imported by the test and bundled for Chromium. */
import {
  createEntitlementSolver,
  type EntitlementNode,
  entitlements,
  parseScenario,
  type Result,
  simulate,
  type WorldOptions,
} from "../../src/index.ts";
import { CPU_WORLDS, cpuWorldText } from "./cpu-worlds.ts";
import { MEMORY_WORLDS, memoryWorldText } from "./memory-worlds.ts";

interface Case {
  readonly name: string;
  readonly text: string;
  readonly images?: () => NonNullable<WorldOptions["images"]>;
}

/** What must agree: the hash, and the result without the machine it ran on. */
export interface Outcome {
  readonly name: string;
  readonly stateHash: string;
  readonly json: string;
}

const PAGE_BYTES = 4096;

/** Pages whose contents repeat with period `distinct`; every eighth is zero. */
function bytesOf(pages: number, distinct: number): Uint8Array {
  const bytes = new Uint8Array(pages * PAGE_BYTES);
  for (let ppn = 0; ppn < pages; ppn += 1) {
    if (ppn % 8 === 0) continue;
    let state = (ppn % distinct) + 1;
    for (let at = 0; at < PAGE_BYTES; at += 1) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      bytes[ppn * PAGE_BYTES + at] = state >>> 24;
    }
  }
  return bytes;
}

function idsOf(pages: number, distinct: number): BigUint64Array {
  return BigUint64Array.from({ length: pages }, (_, ppn) => BigInt(ppn % distinct) * 0x9e3779b97f4a7c15n);
}

const streams = `ballast: 1
seed: 42
duration: 60s
hosts: [{ name: h1, memory: 256MiB }, { name: h2, memory: 128MiB }]
vms:
  - { name: web, count: 3, memory: 32MiB, image: { zero: 30%, common: 40% }, workload: { pattern: zipf, rate: 2000/s, writes: 10% } }
  - { name: db, memory: 64MiB, image: { zero: 10%, common: 5% }, workload: { pattern: hot-cold, rate: 3000/s, writes: 20%, hot: { pages: 5%, accesses: 95% }, content: { zero: 10%, common: 5% } } }
  - { name: log, memory: 16MiB, workload: [{ pattern: sequential, rate: 500/s, writes: 50% }, { pattern: uniform, rate: 200/s, start: 5s, stop: 20s }] }
policies: { memory: { name: NAME, sharing: { rate: 2000/s, order: ORDER } } }
`;

const salted = `ballast: 1
seed: 7
duration: 30s
hosts: [{ name: h1, memory: 128MiB }]
vms:
  - { name: a, count: 2, memory: 16MiB, salt: red, image: { zero: 20%, common: 60%, pool: os } }
  - { name: b, count: 2, memory: 16MiB, salt: blue, image: { zero: 20%, common: 60%, pool: os } }
policies: { memory: { sharing: { rate: 4000/s, hashBits: BITS, salting: SALTING } } }
`;

const given = `ballast: 1
seed: 3
duration: 30s
content: CONTENT
hosts: [{ name: h1, memory: 32MiB }]
vms:
  - { name: a, count: 2, memory: 4MiB, workload: { pattern: uniform, rate: 100/s, writes: 50% } }
  - { name: b, memory: 8MiB, workload: { pattern: zipf, rate: 300/s, writes: 5% } }
policies: { memory: { sharing: { rate: 1000/s } } }
`;

const guests = `ballast: 1
seed: 11
duration: 40s
hosts: [{ name: h1, memory: 80MiB, swap: { kind: ssd, size: 128MiB } }]
vms:
  - name: a
    count: 2
    memory: 32MiB
    mem: { limit: 28MiB }
    os: { kind: windows, boot: 3s }
    disk: ssd
    workload:
      - { pattern: zipf, rate: 4000/s, writes: 40%, memory: anonymous, size: 40MiB }
      - { pattern: sequential, rate: 500/s, writes: 10%, memory: file, file: data, size: 16MiB }
  - name: b
    memory: 48MiB
    os: { kind: linux, boot: 2s }
    disk: hdd
    workload:
      - { pattern: uniform, accesses: 3, work: 2ms, writes: 50%, memory: anonymous, size: 44MiB }
policies: { memory: { name: min-funding, sharing: { rate: 2000/s } } }
`;

const bytesGiven = () => ({
  "a-1": bytesOf(1024, 300),
  "a-2": bytesOf(1000, 300),
  b: bytesOf(1500, 700),
});

const cases: readonly Case[] = [
  { name: "streams, random order", text: streams.replace("NAME", "fixed-rate").replace("ORDER", "random") },
  { name: "streams, permuted", text: streams.replace("NAME", "scan-time").replace("ORDER", "permuted") },
  { name: "follow writes", text: streams.replace("NAME", "follow-writes").replace("ORDER", "sequential") },
  { name: "salt by group", text: salted.replace("SALTING", "group").replace("BITS", "64") },
  { name: "salt by VM, short hashes", text: salted.replace("SALTING", "vm").replace("BITS", "12") },
  { name: "bytes", text: given.replace("CONTENT", "bytes"), images: bytesGiven },
  { name: "bytes held as ids", text: given.replace("CONTENT", "ids"), images: bytesGiven },
  {
    name: "ids",
    text: given.replace("CONTENT", "auto"),
    images: () => ({ "a-1": idsOf(1024, 200), "a-2": idsOf(1024, 333), b: idsOf(2048, 512) }),
  },
  { name: "guests that page, a host that reclaims", text: guests },
  ...CPU_WORLDS.map((name) => ({ name, text: cpuWorldText(name) })),
  ...MEMORY_WORLDS.map((name) => ({ name, text: memoryWorldText(name) })),
];

/** Runs every case, in order. */
export async function runCases(): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { name, text, images } of cases) {
    const result = await simulate(parseScenario(text), images === undefined ? {} : { images: images() });
    outcomes.push({ name, stateHash: result.stateHash, json: JSON.stringify(withoutMachine(result)) });
  }
  outcomes.push(await entitlementCase());
  return outcomes;
}

/** Fifty pools of twenty clients, by the library call and by the core; numbers in full, as text. */
async function entitlementCase(): Promise<Outcome> {
  const parents: number[] = [];
  const children = Array.from({ length: 50 }, (_, pool): EntitlementNode => {
    const own = parents.push(-1) - 1;
    const clients = Array.from({ length: 20 }, (_, i): EntitlementNode => {
      parents.push(own);
      return {
        name: `${pool}.${i}`,
        shares: 1 + ((7 * i + pool) % 9),
        reservation: i % 3,
        demand: 3 + ((i * pool) % 40),
      };
    });
    return { name: `${pool}`, shares: 1 + (pool % 7), children: clients };
  });
  const nodes = children.flatMap((pool) => [pool, ...pool.children!]);
  const column = (value: (node: EntitlementNode) => number): Float64Array => Float64Array.from(nodes, value);
  const solver = await createEntitlementSolver(parents);
  const out = solver.solve(9000, {
    shares: column(({ shares }) => shares),
    reservation: column(({ reservation }) => reservation ?? 0),
    limit: column(() => Number.POSITIVE_INFINITY),
    demand: column(({ demand }) => demand ?? Number.POSITIVE_INFINITY),
  });
  const called = entitlements({ capacity: 9000, children });
  return {
    name: "entitlements",
    stateHash: [...out].join(" "),
    json: JSON.stringify(nodes.map(({ name }) => called.get(name))),
  };
}

function withoutMachine({ hostMachine: _, ...rest }: Result): Omit<Result, "hostMachine"> {
  return rest;
}
