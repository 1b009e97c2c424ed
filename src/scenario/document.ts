/**
 * A scenario's text as a plain value, and the way back from a path to line and column.
 *
 * JSON is tried first, because YAML takes seconds per MB (20 000 VMs: 0.07 s against 4 s); its lines are looked up
 * with the YAML parser, and only when there is a fault to place.
 */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from "yaml";
import { type Finding, type Path, printable } from "./fault.ts";
import { repeatedKey } from "./json-keys.ts";

/** Line and column, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A finding that may know its place already. */
export interface PlacedFinding extends Finding {
  readonly position?: Position;
}

/** A text once read. */
export interface TextDocument {
  /** Plain maps, lists and scalars; undefined if the text could not be read. */
  readonly value: unknown;
  /** What makes the text unreadable, and repeated keys. */
  readonly findings: readonly PlacedFinding[];
  /** Where a path stands; a path that leads nowhere stands where its nearest ancestor does. Undefined: unknown. */
  locate(path: Path, at: "key" | "value"): Position | undefined;
}

/** Longer YAML takes minutes; JSON of the same content does not. */
const yamlLengthMax = 8 << 20;
/** More syntax errors than this are echoes of the first. */
const syntaxFaultsMax = 20;

/**
 * Reads YAML 1.2 or JSON.
 *
 * @param source  the text, with or without byte order mark
 * @returns       its value, or what makes it unreadable; never throws
 */
export function readDocument(source: string): TextDocument {
  const text = source.startsWith("\uFEFF") ? source.slice(1) : source;
  const start = { line: 1, column: 1 };
  const fail = (expected: string, got: string, hint?: string): TextDocument => ({
    value: undefined,
    findings: [{ path: [], expected, got, position: start, ...(hint === undefined ? {} : { hint }) }],
    locate: () => start,
  });
  if (text.trim() === "") return fail("a map with ballast, hosts and vms", "an empty file");
  if (text.includes("\0")) return fail("text", "a binary file");

  const json = readJson(text);
  if (json !== undefined) return json;
  if (text.length > yamlLengthMax) {
    return fail("at most 8 MiB of YAML", `${(text.length / (1 << 20)).toFixed(1)} MiB`, "write it as JSON");
  }
  try {
    return readYaml(text);
  } catch (error) {
    if (error instanceof RangeError) return fail("a scenario", "a text nested too deeply");
    throw error;
  }
}

function readJson(text: string): TextDocument | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  // JSON.parse keeps the last of equal keys in silence; the YAML reader names and places them.
  const repeated = repeatedKey(text);
  if (repeated !== undefined && text.length <= yamlLengthMax) return undefined;
  const findings: Finding[] = [];
  if (repeated !== undefined)
    findings.push({ path: [], expected: "each key once", got: `${printable(repeated)} again` });
  let lines: TextDocument["locate"] | undefined;
  const locate: TextDocument["locate"] = (path, at) => {
    if (text.length > yamlLengthMax) return undefined;
    lines ??= locator(text);
    return lines(path, at);
  };
  return { value, findings, locate };
}

/** A message of the parser on one line. */
function told(message: string): string {
  return printable(message.split("\n")[0]!.replace(/\.$/, ""), 200);
}

function locator(text: string): TextDocument["locate"] {
  try {
    return readYaml(text).locate;
  } catch {
    return () => undefined;
  }
}

function readYaml(text: string): TextDocument {
  const lines = new LineCounter();
  // Repeated keys are found below, with their paths and beside other faults.
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const locate: TextDocument["locate"] = (path, part) => {
    const offset = offsetOf(document, path, part);
    return offset === undefined ? undefined : at(offset);
  };
  const problems = [...document.errors, ...document.warnings].slice(0, syntaxFaultsMax);
  // Thousands of nested brackets exhaust the parser's stack.
  if (problems.some(({ message }) => message.startsWith("Maximum call stack")))
    throw new RangeError("too deep");
  if (problems.length > 0) {
    const findings = problems.map(({ code, message, pos }) => ({
      path: [],
      ...(code === "MULTIPLE_DOCS"
        ? {
            expected: "one document",
            got: "another one, which begins here",
            hint: "a scenario is one document, a file has one scenario",
          }
        : { expected: "well-formed YAML or JSON", got: told(message) }),
      position: at(pos[0]),
    }));
    return { value: undefined, findings, locate };
  }
  const repeated = repeatedKeys(document).map((finding) => ({ ...finding, position: at(finding.offset) }));
  try {
    return { value: document.toJS({ maxAliasCount: 100 }), findings: repeated, locate };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return { value: undefined, findings: [aliasFinding(document, at)], locate };
  }
}

function aliasFinding(document: Document.Parsed, at: (offset: number) => Position): PlacedFinding {
  let lost: { name: string; offset: number } | undefined;
  let first = 0;
  visit(document, {
    Alias(_, alias) {
      const offset = alias.range?.[0] ?? 0;
      if (first === 0) first = offset;
      if (alias.resolve(document) !== undefined) return undefined;
      lost = { name: alias.source, offset };
      return visit.BREAK;
    },
  });
  if (lost !== undefined) {
    return {
      path: [],
      expected: "an alias of an anchor above",
      got: `*${printable(lost.name)}`,
      position: at(lost.offset),
    };
  }
  return { path: [], expected: "at most 100 uses of aliases", got: "more", position: at(first) };
}

type RepeatedKey = Finding & { readonly offset: number };

function repeatedKeys(document: Document.Parsed): RepeatedKey[] {
  const found: RepeatedKey[] = [];
  visit(document, {
    Map(_, map, ancestors) {
      const seen = new Set<string>();
      for (const pair of map.items) {
        const key = keyText(pair);
        if (seen.has(key)) {
          const path = [...pathOf([...ancestors, map]), key];
          const got = `${printable(key)} again`;
          found.push({ path, at: "key", expected: "each key once", got, offset: startOf(pair.key) ?? 0 });
        }
        seen.add(key);
      }
    },
  });
  return found;
}

/** The path that leads through a chain of nodes from the document down. */
function pathOf(chain: readonly unknown[]): (string | number)[] {
  const path: (string | number)[] = [];
  chain.forEach((node, i) => {
    if (isPair(node)) path.push(keyText(node));
    else if (isSeq(node) && i + 1 < chain.length) path.push(node.items.indexOf(chain[i + 1] as never));
  });
  return path;
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value ?? "") : String(pair.key);
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/** Where a path stands in the text. Values behind an alias stand at their anchor. */
function offsetOf(document: Document.Parsed, path: Path, at: "key" | "value"): number | undefined {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [depth, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    const last = depth === path.length - 1;
    const [key, value] = childOf(node, step);
    if (key === undefined && value === undefined) return offset;
    const wanted = last && at === "key" ? key : (value ?? key);
    offset = startOf(wanted) ?? startOf(key) ?? offset;
    node = value;
  }
  return offset;
}

function childOf(
  node: unknown,
  step: string | number,
): readonly [key?: Node | undefined, value?: Node | undefined] {
  if (isSeq(node)) return [undefined, node.items[Number(step)] as Node | undefined];
  if (!isMap(node)) return [];
  // The last of equal keys is the one whose value counts.
  const pair = node.items.findLast((item) => keyText(item) === String(step));
  return pair === undefined ? [] : [pair.key as Node, (pair.value ?? undefined) as Node | undefined];
}
