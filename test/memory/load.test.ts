// Goal: images arrive as they are: mixes by their parts, ids and bytes page by page; short of frames, what fits.
// Method: counts by hand, contents against the twin's ids.

import { describe, expect, test } from "vitest";
import { xxh3Model } from "../model/memory/page-hash.ts";
import { expandPage } from "../model/prng.ts";
import { BUILDS, contentsOf, FLAG, mixOf, worldOf } from "../support/world.ts";

describe.each(BUILDS)("load, %s core", (build) => {
  test("a mix of 30 % zero, 50 % common, 20 % unique: 300, 500 and 200 of 1000 pages", async () => {
    const image = mixOf(1000, 300_000, 500_000);
    const vms = [
      { pages: 1000, image },
      { pages: 1024, image },
    ];
    const world = await worldOf({ vms }, { build });
    const contents = contentsOf(world);
    const [a, b] = [contents.slice(0, 1000), contents.slice(1024, 2024)];
    expect(a.filter((id) => id === 0n).length).toBe(300);
    expect(new Set(a).size).toBe(701);
    expect(a.filter((id) => id !== 0n && b.includes(id)).length).toBe(500);
    expect(new Set([...a, ...b]).size).toBe(1 + 500 + 200 + 200);
    expect(world.columns.vmGrantedPages[0]).toBe(1000);
    world.recount();
    expect([...world.columns.vmZeroPages]).toEqual([300, 300]);
    expect([...world.columns.vmTouchedPages]).toEqual([0, 0]);
  });

  test("mixes of other pools have nothing but zeroes in common", async () => {
    const vms = ["a", "b"].map((pool) => ({ pages: 100, image: mixOf(100, 100_000, 900_000, pool) }));
    const world = await worldOf({ vms }, { build });
    expect(new Set(contentsOf(world).filter((id) => id !== undefined)).size).toBe(1 + 90 + 90);
  });

  test("two images of one pool and other sizes share the smaller's common part", async () => {
    const vms = [40, 100].map((pages) => ({ pages, image: mixOf(pages, 0, 1_000_000) }));
    const world = await worldOf({ vms }, { build });
    expect(new Set(contentsOf(world).filter((id) => id !== undefined)).size).toBe(100);
  });

  test("given ids stand page by page; 0 is the zero page", async () => {
    const ids = BigUint64Array.of(5n, 0n, 2n ** 64n - 1n, 5n);
    const world = await worldOf({ vms: [{ pages: 6 }] }, { build, images: { v0: ids } });
    expect(contentsOf(world).slice(0, 6)).toEqual([5n, 0n, 2n ** 64n - 1n, 5n, undefined, undefined]);
    expect(Array.from(world.columns.ppnFlags.subarray(0, 5), (flags) => flags & FLAG.zero)).toEqual([
      0, 4, 0, 0, 0,
    ]);
  });

  test("more ids than the stage holds arrive in several batches", async () => {
    const ids = BigUint64Array.from({ length: 140_000 }, (_, page) => BigInt(page));
    const world = await worldOf({ vms: [{ pages: 140_000, workload: [] }] }, { build, images: { v0: ids } });
    const { mpnContent, ppnMpn } = world.columns;
    for (const page of [0, 131_071, 131_072, 139_999]) expect(mpnContent.get(ppnMpn[page]!)).toBe(page);
    expect(world.columns.vmGrantedPages[0]).toBe(140_000);
  });

  test("real bytes stay bytes, and as ids they are their XXH3 hash", async () => {
    const bytes = Uint8Array.from([...expandPage(3n), ...expandPage(0n), ...expandPage(4n)]);
    const images = { v0: bytes };
    const real = await worldOf({ vms: [{ pages: 3 }] }, { build, images });
    expect(real.plan.content).toBe("bytes");
    expect(Buffer.compare(real.columns.mpnBytes.subarray(0, 3 * 4096), bytes)).toBe(0);
    const ids = await worldOf({ content: "ids", vms: [{ pages: 3 }] }, { build, images });
    expect(contentsOf(ids).slice(0, 3)).toEqual([xxh3Model(expandPage(3n)), 0n, xxh3Model(expandPage(4n))]);
  });

  test("a host too small for its images takes what fits, and says what it cut", async () => {
    const vms = [6, 6].map((pages) => ({ pages, image: mixOf(pages, 0, 0) }));
    const world = await worldOf({ hosts: [10], vms }, { build });
    expect([...world.columns.vmGrantedPages]).toEqual([6, 4]);
    expect(world.takeMessages()).toEqual([{ atNs: 0, kind: "image-cut", row: 1, count: 2 }]);
    expect(world.takeMessages()).toEqual([]);
  });
});

test("an image larger than its VM is refused, and says so", async () => {
  const images = { v0: BigUint64Array.of(1n, 2n, 3n) };
  await expect(worldOf({ vms: [{ pages: 2 }] }, { images })).rejects.toThrow(
    /vms\S+image .*expected .*at most the VM's memory .*got/,
  );
});

test("images of VMs that do not exist, and of part of a page, are refused", async () => {
  const vms = [{ pages: 2 }];
  await expect(worldOf({ vms }, { images: { nobody: new Uint8Array(4096) } })).rejects.toThrow(/"nobody"/);
  await expect(worldOf({ vms }, { images: { v0: new Uint8Array(5000) } })).rejects.toThrow(/5000 bytes/);
});
