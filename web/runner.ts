/** Runs on behalf of the page: buttons, progress, the line that grows, and what comes out. */
import { type Fault, formatNs, formatPages } from "../src/index.ts";
import { byId, make } from "./dom.ts";
import { Engine } from "./engine.ts";
import type { Answer, PolicyChoice, RunProgress } from "./protocol.ts";
import { compareView, reportView } from "./results.ts";
import { SavedPlot } from "./saved-plot.ts";

/** Runs that end sooner show no progress: a flash of a bar tells nothing. */
const SHOW_AFTER_MS = 150;

/** More points than pixels: every second one goes. */
const POINTS_MAX = 2000;

interface Input {
  readonly text: string;
  readonly files: readonly File[];
}

export class Runner {
  readonly #engine = new Engine();
  readonly #input: () => Input;
  #dispose: () => void = () => {};

  constructor(input: () => Input) {
    this.#input = input;
  }

  /**
   * Runs the scenario once for each policy and shows the outcome.
   *
   * @returns the scenario's faults, if that is why nothing ran
   */
  async run(policies: readonly PolicyChoice[], show: "report" | "compare"): Promise<readonly Fault[]> {
    if (this.#engine.busy) return [];
    this.#busy(true);
    const live = new Live(policies.length);
    const timer = setTimeout(() => this.#replace([live.element], () => live.dispose()), SHOW_AFTER_MS);
    byId("status").replaceChildren(make("p", { className: "hint", textContent: "Running …" }));
    const answer = await this.#engine.ask({ kind: "run", policies, ...this.#input() }, (progress) => {
      if (progress.kind === "run-progress") live.show(progress);
    });
    clearTimeout(timer);
    live.dispose();
    this.#busy(false);
    return this.#finish(answer, show);
  }

  stop(): void {
    byId<HTMLButtonElement>("stop").disabled = true;
    this.#engine.stop();
  }

  #busy(on: boolean): void {
    byId<HTMLButtonElement>("run").disabled = on;
    byId<HTMLButtonElement>("compare").disabled = on;
    byId<HTMLButtonElement>("stop").disabled = !on;
  }

  #replace(nodes: readonly Node[], dispose: () => void = () => {}): void {
    this.#dispose();
    this.#dispose = dispose;
    byId("result").replaceChildren(...nodes);
  }

  #finish(answer: Answer, show: "report" | "compare"): readonly Fault[] {
    const status = byId("status");
    if (answer.kind === "failed") {
      const text =
        answer.faults.length > 0 ? "The scenario is not valid; see below its text." : answer.message;
      status.replaceChildren(make("p", { className: "bad", textContent: text }));
      this.#replace([]);
      return answer.faults;
    }
    if (answer.kind !== "ran") return [];
    const { runs, warnings } = answer;
    const said = warnings.map((text) => make("p", { className: "hint", textContent: text }));
    if (runs.some(({ result }) => result.interrupted)) {
      said.push(make("p", { className: "note", textContent: "Stopped early: this is as far as it got." }));
    }
    status.replaceChildren(...said);
    if (show === "report" && runs[0]) this.#replace([reportView(runs[0])]);
    else if (runs.length > 0) {
      const view = compareView(runs);
      this.#replace([view.element], view.dispose);
    } else this.#replace([]);
    return [];
  }
}

/** What is seen while it runs. */
class Live {
  readonly element: HTMLElement;
  readonly #bar = make("progress", { max: 1, value: 0, ariaLabel: "Simulated" });
  readonly #now = make("p", { className: "hint" });
  readonly #of: number;
  #plot: SavedPlot | undefined;
  #lines: { readonly name: string; atNs: number[]; savedPages: number[] }[] = [];

  constructor(of: number) {
    this.#of = of;
    this.element = make("div", { className: "live" }, this.#bar, this.#now);
  }

  show(progress: RunProgress): void {
    const { row, policy, simulatedNs, durationNs, savedPages, wallMs } = progress;
    const fraction = simulatedNs / durationNs;
    this.#bar.value = (row + fraction) / this.#of;
    const left = fraction > 0 ? ` about ${formatNs(wallSeconds(wallMs * (1 / fraction - 1)))} left` : "";
    this.#now.textContent = `${policy}: ${formatNs(coarse(simulatedNs))} of ${formatNs(durationNs)}, saved ${formatPages(savedPages)},${left}`;
    if (this.#plot === undefined) {
      this.#plot = new SavedPlot(durationNs);
      this.element.append(this.#plot.element);
    }
    const line = this.#lines[row] ?? { name: policy, atNs: [], savedPages: [] };
    this.#lines[row] = line;
    line.atNs.push(simulatedNs);
    line.savedPages.push(savedPages);
    if (line.atNs.length > POINTS_MAX) {
      line.atNs = line.atNs.filter((_, at) => at % 2 === 0);
      line.savedPages = line.savedPages.filter((_, at) => at % 2 === 0);
    }
    this.#plot.show(this.#lines.filter(Boolean));
  }

  dispose(): void {
    this.#plot?.dispose();
  }
}

/** Whole seconds, in ns. */
const wallSeconds = (ms: number): number => Math.ceil(ms / 1000) * 1e9;

/** Simulated time to whole seconds: more digits only flicker. */
const coarse = (ns: number): number => (ns < 1e9 ? ns : Math.floor(ns / 1e9) * 1e9);
