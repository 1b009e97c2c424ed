/**
 * A text editor: a plain textarea, so that everything people know works, over a coloured copy of its text, with line
 * numbers beside it. Tab leaves the field; Enter keeps the indentation; Ctrl+Enter asks for a run.
 *
 *   .editor > .gutter | .field > pre (colours, marks) + textarea (transparent ink, real caret)
 */
import { make } from "./dom.ts";
import { highlightLine, type Language } from "./highlight.ts";

export interface EditorOptions {
  readonly label: string;
  readonly language: Language;
  readonly onInput: (text: string) => void;
  readonly onRun: () => void;
}

export class Editor {
  readonly element: HTMLElement;
  readonly #area: HTMLTextAreaElement;
  readonly #copy: HTMLPreElement;
  readonly #gutter: HTMLElement;
  readonly #options: EditorOptions;
  #marked: ReadonlyMap<number, string> = new Map();

  constructor(options: EditorOptions) {
    this.#options = options;
    this.#area = make("textarea", {
      spellcheck: false,
      autocapitalize: "off",
      autocomplete: "off",
      wrap: "off",
      ariaLabel: options.label,
    });
    this.#copy = make("pre", { ariaHidden: "true" });
    this.#gutter = make("div", { className: "gutter", ariaHidden: "true" });
    const field = make("div", { className: "field" }, this.#copy, this.#area);
    this.element = make("div", { className: "editor" }, this.#gutter, field);
    this.#area.addEventListener("input", () => {
      this.#draw();
      options.onInput(this.text);
    });
    this.#area.addEventListener("scroll", () => this.#follow());
    this.#area.addEventListener("keydown", (event) => this.#key(event));
  }

  get text(): string {
    return this.#area.value;
  }

  set text(text: string) {
    this.#area.value = text;
    this.#area.scrollTo(0, 0);
    this.#draw();
  }

  /** Marks lines, from 1, each with what is wrong there. */
  mark(lines: ReadonlyMap<number, string>): void {
    this.#marked = lines;
    this.#area.setAttribute("aria-invalid", String(lines.size > 0));
    this.#draw();
  }

  /** Puts the caret at a line and column, both from 1, in view. */
  goTo(line: number, column = 1): void {
    const lines = this.text.split("\n");
    const before = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
    const start = Math.min(before + column - 1, this.text.length);
    const word = /^[^\s,{}[\]]+/.exec(this.text.slice(start))?.[0] ?? "";
    this.#area.focus();
    this.#area.setSelectionRange(start, start + word.length);
    const height = Number.parseFloat(getComputedStyle(this.#area).lineHeight);
    this.#area.scrollTop = Math.max(0, (line - 1) * height - this.#area.clientHeight / 2);
  }

  #key(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.isComposing) return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      this.#options.onRun();
      return;
    }
    if (event.shiftKey || event.altKey) return;
    const { selectionStart, value } = this.#area;
    const line = value.slice(value.lastIndexOf("\n", selectionStart - 1) + 1, selectionStart);
    const indent = /^ */.exec(line)![0];
    if (indent === "") return;
    event.preventDefault();
    // The one way to insert that undo knows of.
    document.execCommand("insertText", false, `\n${indent}`);
  }

  #draw(): void {
    const lines = this.text.split("\n");
    const rows = lines.map((line, index) => {
      const marked = this.#marked.has(index + 1);
      const row = make("span", { className: marked ? "row bad" : "row" });
      row.append(...highlightLine(line, this.#options.language), "\n");
      return row;
    });
    this.#copy.replaceChildren(...rows);
    this.#gutter.replaceChildren(
      ...lines.map((_, index) => {
        const fault = this.#marked.get(index + 1);
        const className = fault === undefined ? "" : "bad";
        return make("div", { className, textContent: String(index + 1), title: fault ?? "" });
      }),
    );
    this.#follow();
  }

  #follow(): void {
    const { scrollTop, scrollLeft } = this.#area;
    this.#copy.style.transform = `translate(${-scrollLeft}px, ${-scrollTop}px)`;
    this.#gutter.scrollTop = scrollTop;
  }
}
