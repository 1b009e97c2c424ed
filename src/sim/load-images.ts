/** Loads the images of a world's VMs, batch by batch, before its clock starts. */
import type { Core } from "../core/boot.ts";
import { COLUMNS } from "../core/layout.ts";
import type { ImageSource } from "./image-source.ts";
import type { Message } from "./message.ts";
import type { WorldPlan } from "./plan-world.ts";

/**
 * Loads every image.
 *
 * @returns a message for each VM whose image found no frames for some of its pages
 */
export async function loadImages(
  core: Core,
  plan: WorldPlan,
  images: readonly ImageSource[],
): Promise<Message[]> {
  const cut: Message[] = [];
  for (const [row, index] of plan.vmOrder.entries()) {
    const image = images[index]!;
    const loaded = await loadImage(core, row, image);
    if (loaded < image.pages) {
      cut.push({ atNs: 0, kind: "image-cut", row, count: image.pages - loaded });
    }
  }
  return cut;
}

async function loadImage(core: Core, vm: number, image: ImageSource): Promise<number> {
  switch (image.kind) {
    case "none":
      return 0;
    case "mix": {
      const common = core.columns.vmPoolPages[vm]!;
      const unique = Math.min(image.pages - common, Math.round((image.pages * image.spec.uniquePpm) / 1e6));
      return core.wasm.load_mix(vm, image.pages, common, unique) >>> 0;
    }
    case "bytes":
      return loadStaged(
        core,
        image.chunks(),
        1,
        (at, pages) => core.wasm.load_bytes(vm, at, pages, image.pages - at) >>> 0,
      );
    case "ids":
      return loadStaged(core, image.chunks(), 512, (at, pages) => core.wasm.load_ids(vm, at, pages) >>> 0);
  }
}

/**
 * Carries chunks over the stage.
 *
 * @param perStagePage  guest pages that one page of the stage holds
 */
async function loadStaged(
  core: Core,
  chunks: AsyncIterable<Uint8Array | BigUint64Array> | Iterable<Uint8Array | BigUint64Array>,
  perStagePage: number,
  load: (at: number, pages: number) => number,
): Promise<number> {
  const base = core.plan.bases[COLUMNS.findIndex((column) => column.name === "stageBytes")]!;
  const stage = new Uint8Array(core.memory.buffer, base, core.plan.rows.stage * 4096);
  const bytesPerPage = 4096 / perStagePage;
  let at = 0;
  for await (const chunk of chunks) {
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let from = 0; from < bytes.length; from += stage.length) {
      const piece = bytes.subarray(from, from + stage.length);
      stage.set(piece);
      const pages = piece.length / bytesPerPage;
      const loaded = load(at, pages);
      at += loaded;
      if (loaded < pages) return at;
    }
  }
  return at;
}
