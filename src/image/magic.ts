/** Which format the first bytes of a file give away. */

/** `refused` names formats that hold a memory, or hide one, in a way that is not read here. */
export type Sniffed =
  | { readonly kind: "gzip" | "zstd" | "elf" | "raw" }
  | { readonly kind: "refused"; readonly name: string; readonly hint?: string };

/** Bytes that suffice for `sniff`. */
export const SNIFF_BYTES = 64;

interface Magic {
  readonly bytes: string;
  readonly name: string;
  readonly hint?: string;
}

const AS_ELF = "write it with `dump-guest-memory FILE` without -z, -l, -s, -w, or convert it to an ELF core";
const UNPACK = "unpack it first; gzip and zstd are read directly";

const REFUSED: readonly Magic[] = [
  { bytes: "KDUMP   ", name: "a kdump-compressed dump", hint: AS_ELF },
  { bytes: "DISKDUMP", name: "a diskdump dump", hint: AS_ELF },
  { bytes: "makedumpfile\0", name: "a flattened makedumpfile dump", hint: AS_ELF },
  { bytes: "PAGEDU64", name: "a 64-bit Windows crash dump", hint: AS_ELF },
  { bytes: "PAGEDUMP", name: "a 32-bit Windows crash dump", hint: AS_ELF },
  { bytes: "MDMP", name: "a Windows minidump" },
  { bytes: "QEVM", name: "a QEMU savevm or migration stream", hint: AS_ELF },
  { bytes: "LibvirtQemudSave", name: "a libvirt save file", hint: AS_ELF },
  { bytes: "LibvirtQemudPart", name: "an unfinished libvirt save file" },
  { bytes: "EMiL", name: "a LiME dump", hint: "write it with format=raw" },
  {
    bytes: "\xd0\xbe\xd2\xbe",
    name: "a VMware suspend or snapshot file (.vmss, .vmsn)",
    hint: "give its .vmem file",
  },
  {
    bytes: "\xd1\xba\xd1\xba",
    name: "a VMware suspend or snapshot file (.vmss, .vmsn)",
    hint: "give its .vmem file",
  },
  {
    bytes: "\xd2\xbe\xd2\xbe",
    name: "a VMware suspend or snapshot file (.vmss, .vmsn)",
    hint: "give its .vmem file",
  },
  {
    bytes: "\xd3\xbe\xd3\xbe",
    name: "a VMware suspend or snapshot file (.vmss, .vmsn)",
    hint: "give its .vmem file",
  },
  { bytes: "LinuxGuestRecord", name: "a Xen save file" },
  { bytes: "QFI\xfb", name: "a qcow2 disk image", hint: "`qemu-img convert -O raw`" },
  { bytes: "KDMV", name: "a VMware disk image", hint: "`qemu-img convert -O raw`" },
  { bytes: "vhdxfile", name: "a VHDX disk image", hint: "`qemu-img convert -O raw`" },
  { bytes: "hibr", name: "a Windows hibernation file" },
  { bytes: "HIBR", name: "a Windows hibernation file" },
  { bytes: "\xfd7zXZ\0", name: "an xz file", hint: UNPACK },
  { bytes: "\x04\x22\x4d\x18", name: "an lz4 file", hint: UNPACK },
  { bytes: "\x02\x21\x4c\x18", name: "an lz4 file of the old form", hint: UNPACK },
  { bytes: "\x89LZO\0\r\n\x1a\n", name: "an lzop file", hint: UNPACK },
  { bytes: "7z\xbc\xaf\x27\x1c", name: "a 7z archive", hint: UNPACK },
];

/** What `head`, the first bytes of a file (all of them if there are fewer than SNIFF_BYTES), belongs to. */
export function sniff(head: Uint8Array): Sniffed {
  for (const { bytes, name, hint } of REFUSED) {
    if (startsWith(head, bytes)) return hint === undefined ? refused(name) : refused(name, hint);
  }
  if (
    startsWith(head, "BZh") &&
    head[3]! >= 0x31 &&
    head[3]! <= 0x39 &&
    startsWith(head.subarray(4), "1AY&SY")
  ) {
    return refused("a bzip2 file", UNPACK);
  }
  // Method 8 and no reserved flag: a page that merely begins with 1f 8b is hardly ever taken for gzip.
  if (startsWith(head, "\x1f\x8b\x08") && head.length > 3 && (head[3]! & 0xe0) === 0) return { kind: "gzip" };
  if (startsWith(head, "\x28\xb5\x2f\xfd")) return { kind: "zstd" };
  if ((head[0]! & 0xf0) === 0x50 && startsWith(head.subarray(1), "\x2a\x4d\x18")) return { kind: "zstd" };
  if (startsWith(head, "\x7fELF")) return sniffElf(head);
  return { kind: "raw" };
}

/** Only core files are dumps; an executable is a file like any other, and its bytes are its image. */
function sniffElf(head: Uint8Array): Sniffed {
  const ET_CORE = 4;
  const bigEndian = head[5] === 2;
  const type = bigEndian ? (head[16]! << 8) | head[17]! : head[16]! | (head[17]! << 8);
  if (type !== ET_CORE) return { kind: "raw" };
  if (bigEndian) return refused("a big-endian ELF core");
  if (head[4] === 1) return refused("a 32-bit ELF core");
  return { kind: "elf" };
}

function refused(name: string, hint?: string): Sniffed {
  return hint === undefined ? { kind: "refused", name } : { kind: "refused", name, hint };
}

/** `text` holds one byte a character. */
function startsWith(head: Uint8Array, text: string): boolean {
  if (head.length < text.length) return false;
  for (let i = 0; i < text.length; ++i) {
    if (head[i] !== text.charCodeAt(i)) return false;
  }
  return true;
}
