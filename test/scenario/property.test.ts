// Goal: any valid scenario means the same as object, YAML and JSON; anything else is a ScenarioError and nothing worse.
// Method: random scenarios; random damage to them, to their text, and to the path of --set.
import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { writeNs, writePages, writePerKs, writePpm } from "../../src/scenario/format.ts";
import {
  parseScenario,
  resolveScenario,
  ScenarioError,
  type ScenarioInput,
} from "../../src/scenario/index.ts";

const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const pages = fc.integer({ min: 1, max: 1 << 20 }).map(writePages);
const ppm = fc.nat({ max: 1e6 }).map(writePpm);
const ns = fc.integer({ min: 1_000_000, max: 1e15 }).map(writeNs);
const perSecond = fc.oneof(
  fc.constant("none" as const),
  fc.integer({ min: 1, max: 1e6 }).map((n) => `${n}/s`),
);
const label = fc.stringMatching(/^[a-z<&"'#: ]{0,8}[a-z]$/);

const mix = fc.tuple(fc.nat({ max: 1e6 }), fc.nat({ max: 1e6 })).map(([a, b]) => {
  const [low, high] = a < b ? [a, b] : [b, a];
  return { zero: writePpm(low), common: writePpm(high - low), unique: writePpm(1e6 - high) };
});
const image = fc.oneof(
  mix,
  fc.record({ preset: fc.constantFrom("linux-server", "database"), pool: optional(label) }),
  fc.record({
    file: fc.stringMatching(/^[a-z./]{1,9}$/),
    form: optional(fc.constantFrom("raw", "elf", "u64")),
  }),
);
const stream = fc.oneof(
  fc.record({ preset: fc.constantFrom("idle", "web-server", "toucher") }),
  fc.record({
    pattern: fc.constantFrom("uniform", "sequential", "hot-cold"),
    rate: fc.integer({ min: 1, max: 1e9 }).map(writePerKs),
    writes: optional(ppm),
    content: optional(fc.record({ zero: optional(ppm) })),
  }),
);
const length = fc.oneof(
  ns,
  fc.record({ mean: ns, draw: optional(fc.constant("exponential" as const)) }),
  fc.integer({ min: 1, max: 1e9 }).map((mean) => ({ mean: writeNs(mean), spread: writeNs(mean >> 1) })),
);
const phase = fc.oneof(
  fc.record({ run: length, sleep: optional(length), times: optional(fc.integer({ min: 1, max: 9 })) }),
  fc.record({
    repeat: fc.record({
      times: fc.integer({ min: 1, max: 9 }),
      phases: fc.tuple(fc.record({ run: length })),
    }),
  }),
  fc.record({ timer: ns }),
  fc.record({ barrier: label }),
);
const threads = optional(fc.integer({ min: 1, max: 9 }));
const work = fc.oneof(
  fc.record({ busy: fc.constant(true as const), threads, start: optional(ns) }),
  fc.record({ run: length, sleep: optional(length), threads }),
  fc.record({
    phases: fc.tuple(fc.record({ run: length }), phase, phase),
    times: optional(fc.integer({ min: 1, max: 9 })),
  }),
  fc.record({
    requests: fc.constant("9/s"),
    arrivals: optional(fc.constant("constant" as const)),
    service: length,
  }),
  fc.record({ barrier: fc.record({ threads, work: length, spin: optional(fc.boolean()) }) }),
  fc.record({ lock: fc.record({ threads, hold: length, between: length }) }),
);
const controls = optional(
  fc.record({
    shares: optional(fc.oneof(fc.constantFrom("low", "normal", "high"), fc.integer({ min: 1, max: 1e6 }))),
    limit: optional(
      fc.oneof(
        fc.constant("none"),
        fc.integer({ min: 1, max: 9999 }).map((n) => `${n}MHz`),
      ),
    ),
  }),
);
const share = optional(fc.oneof(fc.constantFrom("low", "high"), fc.integer({ min: 1, max: 1e9 })));
const part = optional(fc.nat({ max: 100 }).map((n) => `${n}%`));
const mem = optional(fc.record({ shares: share, limit: optional(fc.constantFrom("none", "100%")) }));
const os = optional(
  fc.oneof(
    fc.constantFrom("linux", "windows"),
    fc.record({
      kind: fc.constantFrom("linux", "windows"),
      boot: optional(ns),
      bootZeroes: optional(fc.boolean()),
      kernelCommon: part,
      swap: part,
      kernel: optional(fc.constant("4KiB")),
    }),
  ),
);
const policyMemory = {
  idleTax: optional(fc.nat({ max: 99 }).map((n) => `${n}%`)),
  reclaim: optional(
    fc.oneof(
      fc.constant("none"),
      fc.record({
        balloon: optional(fc.boolean()),
        states: optional(fc.constantFrom("fixed", "min-free", "min-free-5")),
        compression: optional(fc.oneof(fc.constant("none"), fc.record({ cache: part }))),
      }),
    ),
  ),
  sampling: optional(
    fc.oneof(fc.constant("none"), fc.record({ pages: optional(fc.integer({ min: 1, max: 1e4 })) })),
  ),
  costs: optional(fc.record({ map: optional(fc.nat({ max: 1e9 }).map(writeNs)) })),
};
const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,6}$/), { minLength: 1, maxLength: 4 });
const count = optional(fc.integer({ min: 1, max: 5 }));
const cpu = optional(
  fc.record({
    cores: optional(fc.integer({ min: 1, max: 64 })),
    mhz: optional(fc.integer({ min: 1, max: 5000 })),
    threads: optional(fc.constantFrom(1, 2, 4, 8)),
  }),
);

/** A VM, or one with an os: that has memory enough for its kernel, and no image of a file. */
function maybeGuest(shape: Readonly<Record<string, fc.Arbitrary<unknown>>>) {
  const large = fc.integer({ min: 1 << 14, max: 1 << 20 }).map(writePages);
  return fc.tuple(fc.record(shape), os, large).map(([vm, system, memory]) => {
    if (system === undefined) return vm;
    const given = vm["image"] as { file?: string } | undefined;
    return { ...vm, os: system, memory, image: given?.file === undefined ? given : undefined };
  });
}

const scenario = fc
  .record({
    ballast: fc.constant(1 as const),
    name: optional(label),
    seed: optional(fc.maxSafeNat()),
    duration: optional(ns),
    profile: optional(fc.constantFrom("esx2", "esx4", "esx6")),
    hosts: names.chain((list) =>
      fc.tuple(...list.map((name) => fc.record({ name: fc.constant(name), count, memory: pages, cpu }))),
    ),
    vms: names.chain((list) =>
      fc.tuple(
        ...list.map((name) =>
          maybeGuest({
            name: fc.constant(name),
            count,
            memory: pages,
            salt: optional(label),
            image: optional(image),
            workload: optional(fc.oneof(stream, work, fc.array(fc.oneof(stream, work), { maxLength: 3 }))),
            vcpus: optional(fc.integer({ min: 1, max: 16 })),
            cpu: controls,
            start: optional(ns),
            mem,
            overhead: optional(fc.constant("4KiB")),
          }),
        ),
      ),
    ),
    pools: optional(
      names.map((list) => list.map((name, i) => (i % 2 === 0 ? { name } : { name, pool: list[i - 1]! }))),
    ),
    policies: optional(
      fc.record({
        memory: optional(
          fc.oneof(
            fc.constantFrom("fixed-rate", "scan-time"),
            fc.record({
              every: optional(fc.integer({ min: 1e9, max: 1e15 }).map(writeNs)),
              ...policyMemory,
              sharing: optional(
                fc.oneof(
                  fc.constant(false),
                  fc.record({
                    rate: optional(perSecond),
                    hashBits: optional(fc.integer({ min: 1, max: 64 })),
                  }),
                ),
              ),
            }),
          ),
        ),
      }),
    ),
  })
  .map((input) => input as unknown as ScenarioInput);

test("property: object, YAML and JSON mean the same", () => {
  fc.assert(
    fc.property(scenario, (input) => {
      const resolved = resolveScenario(input);
      expect(parseScenario(stringify(input))).toEqual(resolved);
      expect(parseScenario(JSON.stringify(input))).toEqual(resolved);
      expect(resolved.vms.every(({ vcpus, vcpusMax, cpu }) => vcpusMax >= vcpus && cpu.shares >= 1)).toBe(
        true,
      );
      for (const { program } of resolved.vms) {
        for (const { steps } of program?.threads ?? []) {
          // Every partner of a loop names it back, and the program ends.
          for (const [at, step] of steps.entries()) {
            if ("partner" in step)
              expect(steps[step.partner]).toMatchObject({ partner: at, rounds: step.rounds });
          }
          expect(steps.at(-1)).toEqual({ kind: "end" });
        }
      }
      expect(resolved.vms.every(({ host }) => host < resolved.hosts.length)).toBe(true);
      expect(
        resolved.vms.every(({ workload, memoryPages, os }) =>
          workload.every(
            (s) =>
              s.firstPage + s.pages <= (s.region === undefined ? memoryPages : os!.regions[s.region]!.pages),
          ),
        ),
      ).toBe(true);
    }),
  );
});

/** Runs `act`; a throw must be a ScenarioError that tells something. */
function onlyScenarioErrors(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(ScenarioError);
    const { faults } = error as ScenarioError;
    expect(faults.length).toBeGreaterThan(0);
    for (const { expected, got } of faults) expect(expected !== "" && got !== "").toBe(true);
  }
}

/** Every path to a value of a document. */
function pathsOf(value: unknown, above: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [above];
  return [
    above,
    ...Object.entries(value).flatMap(([key, inner]) =>
      pathsOf(inner, [...above, Array.isArray(value) ? Number(key) : key]),
    ),
  ];
}

function damaged(input: unknown, path: (string | number)[], value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const copy: Record<string | number, unknown> = Array.isArray(input)
    ? ([...input] as never)
    : { ...(input as object) };
  if (Array.isArray(copy) && step === "length") return copy;
  copy[step] = damaged(copy[step], rest, value);
  return copy;
}

const anything = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
  fc.constantFrom(
    ...["0", "-1GiB", "NaN%", "none", "1e9/s", "fluid", "h-1"],
    0,
    -1,
    1e300,
    Number.NaN,
    Symbol("s"),
    () => 1,
  ),
);

test("property: damage is told, never thrown otherwise", () => {
  fc.assert(
    fc.property(scenario, fc.nat(), anything, fc.string(), (input, at, value, key) => {
      const paths = pathsOf(input);
      const path = paths[at % paths.length]!;
      onlyScenarioErrors(() => resolveScenario(damaged(input, path, value) as ScenarioInput));
      onlyScenarioErrors(() => resolveScenario(damaged(input, [...path, key], value) as ScenarioInput));
    }),
    { numRuns: 500 },
  );
});

test("something else where a list should be, even if it has a length", () => {
  const pools = { name: "a", length: Object.create(null) };
  onlyScenarioErrors(() => resolveScenario({ ballast: 1, hosts: [], vms: [], pools } as never));
  expect(() => resolveScenario({ ballast: 1, hosts: [], vms: [], pools } as never)).toThrow("pools");
});

test("property: a damaged text is told with its line", () => {
  fc.assert(
    fc.property(scenario, fc.nat(), fc.nat(20), fc.string({ unit: "binary" }), (input, at, cut, put) => {
      for (const text of [stringify(input), JSON.stringify(input)]) {
        const from = at % text.length;
        onlyScenarioErrors(() => parseScenario(text.slice(0, from) + put + text.slice(from + cut)));
      }
    }),
    { numRuns: 500 },
  );
});

test("property: any --set is taken or told", () => {
  const step = fc.oneof(
    fc.constantFrom("vms", ".", "[0]", "[", "memory", "a", "0", "policies", "__proto__", "="),
    fc.string({ maxLength: 3 }),
  );
  fc.assert(
    fc.property(scenario, fc.array(step, { maxLength: 6 }), fc.string(), (input, steps, value) => {
      onlyScenarioErrors(() => resolveScenario(input, { set: [`${steps.join("")}=${value}`] }));
    }),
    { numRuns: 300 },
  );
});
