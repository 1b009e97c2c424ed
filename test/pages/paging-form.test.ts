// Goal: the paging form of a real guest's core counts each physical page once.
// Method: the 129 program headers of a real `dump-guest-memory -p` (printed by readelf), put in front of a real
// guest's RAM, as QEMU lays the file out: every segment points into the one copy of RAM at 0x2028.
import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { runPages, sharePages } from "../../src/pages/index.ts";
import { elfCore, gz, imageFolder, PAGE, sharedFile, type TestSegment, zst } from "../support/images.ts";

const folder = imageFolder();
afterAll(folder.remove);
const present = existsSync(sharedFile("dumps", "guest_elf_core_headers.txt"));
if (!present) console.warn("skipped: ../shared/oracles/pages is not here");

const RAM_IN_PLAIN = 0x498;
const RAM_IN_PAGING = 0x2028;
const RAM_BYTES = 0x6000000;

test.skipIf(!present)("129 segments that repeat each other are 24,546 pages", async () => {
  const plain = gunzipSync(readFileSync(sharedFile("dumps", "guest7.plain.elf.gz")));
  const ram = plain.subarray(RAM_IN_PLAIN, RAM_IN_PLAIN + RAM_BYTES);
  const printed = printedSegments();
  expect(printed).toHaveLength(128);

  // Our builder's headers are a little shorter than QEMU's; only the distance to RAM matters.
  const headerBytes = elfCore({ segments: printed }).length;
  const shift = headerBytes - RAM_IN_PAGING;
  const segments = printed.map((segment) => ({ ...segment, offset: segment.offset! + shift }));
  const core = Buffer.concat([elfCore({ segments }), ram]);

  const { total: expected } = await sharePages([
    { name: "mapped RAM", bytes: ram.subarray(0, 24_546 * PAGE) },
  ]);
  const paths = [folder.put("p", core), folder.put("p.gz", gz(core)), folder.put("p.zst", zst(core))];
  for (const path of paths) {
    const { files, total } = await runPages([path]);
    expect(total).toEqual(expected);
    expect(files[0]).toMatchObject({ form: "elf", pages: 24_546 });
  }
});

function printedSegments(): TestSegment[] {
  const text = readFileSync(sharedFile("dumps", "guest_elf_core_headers.txt"), "utf8");
  const paging = text.slice(text.indexOf("There are 129 program headers"));
  const rows = paging.matchAll(/LOAD\s+(0x\w+) (0x\w+) (0x\w+)\s+(0x\w+) (0x\w+)/g);
  return [...rows].map(([, offset, virtual, address, fileBytes, memoryBytes]) => ({
    offset: Number(offset),
    virtual: Number(BigInt(virtual!) & 0xfffffffffffffn),
    address: Number(address),
    fileBytes: Number(fileBytes),
    memoryBytes: Number(memoryBytes),
  }));
}
