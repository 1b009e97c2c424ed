/** gzip streams (RFC 1952), members one after the other, by Node's own zlib. */
import { ImageError } from "./image-error.ts";
import { nodeModule } from "./node.ts";
import type { FileSource } from "./source.ts";

const IN_BYTES = 1 << 18;
const OUT_BYTES = 1 << 20;

/**
 * What `file` holds, chunk by chunk.
 *
 * @param warn  told of bytes behind the last member
 */
export async function* gunzip(
  file: FileSource,
  warn: (text: string) => void,
): AsyncGenerator<Uint8Array, void> {
  const { Readable, pipeline } = nodeModule("stream");
  const packed = Readable.from(packedChunks(file), { objectMode: false, highWaterMark: IN_BYTES });
  const unpacked = nodeModule("zlib").createGunzip({ chunkSize: OUT_BYTES });
  // The iteration below hears of every failure; pipeline wants a listener too.
  pipeline(packed, unpacked, () => {});
  try {
    for await (const chunk of unpacked) yield chunk as Uint8Array;
  } catch (error) {
    throw faultOf(file, error, unpacked.bytesWritten);
  } finally {
    packed.destroy();
    unpacked.destroy();
  }
  const rest = file.size - unpacked.bytesWritten;
  if (rest > 0) warn(`the ${rest} bytes behind the gzip data were ignored`);
}

async function* packedChunks(file: FileSource): AsyncGenerator<Uint8Array, void> {
  for (let position = 0; position < file.size; ) {
    const chunk = new Uint8Array(IN_BYTES);
    const got = await file.readAt(chunk, position);
    if (got === 0) throw file.changed(position);
    yield chunk.subarray(0, got);
    position += got;
  }
}

function faultOf(file: FileSource, error: unknown, byteOffset: number): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const { path } = file;
  if (code === "Z_BUF_ERROR") {
    return new ImageError({
      path,
      byteOffset: file.size,
      expected: "more gzip data",
      got: "the end of the compressed file",
      hint: "truncated",
    });
  }
  if (typeof code === "string" && code.startsWith("Z_")) {
    const expected = `valid gzip data within ${IN_BYTES >> 10} KiB from here`;
    return new ImageError({ path, byteOffset, expected, got: "damaged data" });
  }
  return error;
}
