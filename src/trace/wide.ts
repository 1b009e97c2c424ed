/** Text in UTF-16, as spreadsheets and PowerShell save it: told by its first bytes, made UTF-8 on the way. */

export type WideEncoding = "utf-16le" | "utf-16be";

/** Bytes that are looked at where there is no mark. */
const LOOKED = 8;

/**
 * The encoding of text that is UTF-16: by its byte-order mark, or by plain letters with a zero before or after each.
 *
 * @param head  the first bytes
 * @returns     undefined for anything else
 */
export function wideEncoding(head: Uint8Array): WideEncoding | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  if (head.length < LOOKED) return undefined;
  if (isEach(head, 0, isPlain) && isEach(head, 1, isZero)) return "utf-16le";
  if (isEach(head, 0, isZero) && isEach(head, 1, isPlain)) return "utf-16be";
  return undefined;
}

const isPlain = (byte: number): boolean => byte === 9 || (byte >= 0x20 && byte < 0x7f);
const isZero = (byte: number): boolean => byte === 0;

/** Whether every other of the first bytes is as asked. */
function isEach(head: Uint8Array, from: number, is: (byte: number) => boolean): boolean {
  for (let at = from; at < LOOKED; at += 2) if (!is(head[at]!)) return false;
  return true;
}

/** The same text in UTF-8, without its mark. */
export async function* narrowed(
  chunks: AsyncGenerator<Uint8Array, void>,
  encoding: WideEncoding,
): AsyncGenerator<Uint8Array, void> {
  const decoder = new TextDecoder(encoding);
  const encoder = new TextEncoder();
  try {
    for await (const chunk of chunks) yield encoder.encode(decoder.decode(chunk, { stream: true }));
    const rest = decoder.decode();
    if (rest !== "") yield encoder.encode(rest);
  } finally {
    // A pipe that somebody else holds open may never answer.
    chunks.return(undefined).catch(() => {});
  }
}
