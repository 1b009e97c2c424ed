/** Question: are a dirty bitmap's bits taken out, and counted, as fast as C does, at any density? */
import { countBitsModel, takeHalvesModel } from "../../test/model/memory/dirty-bitmap.ts";
import { ARENA, rawCore } from "../../test/support/raw-core.ts";
import { type Goal, parameter, run } from "../harness.ts";
import { nativeModule } from "../native.ts";
import { xorshift32 } from "../random.ts";

const words = parameter("words", 3000, 1 << 24); // 1 Gbit
const rounds = 7;
const OUT_BYTES = (64 * 1024 + 4160) * 4;
const core = rawCore(2 * words * 8 + OUT_BYTES);
const native = nativeModule("bitmap", ["immintrin.h"], core.bytes);
const at = ARENA;
const pristine = at + words * 8;
const outAt = pristine + words * 8;
const halves = new Uint32Array(core.memory.buffer, at, words * 2);
const out = new Uint32Array(core.memory.buffer, outAt, OUT_BYTES / 4);
const loop = native?.control("loopRun");
const table = native?.control("tableRun");

function fill(density: number): void {
  const next = xorshift32(1);
  const bits = new Uint32Array(core.memory.buffer, pristine, words * 2);
  bits.fill(0);
  if (density >= 0.5) for (let i = 0; i < bits.length; i += 1) bits[i] = next();
  else {
    for (let i = 0; i < density * words * 64; i += 1) {
      // One draw a bit: two in a row are not independent.
      const bit = Math.floor((next() / 2 ** 32) * bits.length * 32);
      bits[bit >>> 5]! |= 1 << (bit & 31);
    }
  }
}

/** The twin's digest, block by block as the others. */
function twin(): number {
  let digest = 0;
  for (let from = 0; from < words * 2; from += 2048) {
    const taken = takeHalvesModel(halves, from, Math.min(from + 2048, words * 2), out);
    digest = (Math.imul(digest, 31) + taken) | 0;
    if (taken > 0) digest ^= out[taken - 1]! ^ out[taken >> 1]!;
  }
  return digest >>> 0;
}

/** Against whichever way of C is the faster one. */
function best(atLeast: number): Goal {
  return {
    name: "core / best C",
    needs: ["core", "C bit loop", "C table (AVX2)"],
    ratio: (time) => Math.min(time["C bit loop"]!, time["C table (AVX2)"]!) / time["core"]!,
    atLeast,
  };
}

const prepare = (): void => {
  core.bytes.copyWithin(at, pristine, pristine + words * 8);
};

for (const [percent, goal] of [
  [0.1, 0.9],
  [1, 0.9],
  [10, 0.55],
  [50, 0.55],
] as const) {
  fill(percent / 100);
  await run(
    `dirty-bitmap, take the bits of ${words >> 14} Mbit, ${percent} % set`,
    {
      core: { prepare, run: () => core.wasm.dirtyBitmap_takeRun(at, words, outAt) >>> 0 },
      "C bit loop": loop && { prepare, run: () => loop(at, words, outAt) },
      "C table (AVX2)": table && { prepare, run: () => table(at, words, outAt) },
      twin: { prepare, run: twin, timed: percent === 1 },
    },
    { bytes: words * 8, rounds, threadClock: native?.now, goals: [best(goal)] },
  );
}

prepare();
const popcnt = native?.control("countPopcnt");
const avx2 = native?.control("countAvx2");
await run(
  `dirty-bitmap, count the bits of ${words >> 14} Mbit`,
  {
    core: () => core.wasm.dirtyBitmap_countBits(at, words),
    "C popcnt": popcnt && (() => popcnt(at, words)),
    "C AVX2": avx2 && (() => avx2(at, words)),
    twin: () => countBitsModel(halves),
  },
  {
    bytes: words * 8,
    rounds,
    threadClock: native?.now,
    goals: [
      {
        name: "core / best C",
        needs: ["core", "C popcnt", "C AVX2"],
        ratio: (time) => Math.min(time["C popcnt"]!, time["C AVX2"]!) / time["core"]!,
        atLeast: 0.9,
      },
    ],
  },
);
