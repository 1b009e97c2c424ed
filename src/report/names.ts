/**
 * Names that strangers chose, made fit for a terminal: how wide they are, cut to a width, control characters visible.
 *
 * A name with an escape sequence in it could repaint the screen, one with a right-to-left override could show other
 * text than it holds; both are written as `\x1b` and `\u202e`.
 */

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
const ASCII = /^[\x20-\x7e]*$/;
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f1e6}-\u{1f1ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;
const ZERO = /^[\p{M}\p{Cf}]+$/u;

/** Columns that `text` takes in a terminal. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += graphemeWidth(segment);
  return width;
}

function graphemeWidth(grapheme: string): number {
  if (WIDE.test(grapheme)) return 2;
  return ZERO.test(grapheme) ? 0 : 1;
}

/** `text` cut to `width` columns, the last one `…` if something went. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let out = "";
  let used = 0;
  for (const { segment } of segmenter.segment(text)) {
    const next = graphemeWidth(segment);
    if (used + next > width - 1) break;
    out += segment;
    used += next;
  }
  return width > 0 ? `${out}…` : "";
}

/** Spaces on the right up to `width` columns. */
export function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}

/** Spaces on the left up to `width` columns. */
export function padStart(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - displayWidth(text))) + text;
}

/** Control characters, line separators, bidirectional controls and lone surrogates as visible escapes. */
export function visible(text: string): string {
  if (ASCII.test(text)) return text;
  let out = "";
  for (const character of text) out += isHidden(character.codePointAt(0)!) ? escaped(character) : character;
  return out;
}

function isHidden(code: number): boolean {
  if (code < 0x20) return true;
  if (code >= 0x7f && code <= 0x9f) return true;
  if (code === 0x61c || code === 0x200e || code === 0x200f || code === 0xfeff) return true;
  if (code >= 0x2028 && code <= 0x202e) return true;
  if (code >= 0x2066 && code <= 0x2069) return true;
  return code >= 0xd800 && code <= 0xdfff;
}

function escaped(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  if (character === "\t") return "\\t";
  const code = character.codePointAt(0)!;
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}

/** Words broken into lines of at most `width` columns; a word that is longer is cut in pieces. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (let word of text.split(" ")) {
    if (line !== "" && displayWidth(line) + 1 + displayWidth(word) <= width) {
      line += ` ${word}`;
      continue;
    }
    if (line !== "") lines.push(line);
    while (displayWidth(word) > width) {
      const head = truncate(word, width + 1).slice(0, -1) || [...word][0]!;
      lines.push(head);
      word = word.slice(head.length);
    }
    line = word;
  }
  if (line !== "") lines.push(line);
  return lines;
}
