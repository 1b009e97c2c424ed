// Goal: the JSON Schema says what the reader reads; the digest names a scenario.
// Method: a small validator of the keywords in use, over good and bad documents; digests by hand.
import { expect, test } from "vitest";
import { parse } from "yaml";
import { canonicalJson } from "../../src/scenario/digest.ts";
import {
  parseScenario,
  resolveScenario,
  scenarioDigest,
  scenarioJsonSchema,
} from "../../src/scenario/index.ts";
import { keysAt, laterWords, scenarioSchema } from "../../src/scenario/schema.ts";
import { badCpuScenarios } from "./bad-cpu-scenarios.ts";
import { badEvents } from "./bad-events.ts";
import { badGuests } from "./bad-guests.ts";
import { badMemory } from "./bad-memory.ts";
import { badScenarios } from "./bad-scenarios.ts";
import { badWorkloads } from "./bad-workloads.ts";
import { holds, type Schema } from "./json-schema-check.ts";

const good = `ballast: 1
$schema: https://example.org/schema.json
duration: 10 min
hosts: [{ name: h, count: 2, memory: 8GiB, cpu: { cores: 2, mhz: 2.6GHz } }]
vms:
  - { name: a, memory: 1.5GiB, image: { preset: linux-server }, workload: { pattern: zipf, rate: 200 pages/s, start: 0 } }
  - { name: b, memory: 1GiB, image: { file: ./b.core }, workload: [{ preset: idle }] }
  - name: c
    memory: 1GiB
    pool: web
    start: 4s
    cpu: { shares: high, reservation: 25%, limit: 1.5GHz }
    smt: { sharing: internal, interference: 30% }
    cache: { workingSet: 1MiB, references: 20M/s, misses: [[1MiB, 40%], [8MiB, 5%]], ways: 0-7 }
    guest: { panic: 10s, ticks: 100/s, lateTicks: sponge, catchUp: 150% }
    workload:
      - { busy: true, threads: 2 }
      - { run: 4ms, sleep: { mean: 1ms, spread: 500us, draw: normal } }
      - { phases: [{ run: 1ms, sleep: 0, times: 3 }, { repeat: { times: 2, phases: [{ busy: 5ms }, { timer: 1s }] } }] }
      - { requests: 100/s, arrivals: constant, service: { mean: 4ms } }
      - { barrier: { threads: 8, work: 5ms, spin: false, rounds: 100 } }
      - { lock: { hold: 50us, between: 1ms, kind: ticket } }
  - name: d
    memory: 256MiB
    mem: { shares: high, reservation: 25%, limit: 128MiB }
    idleTax: 60%
    overhead: 32MiB
    balloon: { max: 50%, rate: 4096/s }
    os: { kind: windows, boot: 5s, kernel: 12MiB, zeroThread: none, swap: 50%, free: { min: 1MiB, high: 3% } }
    disk: { kind: ssd, bandwidth: 200MB/s }
    workload:
      - { preset: toucher, size: 50% }
      - { pattern: zipf, accesses: 4, work: 1ms, sleep: 5ms, threads: 3, memory: file, file: x, size: 300% }
pools: [{ name: web, owner: alice, expandable: false, cpu: { shares: 3000, reservation: 1GHz, limit: none }, memory: { limit: none } }]
events: [{ at: 3s, actor: bob, stop: { vm: a } }, { at: 4s, set: { vm: c, cpu.limit: none, cpu: { shares: low }, vcpus: 4 } }, { at: 5s, reset: { vm: d } }, { at: 6s, idleTax: 0% }, { at: 7s, set: { vm: d, mem.limit: none } }]
policies:
  memory:
    name: scan-time
    idleTax: 75%
    sharing: { rate: none, vmRate: 50/s }
    reclaim: { compression: { cache: 5% }, states: min-free, hysteresis: 1% }
    sampling: none
    costs: { map: 2us, zip: 0 }
  cpu: { quantum: 3ms, options: { target: 20ms, weight: 2 }, balance: none, skew: { costart: 1ms }, samples: none }
`;

test("the schema takes what the reader takes", () => {
  const schema = scenarioJsonSchema() as Schema;
  expect(schema["$schema"]).toBe("http://json-schema.org/draft-07/schema#");
  parseScenario(good);
  expect(holds(schema, parse(good))).toBe(true);
});

test("the schema refuses nothing but bad scenarios, and most of them", () => {
  const schema = scenarioJsonSchema() as Schema;
  const shapes = [
    ...badScenarios,
    ...badCpuScenarios,
    ...badEvents,
    ...badMemory,
    ...badGuests,
    ...badWorkloads,
  ].filter(([, text]) => {
    try {
      return !scenarioSchema.safeParse(parse(text, { logLevel: "silent" })).success;
    } catch {
      return false;
    }
  });
  const refused = shapes.filter(([, text]) => !holds(schema, parse(text, { logLevel: "silent" })));
  expect(shapes.length).toBeGreaterThan(30);
  // Left to the reader: zero, negative, absurd and odd amounts, which a pattern cannot tell.
  expect(refused.length).toBeGreaterThan(shapes.length * 0.75);
});

test("every key has a description, every text with a unit an example", () => {
  const walk = (schema: Schema, path: string): void => {
    for (const [key, inner] of Object.entries(schema.properties ?? {})) {
      expect(inner.description, `${path}.${key}`).toMatch(/\.$/);
      walk(inner, `${path}.${key}`);
    }
    for (const inner of [...(schema.anyOf ?? []), ...(schema.items ? [schema.items] : [])]) {
      if (inner.pattern !== undefined) expect(inner.examples!.every((text) => holds(inner, text))).toBe(true);
      walk(inner, path);
    }
  };
  walk(scenarioJsonSchema() as Schema, "");
});

test("no key is both of this version and of a later one", () => {
  for (const { known, later } of Object.values(keysAt))
    expect(later.filter((key) => known.includes(key))).toEqual([]);
  expect(laterWords["policies.memory.sharing.algorithm"]).toEqual(["ksm"]);
});

test("the digest is 16 digits over the meaning, not over words and folders", async () => {
  const scenario = parseScenario(good, { base: "/one" });
  const digest = await scenarioDigest(scenario);
  expect(digest).toMatch(/^[0-9a-f]{16}$/);
  const other = parseScenario(good.replace("10 min", "600s").replace("1.5GiB", "1536MiB"), { base: "/two" });
  expect(await scenarioDigest(other)).toBe(digest);
  expect(await scenarioDigest({ ...scenario, seed: 2 })).not.toBe(digest);
});

test("the digest of a small scenario is known, so that no platform may differ", async () => {
  const small = resolveScenario({
    ballast: 1,
    hosts: [{ name: "h", memory: "4KiB" }],
    vms: [{ name: "a", memory: "4KiB" }],
  });
  expect(canonicalJson(small)).toBe(
    '{"content":"auto","durationNs":60000000000,"events":[],"hosts":[{"cpu":{"cache":{"bytes":8388608,"cores":1,"missNs":60,"ways":16},"cores":1,"interrupts":[],"mhz":2000,"smtPpm":[1000000],"sockets":1,"threads":1},"memoryPages":1,"name":"h","nodes":1,"swap":{"disk":{"bytesPerSecond":500000000,"kind":"ssd","readNs":80000,"serial":false,"writeNs":30000},"pages":1},"systemPages":0}],"name":"scenario","policies":{"cpu":{"balance":{"everyNs":20000000,"marginNs":100000000},"boundLagQuanta":8,"coscheduling":"strict","entitlements":{"everyNs":100000000},"everyNs":1000000000,"guestSliceNs":10000000,"limitPeriodNs":100000000,"name":"fixed","options":{},"quantumNs":50000000,"queues":"per-pcpu","refillFarNsPerMib":150000,"refillNsPerMib":100000,"samplesPerSecond":128,"scheduler":"virtual-time","skew":{"costartNs":2000000,"costopNs":3000000,"pollNs":1000000},"wakeupMarginNs":1000000,"wakeupPreemption":false,"wholeCoreNs":200000000},"memory":{"activity":{"everyNs":30000000000,"fastKeepPpm":250000,"minPpm":10000,"pages":100,"slowKeepPpm":750000},"costs":{"copyNs":2000,"mapNs":1000,"unzipNs":20000,"zeroNs":1000,"zipNs":20000},"everyNs":15000000000,"idleTaxPpm":750000,"name":"min-funding","reclaim":{"balloon":true,"clusterPages":16,"enabled":true,"everyNs":100000000,"hysteresisPpm":5000,"shareFirst":true,"states":"fixed","zipHalfPpm":662000,"zipPpm":0,"zipQuarterPpm":206000},"sharing":{"algorithm":"hints","hashBits":64,"order":"random","ratePerSecond":200,"salting":"none","scanTimeNs":3600000000000,"vmRatePerSecond":50}}},"pools":[],"profile":"esx2","resolution":"page","seed":1,"vms":[{"balloon":{"maxPages":0,"pagesPerSecond":8192},"cache":{"curve":[],"referencesPerMs":0,"workingBytes":0},"cpu":{"reservationMhz":0,"shares":1000,"sharesPerVcpu":1000},"guest":{"catchUpPpm":1000000,"lateTicks":"process"},"host":0,"mem":{"maxPages":1,"minPages":0,"shares":1},"memoryPages":1,"name":"a","overheadPages":0,"smt":{"harmPpm":0,"sharing":"any"},"startNs":0,"vcpus":1,"vcpusMax":1,"workload":[]}]}',
  );
  expect(await scenarioDigest(small)).toBe("1d63e1337dad9d4b");
});

test("20 000 VMs as JSON are read as they are", () => {
  const vms = Array.from({ length: 20_000 }, (_, i) => ({
    name: `v${i}`,
    memory: "1GiB",
    image: { preset: "linux-server" },
  }));
  const text = JSON.stringify({ ballast: 1, hosts: [{ name: "h", count: 100, memory: "256GiB" }], vms });
  const scenario = parseScenario(text);
  expect(scenario.vms.length).toBe(20_000);
  expect(new Set(scenario.vms.map(({ host }) => host)).size).toBe(100);
});
