/** Loads the images of a world's VMs, batch by batch, before its clock starts, or when a VM comes later. */
import type { Core } from "../core/boot.ts";
import { COLUMNS } from "../core/layout.ts";
import type { ImageSource } from "./image-source.ts";
import type { Message } from "./message.ts";
import { LIFE } from "./plan-life.ts";
import type { WorldPlan } from "./plan-world.ts";

/** Images of VMs that come later, by row: at hand when they come. */
export type KeptImages = ReadonlyMap<number, ImageSource>;

/**
 * Loads every image but those of VMs that come later.
 *
 * @returns those, and a message for each VM whose image found no frames for some of its pages
 */
export async function loadImages(
  core: Core,
  plan: WorldPlan,
  images: readonly ImageSource[],
): Promise<{ messages: Message[]; kept: KeptImages }> {
  const messages: Message[] = [];
  const kept = new Map<number, ImageSource>();
  for (const [row, index] of plan.vmOrder.entries()) {
    const image = images[index]!;
    if (core.columns.vmLife[row] === LIFE.toCome) {
      kept.set(row, await keep(image));
      continue;
    }
    const stage = new Stage(core, row, image);
    for await (const chunk of chunksOf(image)) if (!stage.take(chunk)) break;
    messages.push(...stage.cut(0));
  }
  return { messages, kept };
}

/** Loads the image of a VM that has come; once. @returns as `loadImages` */
export function loadKept(core: Core, row: number, kept: KeptImages, nowNs: number): Message[] {
  const image = kept.get(row)!;
  const stage = new Stage(core, row, image);
  for (const chunk of chunksOf(image) as Iterable<Chunk>) if (!stage.take(chunk)) break;
  return stage.cut(nowNs);
}

type Chunk = Uint8Array | BigUint64Array;

function chunksOf(image: ImageSource): AsyncIterable<Chunk> | Iterable<Chunk> {
  return image.kind === "bytes" || image.kind === "ids" ? image.chunks() : [];
}

async function keep(image: ImageSource): Promise<ImageSource> {
  if (image.kind === "ids") {
    const all: BigUint64Array[] = [];
    for await (const chunk of image.chunks()) all.push(chunk.slice());
    return { ...image, chunks: () => all };
  }
  if (image.kind !== "bytes") return image;
  const all: Uint8Array[] = [];
  for await (const chunk of image.chunks()) all.push(chunk.slice());
  return { ...image, chunks: () => all };
}

/** Carries an image over the stage, chunk by chunk. */
class Stage {
  readonly #core: Core;
  readonly #vm: number;
  readonly #image: ImageSource;
  readonly #bytes: Uint8Array;
  #loaded = 0;

  constructor(core: Core, vm: number, image: ImageSource) {
    const base = core.plan.bases[COLUMNS.findIndex((column) => column.name === "stageBytes")]!;
    this.#core = core;
    this.#vm = vm;
    this.#image = image;
    // Only images of bytes or ids need one.
    const pages = image.kind === "bytes" || image.kind === "ids" ? core.plan.rows.stage : 0;
    this.#bytes = new Uint8Array(core.memory.buffer, base, pages * 4096);
    if (image.kind !== "mix") return;
    const common = core.columns.vmPoolPages[vm]!;
    const unique = Math.min(image.pages - common, Math.round((image.pages * image.spec.uniquePpm) / 1e6));
    this.#loaded = core.wasm.load_mix(vm, image.pages, common, unique) >>> 0;
  }

  /** @returns false: there are no frames for more */
  take(chunk: Chunk): boolean {
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    // A content id takes eight bytes of the stage.
    const bytesPerPage = this.#image.kind === "ids" ? 8 : 4096;
    for (let from = 0; from < bytes.length; from += this.#bytes.length) {
      const piece = bytes.subarray(from, from + this.#bytes.length);
      this.#bytes.set(piece);
      const pages = piece.length / bytesPerPage;
      const loaded = this.#load(pages);
      this.#loaded += loaded;
      if (loaded < pages) return false;
    }
    return true;
  }

  #load(pages: number): number {
    const { wasm } = this.#core;
    const at = this.#loaded;
    if (this.#image.kind === "ids") return wasm.load_ids(this.#vm, at, pages) >>> 0;
    return wasm.load_bytes(this.#vm, at, pages, this.#image.pages - at) >>> 0;
  }

  /** What found no frames. */
  cut(atNs: number): Message[] {
    const count = this.#image.pages - this.#loaded;
    return count > 0 ? [{ atNs, kind: "image-cut", row: this.#vm, count }] : [];
  }
}
