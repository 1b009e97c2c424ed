/** The page's end of a worker: one request at a time, a stop that always works. */
import type { Answer, PagesProgress, Reply, Request, RunProgress } from "./protocol.ts";

/** A worker that was asked to stop has so long to answer before it is ended. */
const PATIENCE_MS = 1000;

type Listener = (progress: RunProgress | PagesProgress) => void;

interface Waiting {
  settle(answer: Answer): void;
  readonly onProgress: Listener;
}

export class Engine {
  #worker: Worker | undefined;
  #waiting: Waiting | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;

  get busy(): boolean {
    return this.#waiting !== undefined;
  }

  /** Asks the worker, started if need be. A request under way is given up. Never rejects: faults are answers. */
  ask(request: Request, onProgress: Listener = () => {}): Promise<Answer> {
    if (this.#waiting) this.#end("given up for another");
    return new Promise((resolve) => {
      this.#waiting = { settle: resolve, onProgress };
      this.#started().postMessage(request);
    });
  }

  /** Ends the request under way: politely, so that the result so far arrives, and after a while by force. */
  stop(): void {
    if (!this.#waiting || this.#patience !== undefined) return;
    this.#worker?.postMessage({ kind: "stop" });
    this.#patience = setTimeout(
      () => this.#end("Stopped by force: the run did not come back by itself, so there is no result."),
      PATIENCE_MS,
    );
  }

  #started(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<Reply>) => {
      if (data.kind === "run-progress" || data.kind === "pages-progress") this.#waiting?.onProgress(data);
      else this.#settle(data);
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#end(event.message || "The worker could not be started.");
    });
    this.#worker = worker;
    return worker;
  }

  #end(message: string): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#settle({ kind: "failed", message, faults: [] });
  }

  #settle(answer: Answer): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.settle(answer);
  }
}
