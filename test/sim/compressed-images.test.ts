// Goal: of VMs whose pages are real bytes, the compression cache takes those that LZ4 brings to half, in the room they need.
// Method: images of one kind of page each, of a VM whose limit is half of its size; the room from the twin's sizes of the same pages.
import { afterAll, expect, test } from "vitest";
import { parseScenario } from "../../src/scenario/parse.ts";
import { simulate } from "../../src/sim/simulate.ts";
import { compressModel } from "../model/memory/page-compress.ts";
import { PAGE_KINDS } from "../support/compressible.ts";
import { concat, imageFolder } from "../support/images.ts";
import { coreModule } from "../support/world.ts";

const folder = imageFolder();
afterAll(folder.remove);

const PAGES = 512;
const pagesOf = (kind: string) => Array.from({ length: PAGES }, (_, row) => PAGE_KINDS[kind]!(row));

/** Memory of a host, and of its VM, after a while of reading all over an image of such pages. */
async function run(kind: string) {
  const file = folder.put(`${kind}.raw`, concat(pagesOf(kind)));
  const text = `
ballast: 1
name: real pages
profile: esx6
content: bytes
duration: 20s
hosts: [{ name: h, memory: 8MiB, swap: ssd }]
vms:
  - { name: vm, memory: 2MiB, mem: { limit: 1MiB }, image: { file: ${file} }, workload: { pattern: uniform, rate: 500/s } }
policies: { memory: { sharing: none, reclaim: { compression: { cache: 100% } } } }
`;
  const { hosts, vms } = await simulate(parseScenario(text), { core: coreModule("debug") });
  return { host: hosts[0]!.memory, vm: vms[0]!.memory };
}

test.each([
  ["sparse", 1],
  ["text", 2],
])("%s pages take %i KiB each", async (kind, units) => {
  const sizes = pagesOf(kind).map((page) => compressModel(page).length);
  // Of the text's, a few blocks are a little above 2 KiB: those go to the swap file.
  const fitting = sizes.filter((size) => size <= 2048);
  expect(fitting.length).toBeGreaterThan(PAGES * 0.9);
  expect(fitting.every((size) => Math.ceil(size / 1024) === units)).toBe(true);
  const { host, vm } = await run(kind);
  expect(vm.compressedPages).toBeGreaterThan(100);
  expect(vm.swappedPages).toBeLessThanOrEqual(PAGES - fitting.length);
  expect(host.zipFrames).toBe(Math.ceil((vm.compressedPages * units) / 4));
  expect(vm.unzips).toBeGreaterThan(100);
});

test.each(["random", "pointers"])("%s pages go to the swap file: they miss 2:1", async (kind) => {
  const { host, vm } = await run(kind);
  expect(vm.swappedPages).toBeGreaterThan(100);
  expect([vm.compressedPages, host.zipFrames]).toEqual([0, 0]);
});
