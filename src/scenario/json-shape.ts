/**
 * Is a text JSON as rt-app reads it: bare words, commas at the end, keys that come twice or have no value? Says what is wrong and where in
 * the words of JSON, which a YAML parser that reads such a text does not.
 *
 *   value = { } | { key : value , key , … } | [ value , … ] | "text" | word
 *
 * Comments must have been blanked out. Cost: O(length).
 */

/** Where the text stops being JSON. */
export interface ShapeFault {
  readonly offset: number;
  readonly expected: string;
  readonly got: string;
}

const token = /\s*(?:([{}[\],:])|("(?:[^"\\\n]|\\.)*")|("[^\n]*)|([^\s{}[\],:"]+))?/y;
const END = "the end of the file";

interface Token {
  readonly text: string;
  readonly offset: number;
  readonly kind: "sign" | "value" | "open" | "end";
}

/** One token after another. */
function* tokensOf(text: string): Generator<Token> {
  token.lastIndex = 0;
  for (;;) {
    const match = token.exec(text)!;
    const [, sign, quoted, open, word] = match;
    const value = quoted ?? word;
    const found = sign ?? value ?? open ?? "";
    const offset = token.lastIndex - found.length;
    if (sign !== undefined) yield { text: sign, offset, kind: "sign" };
    else if (value !== undefined) yield { text: value, offset, kind: "value" };
    else if (open !== undefined) yield { text: open, offset, kind: "open" };
    else {
      yield { text: END, offset: text.length, kind: "end" };
      return;
    }
    // A pattern that is sticky goes on where it was.
    token.lastIndex = offset + found.length;
  }
}

/** What may come next: at the start, in a map, in a list, at the end. */
type Place = "value" | "key" | "colon" | "value of a key" | "after value" | "end";

const EXPECTED: Readonly<Record<Place, string>> = {
  value: "a value",
  key: "a key, or }",
  colon: "a colon behind the key",
  "value of a key": "a value behind the colon",
  "after value": "a comma, or the end",
  end: "nothing behind the last }",
};

/** @returns undefined: it is well-formed */
export function jsonShapeFault(text: string): ShapeFault | undefined {
  const open: ("{" | "[")[] = [];
  let place: Place = "value";
  for (const { text: found, offset, kind } of tokensOf(text)) {
    const fault = (expected: string): ShapeFault => ({ offset, expected, got: found });
    if (kind === "open") return fault('a " at the end of the text');
    if (kind === "end") return place === "end" ? undefined : fault(expectedAt(place, open));
    const next = step(place, found, kind === "value", open);
    if (next === undefined) return fault(expectedAt(place, open));
    place = next;
  }
  return undefined;
}

function expectedAt(place: Place, open: readonly string[]): string {
  const close = open.at(-1) === "[" ? "]" : "}";
  if (place === "after value") return `a comma, or ${close}`;
  if (place === "value" && open.length > 0) return "a value, or ]";
  return EXPECTED[place];
}

/** The place behind this token; undefined: it may not stand here. */
function step(place: Place, found: string, isValue: boolean, open: ("{" | "[")[]): Place | undefined {
  const closes = (found === "}" && open.at(-1) === "{") || (found === "]" && open.at(-1) === "[");
  const isInList = open.at(-1) === "[";
  // A key may stand alone: "suspend",
  if (place === "colon" && found === ",") return "key";
  const mayClose = place === "after value" || place === "key" || place === "colon" || isInList;
  if (closes && mayClose && place !== "value of a key") {
    open.pop();
    return open.length === 0 ? "end" : "after value";
  }
  if (place === "key") return isValue ? "colon" : undefined;
  if (place === "colon") return found === ":" ? "value of a key" : undefined;
  if (place === "after value") return found === "," ? (isInList ? "value" : "key") : undefined;
  if (place === "end") return undefined;
  if (found === "{" || found === "[") {
    open.push(found);
    return found === "{" ? "key" : "value";
  }
  if (!isValue) return undefined;
  return open.length === 0 ? "end" : "after value";
}
