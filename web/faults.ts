/** Faults of a scenario below its editor: each a button that leads to its place. */
import type { Fault } from "../src/index.ts";
import { make } from "./dom.ts";
import type { Editor } from "./editor.ts";

const SHOWN_MAX = 20;

/** Shows the faults in a list and marks their lines; none: says that the scenario can run. */
export function showFaults(list: HTMLElement, editor: Editor, faults: readonly Fault[]): void {
  const lines = new Map<number, string>();
  for (const fault of faults) {
    if (fault.line !== undefined) lines.set(fault.line, said(fault));
  }
  editor.mark(lines);
  if (faults.length === 0) {
    list.replaceChildren(make("p", { className: "hint", textContent: "The scenario is valid." }));
    return;
  }
  const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
  const rows = faults.slice(0, SHOWN_MAX).map((fault) => {
    const place = fault.line === undefined ? "" : `${fault.line}:${fault.column ?? 1}`;
    const button = make(
      "button",
      { type: "button" },
      make("b", { textContent: place }),
      make("code", { textContent: fault.path || "(document)" }),
      make("span", { textContent: said(fault) }),
    );
    button.addEventListener("click", () => fault.line !== undefined && editor.goTo(fault.line, fault.column));
    return make("li", {}, button);
  });
  const more = faults.length - rows.length;
  list.replaceChildren(
    make("p", { className: "bad", textContent: `Not valid yet: ${count}.` }),
    make("ul", { className: "faults" }, ...rows),
    ...(more > 0 ? [make("p", { className: "hint", textContent: `and ${more} more` })] : []),
  );
}

function said({ expected, got, hint }: Fault): string {
  return `expected ${expected}, got ${got}${hint === undefined ? "" : `; ${hint}`}`;
}
