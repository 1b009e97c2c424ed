/**
 * Where a VM's first memory comes from, as the simulator sees it: a mix, bytes or content ids.
 */
import { type Image, ImageError, measureImage, openImage } from "../image/index.ts";
import type { Finding } from "../scenario/fault.ts";
import { writePages } from "../scenario/format.ts";
import { scenarioError, vmPath } from "../scenario/parse.ts";
import type { ImageSpec, Scenario, VmSpec } from "../scenario/types.ts";

export type ImageSource =
  | { readonly kind: "none"; readonly pages: 0 }
  | { readonly kind: "mix"; readonly pages: number; readonly spec: MixSpec }
  /** Chunks of whole 4 KiB pages, in order. */
  | {
      readonly kind: "bytes";
      readonly pages: number;
      chunks(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
    }
  /** One content id a page; 0 is the zero page. */
  | {
      readonly kind: "ids";
      readonly pages: number;
      chunks(): AsyncIterable<BigUint64Array> | Iterable<BigUint64Array>;
    };

type MixSpec = Extract<ImageSpec, { kind: "mix" }>;

/** Images handed over by a program instead of files, by VM name. */
export type GivenImages = Readonly<Record<string, Uint8Array | BigUint64Array>>;

/**
 * Finds every VM's image and how many pages it has.
 *
 * @throws ScenarioError with every image that cannot be read or is larger than its VM
 */
export async function openImages(
  scenario: Scenario,
  given: GivenImages = {},
  onWarning: (text: string) => void = () => {},
): Promise<ImageSource[]> {
  const unknown = Object.keys(given).find((name) => !scenario.vms.some((vm) => vm.name === name));
  if (unknown !== undefined) throw new RangeError(`images: expected the name of a VM, got "${unknown}"`);
  // Many VMs may start from one file; it is measured once, and its fault told once a group.
  const files = new Map<string, Promise<ImageSource>>();
  const sources: ImageSource[] = [];
  const findings = new Map<string, Finding>();
  for (const [index, vm] of scenario.vms.entries()) {
    const path = [...vmPath(scenario, index), "image"];
    try {
      const source = await sourceOf(vm, given[vm.name], files, onWarning);
      sources.push(source);
      if (source.pages > vm.memoryPages) findings.set(path.join(), tooLong(path, vm, source.pages));
    } catch (fault) {
      if (!(fault instanceof ImageError)) throw fault;
      const place = fault.byteOffset === undefined ? "" : ` at byte ${fault.byteOffset}`;
      const got = `${fault.got} (${fault.path}${place})`;
      const hint = fault.hint === undefined ? {} : { hint: fault.hint };
      findings.set(path.join(), { path: [...path, "file"], expected: fault.expected, got, ...hint });
    }
  }
  if (findings.size > 0) throw scenarioError(scenario, [...findings.values()]);
  return sources;
}

function tooLong(path: Finding["path"], vm: VmSpec, pages: number): Finding {
  const expected = `an image of at most the VM's memory (${writePages(vm.memoryPages)})`;
  return { path, expected, got: writePages(pages) };
}

async function sourceOf(
  vm: VmSpec,
  given: Uint8Array | BigUint64Array | undefined,
  files: Map<string, Promise<ImageSource>>,
  onWarning: (text: string) => void,
): Promise<ImageSource> {
  if (given !== undefined && vm.os !== undefined) {
    throw new RangeError(
      `images: expected a VM without an os, which writes its memory itself, got "${vm.name}"`,
    );
  }
  if (given !== undefined) return givenSource(vm.name, given);
  const spec = vm.image;
  // A guest with an operating system writes what it holds itself; its mix says where common contents come from.
  if (spec === undefined || vm.os !== undefined) return { kind: "none", pages: 0 };
  if (spec.kind === "mix") return { kind: "mix", pages: spec.pages, spec };
  const key = `${spec.form} ${spec.path}`;
  let source = files.get(key);
  if (source === undefined) {
    const path = spec.path === "{node}" ? process.execPath : spec.path;
    source = openFile(path, spec.form, onWarning);
    files.set(key, source);
  }
  return source;
}

function givenSource(name: string, given: Uint8Array | BigUint64Array): ImageSource {
  if (given instanceof BigUint64Array) return { kind: "ids", pages: given.length, chunks: () => [given] };
  if (given.length % 4096 !== 0) {
    throw new RangeError(`images.${name}: expected whole pages of 4096 bytes, got ${given.length} bytes`);
  }
  return { kind: "bytes", pages: given.length / 4096, chunks: () => [given] };
}

async function openFile(
  path: string,
  form: "auto" | "raw" | "elf" | "u64",
  onWarning: (text: string) => void,
): Promise<ImageSource> {
  const pages = await measureImage(path, { form }, (warning) => onWarning(`${path}: ${warning}`));
  const image = await openImage(path, { form });
  await image.close();
  if (image.form === "u64") {
    return { kind: "ids", pages, chunks: () => reopened(path, form, (opened) => opened.fingerprints()) };
  }
  return { kind: "bytes", pages, chunks: () => reopened(path, form, (opened) => opened.chunks()) };
}

/** Opens the image again for every VM that starts from it. */
async function* reopened<T>(
  path: string,
  form: "auto" | "raw" | "elf" | "u64",
  read: (image: Image) => AsyncIterable<T>,
): AsyncGenerator<T> {
  const image = await openImage(path, { form });
  try {
    yield* read(image);
  } finally {
    await image.close();
  }
}
