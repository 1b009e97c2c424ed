// Goal: bad input is told in one line with the path, and nothing is half-loaded.
// Method: one table; each row makes a bad path and says what the message must hold.
import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, mkdirSync, symlinkSync, truncateSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ImageError, openImage } from "../../src/image/index.ts";
import { runPages } from "../../src/pages/index.ts";
import { elfCore, gz, imageFolder, PAGE, pagesOf, u64, zst } from "../support/images.ts";

const folder = imageFolder();
afterAll(folder.remove);
const isRoot = process.getuid?.() === 0;

const core = elfCore({ segments: [{ address: 0, bytes: pagesOf(1, 2, 3) }] });
const ascii = (text: string) => Uint8Array.from([...text.padEnd(5000, ".")], (c) => c.charCodeAt(0));
const file = (name: string, bytes: Uint8Array) => () => folder.put(name, bytes);
const random = new Uint32Array(4096).map((_, i) => Math.imul(i, 0x9e3779b1) ^ (i << 7));
const noise = new Uint8Array(random.buffer);

function damaged(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  for (let i = 40; i < copy.length; i += 97) copy[i]! ^= 0x5a;
  return copy;
}

type Row = [what: string, make: () => string, message: RegExp];
const ROWS: Row[] = [
  ["no such file", () => join(folder.path, "absent"), /no such file/],
  ["an empty file", file("empty", new Uint8Array(0)), /got an empty file/],
  ["an empty directory", () => mkdir("empty-folder"), /got one without/],
  ["a FIFO", () => fifo("fifo"), /got a FIFO/],
  ["a device", () => "/dev/null", /got a character device/],
  ["a link to itself", () => link("loop", "loop"), /leads back to itself/],
  [
    "an ELF header cut off",
    file("cut-1", core.subarray(0, 40)),
    /byte 40: expected an ELF header.*truncated/,
  ],
  ["program headers cut off", file("cut-2", core.subarray(0, 200)), /byte 200: expected 2 program headers/],
  ["a segment cut off", file("cut-3", core.subarray(0, 9000)), /byte 9000: expected segment 1 .*truncated/],
  [
    "a compressed segment cut off",
    file("cut-4", gz(core.subarray(0, 9000))),
    /byte 9000: .*physical address/,
  ],
  [
    "gzip cut off",
    file("cut.gz", gz(noise).subarray(0, 3000)),
    /byte 3000: expected more gzip data.*truncated/,
  ],
  ["gzip damaged", file("bad.gz", damaged(gz(noise))), /byte \d+: expected valid gzip data/],
  ["gzip of nothing", file("none.gz", gz(new Uint8Array(0))), /nothing in it/],
  ["zstd cut off", file("cut.zst", zst(noise).subarray(0, 3000)), /byte 3000: .*\(zstd\).*truncated/],
  ["zstd damaged", file("bad.zst", Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 80, 7, 0, 0)), /zstd block/],
  [
    "zstd with junk behind",
    file("junk.zst", new Uint8Array([...zst(noise), 1, 2, 3, 4])),
    /a zstd frame, got magic/,
  ],
  ["zstd of nothing", file("none.zst", zst(new Uint8Array(0))), /nothing in it/],
  ["gzip inside gzip", file("twice.gz", gz(gz(noise))), /gzip inside gzip/],
  [
    "a fingerprint cut off",
    file("cut.u64", u64(1, 2).subarray(0, 13)),
    /byte 13: expected whole fingerprints/,
  ],
  ["kdump-compressed", file("kdump", ascii("KDUMP   ")), /kdump-compressed/],
  ["diskdump", file("diskdump", ascii("DISKDUMP")), /diskdump/],
  ["flattened", file("flat", ascii("makedumpfile\0\0\0\0")), /flattened makedumpfile/],
  ["Windows", file("dmp", ascii("PAGEDU64")), /Windows crash dump/],
  ["kdump inside gzip", file("kdump.gz", gz(ascii("KDUMP   "))), /kdump-compressed/],
  ["savevm", file("vm", ascii("QEVM")), /QEMU savevm/],
  ["LiME", file("lime", ascii("EMiL")), /LiME/],
  ["VMware", file("x.vmss", ascii("\xd2\xbe\xd2\xbe")), /VMware suspend/],
  ["qcow2", file("disk", ascii("QFI\xfb")), /qcow2/],
  ["xz", file("x.xz", ascii("\xfd7zXZ\0")), /an xz file.*unpack it first/],
  ["bzip2", file("x.bz2", ascii("BZh91AY&SY")), /a bzip2 file/],
  ["lz4", file("x.lz4", ascii("\x04\x22\x4d\x18")), /an lz4 file/],
  ["32 bits", file("elf32", elfCore({ segments: [], bits: 1 })), /32-bit ELF core/],
  ["big-endian", file("elf-be", elfCore({ segments: [], order: 2 })), /big-endian ELF core/],
  ["no memory", file("elf-0", elfCore({ segments: [] })), /expected segments of memory/],
  ["odd program headers", file("elf-1", elfCore({ segments: [], entryBytes: 32 })), /byte 54: .*e_phentsize/],
  ["more in the file than in memory", file("elf-2", more()), /p_filesz at most p_memsz/],
  ["absurd addresses", file("elf-3", absurd()), /below physical address 2\^52/],
];

test.each(ROWS)("%s", async (_, make, message) => {
  const path = make();
  const error = await runPages([path]).then(
    () => undefined,
    (fault: unknown) => fault,
  );
  expect(error).toBeInstanceOf(ImageError);
  const text = (error as ImageError).message;
  expect(text).toMatch(message);
  expect(text.startsWith(path)).toBe(true);
  expect(text).toMatch(/^[^\n]+$/);
  expect((error as ImageError).path).toBe(path);
});

test("a socket", async () => {
  const path = join(folder.path, "socket");
  const server = createServer().listen(path);
  await new Promise((resolve) => server.once("listening", resolve));
  await expect(runPages([path])).rejects.toThrow(/got a socket/);
  server.close();
});

test.skipIf(isRoot)("a file this user may not read", async () => {
  const path = folder.put("secret", pagesOf(1));
  chmodSync(path, 0);
  await expect(runPages([path])).rejects.toThrow(/permission denied/);
});

test("a file that shrinks or grows while it is read", async () => {
  const bytes = new Uint8Array(8 * PAGE);
  const buffer = new Uint8Array(PAGE);
  const readAll = async (change: (path: string) => void) => {
    const path = folder.put("changing", bytes);
    const image = await openImage(path);
    try {
      await image.read(buffer);
      change(path);
      while ((await image.read(buffer)).bytes > 0);
    } finally {
      await image.close();
    }
  };
  await expect(readAll((path) => truncateSync(path, 3 * PAGE))).rejects.toThrow(/shrank while being read/);
  await expect(readAll((path) => appendFileSync(path, "more"))).rejects.toThrow(/grew while being read/);
});

test("control characters of a name do not reach the terminal", async () => {
  const path = folder.put("a\x1b[2Jb", new Uint8Array(0));
  await expect(openImage(path)).rejects.toThrow(/a\\x1b\[2Jb: expected/);
});

function mkdir(name: string): string {
  const path = join(folder.path, name);
  mkdirSync(path);
  return path;
}

function fifo(name: string): string {
  const path = join(folder.path, name);
  execFileSync("mkfifo", [path]);
  return path;
}

function link(name: string, target: string): string {
  const path = join(folder.path, name);
  symlinkSync(target, path);
  return path;
}

function more(): Uint8Array {
  return elfCore({ segments: [{ address: 0, bytes: pagesOf(1), memoryBytes: 100 }] });
}

function absurd(): Uint8Array {
  return elfCore({ segments: [{ address: 2 ** 52, bytes: pagesOf(1) }] });
}
