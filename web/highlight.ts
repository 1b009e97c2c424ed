/** Colours for text as it is typed: spans over the escaped text, line by line. A hint for the eye, not a parser. */

export type Language = "yaml" | "javascript";

/** Kinds by the position of their group in the pattern. */
const YAML = /(#.*$)|("(?:[^"\\]|\\.)*"?|'[^']*'?)|([\w.$-]+(?=\s*:(?:\s|$)))|(?<![\w.-])(\d[\w.%/]*)/g;
const JAVASCRIPT =
  /(\/\/.*$|\/\*.*?(?:\*\/|$))|("(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|`(?:[^`\\]|\\.)*`?)|\b(const|let|var|function|return|if|else|for|of|in|while|new|export|default|import|from|true|false|null|undefined)\b|(?<!\w)(\d[\w.]*)/g;
const KINDS = ["comment", "string", "key", "number"] as const;

/** Cost: longer lines than this stay plain. */
const LINE_MAX = 2000;

/** One line as nodes: spans with a class for what stands out, text for the rest. */
export function highlightLine(line: string, language: Language): (Node | string)[] {
  if (line.length > LINE_MAX) return [line];
  const nodes: (Node | string)[] = [];
  let end = 0;
  for (const match of line.matchAll(language === "yaml" ? YAML : JAVASCRIPT)) {
    // A # inside a word is no comment.
    if (language === "yaml" && match[1] && match.index > 0 && !/\s/.test(line[match.index - 1]!)) continue;
    const span = document.createElement("span");
    span.className = `t-${KINDS[match.slice(1).findIndex((group) => group !== undefined)]}`;
    span.textContent = match[0];
    nodes.push(line.slice(end, match.index), span);
    end = match.index + match[0].length;
  }
  nodes.push(line.slice(end));
  return nodes;
}
