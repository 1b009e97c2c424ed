/**
 * Question: does giving out and taking back frames cost less in the core than in TypeScript, each call over the
 * boundary? Half of the frames are in use; eight random ones are freed, and the eight lowest free ones taken.
 */
import { coreOf } from "../../test/support/world.ts";
import { digest, faster, parameter, run } from "../harness.ts";
import { bitsetFrames, type FrameModel, heapFrames } from "../model/frames.ts";
import { xorshift32 } from "../random.ts";

const STEPS = parameter("steps", 300, 100_000);

/** Frees and takes; the frames held in the end tell every choice on the way. */
function churn(frames: number, { allocate, release }: FrameModel) {
  const held = Uint32Array.from({ length: frames >> 1 }, () => allocate());
  const next = xorshift32(3);
  return {
    run() {
      // Freed in eights, so that the lowest free one is seldom the one just freed.
      for (let step = 0; step < STEPS; step += 8) {
        const at = next() % (held.length - 8);
        for (let other = at; other < at + 8; other += 1) release(held[other]!);
        for (let other = at; other < at + 8; other += 1) held[other] = allocate();
      }
    },
    answer: () => digest(held),
  };
}

async function bench(frames: number): Promise<void> {
  const { wasm } = coreOf({ vms: [{ pages: frames }] }, "release");
  const core: FrameModel = {
    allocate: () => wasm.frames_allocate(0) >>> 0,
    release: (frame) => wasm.frames_release(0, frame),
  };
  await run(
    `frames, ${frames} of them, half in use, ${STEPS} freed and taken`,
    {
      core: churn(frames, core),
      "bitset twin": churn(frames, bitsetFrames(frames)),
      "binary heap twin": churn(frames, heapFrames(frames)),
    },
    { goals: [faster("core", "bitset twin"), faster("core", "binary heap twin")] },
  );
}

await bench(parameter("frames", 512, 1 << 16));
await bench(parameter("frames", 1024, 1 << 22));
