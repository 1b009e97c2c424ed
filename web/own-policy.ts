/**
 * Policies typed into the page: a module with a default export, as the command line takes them from files.
 *
 * The code runs in this worker and can be ended with it. It is the user's own, or came with a link the user chose to
 * run; the usual ways out to the network are shut first. That keeps honest code honest; it is no prison.
 */
import { loadCore, type MemoryPolicy } from "../src/index.ts";

const DOORS = ["fetch", "XMLHttpRequest", "WebSocket", "EventSource", "WebTransport", "indexedDB", "caches"];

/**
 * Makes a policy from JavaScript.
 *
 * @throws Error that says what is wrong with the code, with its line where the browser tells
 */
export async function ownPolicy(code: string): Promise<MemoryPolicy> {
  await loadCore(); // the last thing that this worker has to fetch
  for (const name of DOORS) {
    if (name in globalThis) Object.defineProperty(globalThis, name, { value: undefined, writable: false });
  }
  const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  try {
    const module = (await import(/* @vite-ignore */ address)) as { readonly default?: unknown };
    return checked(typeof module.default === "function" ? module.default() : module.default);
  } catch (fault) {
    throw placed(fault);
  } finally {
    URL.revokeObjectURL(address);
  }
}

function checked(made: unknown): MemoryPolicy {
  const policy = made as Partial<MemoryPolicy> | null | undefined;
  if (typeof policy?.decide !== "function") {
    throw new Error("expected export default { name, decide(view, targets) { … } }");
  }
  if (typeof policy.name !== "string" || policy.name === "") {
    throw new Error(`expected a name, got ${JSON.stringify(policy.name)}`);
  }
  return policy as MemoryPolicy;
}

/** A fault of the user's code, or what the simulator made of it, with the line in the code. */
export function placed(fault: unknown): Error {
  const { name = "Error", message = String(fault), stack = "", cause } = fault as Partial<Error>;
  const trace = `${(cause as Partial<Error> | undefined)?.stack ?? ""}\n${stack}`;
  const at = /blob:[^\s)]*:(\d+):\d+/.exec(trace);
  const kind = name === "Error" || name === "PolicyError" ? "" : `${name}: `;
  return new Error(`my policy${at ? `, line ${at[1]}` : ""}: ${kind}${message}`);
}
