/**
 * Question: how near is the core to C with AVX2, which sees eight hosts at a time where Wasm sees four? 100,000 VMs of four
 * dimensions over 10,048 hosts by cosine, each host open from the start. And does a cluster that is nearly full cost more?
 *
 * C scans all hosts; "a kind at a time" it knows, as the core does, that empty hosts of a kind tie.
 */
import { CosineKernel } from "../../src/place/cosine-kernel.ts";
import { packProblem } from "../../src/place/pack-vectors.ts";
import { makeProblem, readProblem } from "../../src/place/problem.ts";
import { compileCore } from "../../test/support/raw-core.ts";
import { type Case, digest, faster, full, type Goal, parameter, run } from "../harness.ts";
import { nativeModule } from "../native.ts";
import { xorshift32 } from "../random.ts";

const hosts = parameter("hosts", 200, 10_048);
const vms = parameter("VMs", 2000, 100_000);

/** VMs of 1 … most of a hundred in each dimension. */
function sizesOf(most: number): number[][] {
  const next = xorshift32(7);
  return Array.from({ length: vms }, () => [0, 1, 2, 3].map(() => 1 + (next() % most)));
}

// One memory for both clusters, because a native control knows one: the second cluster's VMs stand behind the first's.
const problem = readProblem([...sizesOf(16), ...sizesOf(20)], {
  capacity: [100, 100, 100, 100],
  count: hosts,
});
const kernel = new CosineKernel(compileCore("ballast"), problem);
const native = nativeModule("cosine", ["immintrin.h"], kernel.bytes);
const placeAll = native?.control("placeAll");

/** The core, C, and at small sizes the library without the core, placing `vms` items from `first` on. */
function casesOf(suffix: string, first: number): Record<string, Case | undefined> {
  const order = Uint32Array.from({ length: vms }, (_, item) => first + item);
  const again = (): void => {
    kernel.reset();
    kernel.sort(order);
    kernel.openAll();
  };
  const answer = (): string => digest(kernel.homes().subarray(first, first + vms));
  const question = suffix;
  const core = (): void => {
    again();
    for (let at = kernel.run(0); at < vms; ) at = kernel.run(at + 1);
  };
  const control = (kinds: 0 | 1): Case | undefined =>
    placeAll && {
      question,
      answer,
      run: () => {
        again();
        placeAll(kernel.control, vms, kinds);
      },
    };
  const own = makeProblem(4, problem.sizes.slice(4 * first, 4 * (first + vms)), problem.capacities, false);
  let homes: Int32Array = new Int32Array(0);
  const twin = {
    question,
    timed: false,
    answer: () => digest(homes),
    run: () => {
      homes = packProblem(own, "cosine", { spread: true }, 1).assignment;
    },
  };
  return {
    [`core${suffix}`]: { question, answer, run: core },
    [`C (AVX2)${suffix}`]: control(0),
    [`C (AVX2), a kind at a time${suffix}`]: control(1),
    ...(full ? {} : { [`twin${suffix}`]: twin }),
  };
}

const FULL = ", nearly full";
const crowded: Goal = {
  name: "core: loose / nearly full",
  needs: ["core", `core${FULL}`],
  ratio: (time) => time["core"]! / time[`core${FULL}`]!,
  atLeast: 0.34,
};
await run(
  "cosine placement, 100 k VMs on 10 k hosts",
  { ...casesOf("", 0), ...casesOf(FULL, vms) },
  {
    rounds: 7,
    threadClock: native?.now,
    goals: [
      faster("core", "C (AVX2)", 0.38),
      faster(`core${FULL}`, `C (AVX2)${FULL}`, 0.38),
      crowded,
      faster("core", "C (AVX2), a kind at a time"),
    ],
  },
);
