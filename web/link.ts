/**
 * The page's state in the address, so that a scenario can be sent to somebody. It stays behind the `#`, which browsers
 * do not send to servers.
 *
 *   #example=writers                  an example as it came
 *   #s=<base64url(deflate(JSON))>     anything else
 */

export interface State {
  readonly text: string;
  /** `scenario`, `own`, or the name of a built-in policy. */
  readonly policy: string;
  readonly code: string;
}

export type Linked =
  | { readonly kind: "example"; readonly id: string }
  | { readonly kind: "state"; readonly state: State };

/** Longer addresses do not survive being sent around. */
const LENGTH_MAX = 16_000;

/** The part behind `#`; undefined if it would be too long. */
export async function writeLink(linked: Linked): Promise<string | undefined> {
  if (linked.kind === "example") return `#example=${linked.id}`;
  const text = new TextEncoder().encode(JSON.stringify(linked.state));
  const packed = await through(text, new CompressionStream("deflate-raw"));
  const letters = btoa(Array.from(packed, (byte) => String.fromCharCode(byte)).join(""));
  const hash = `#s=${letters.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
  return hash.length > LENGTH_MAX ? undefined : hash;
}

/** What an address says; undefined if it says nothing or cannot be read. */
export async function readLink(hash: string): Promise<Linked | undefined> {
  const example = /^#example=([\w.-]+)$/.exec(hash)?.[1];
  if (example !== undefined) return { kind: "example", id: example };
  const packed = /^#s=([\w-]+)$/.exec(hash)?.[1];
  if (packed === undefined) return undefined;
  try {
    const letters = atob(packed.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    const text = await through(bytes, new DecompressionStream("deflate-raw"));
    const state = JSON.parse(new TextDecoder().decode(text)) as Partial<State>;
    const { text: scenario, policy, code } = state;
    if (typeof scenario !== "string" || typeof policy !== "string" || typeof code !== "string")
      return undefined;
    return { kind: "state", state: { text: scenario, policy, code } };
  } catch {
    return undefined;
  }
}

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array> {
  const piped = new Blob([bytes]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(piped).arrayBuffer());
}
