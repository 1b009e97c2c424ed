/** Starts a worker of the pool: Node's worker_threads or the browser's Worker behind one small face. */

export interface Thread {
  post(message: unknown): void;
  /** Node only: whether this thread keeps the process alive. Browsers have no such thing. */
  hold(alive: boolean): void;
  end(): Promise<void>;
}

export interface Listener {
  message(message: unknown): void;
  /** The thread is lost: it could not be loaded, or it ended by itself. */
  lost(reason: Error): void;
}

export function spawn(listener: Listener): Thread {
  // Bundlers know this very form of words, and no other, as a worker to be bundled too.
  if (typeof Worker === "function") {
    return browserThread(new Worker(new URL("./worker.js", import.meta.url), { type: "module" }), listener);
  }
  return nodeThread(listener);
}

function browserThread(worker: Worker, listener: Listener): Thread {
  worker.onmessage = ({ data }) => listener.message(data);
  worker.onerror = ({ message }) => listener.lost(new Error(message || "the worker could not be loaded"));
  return {
    post: (message) => worker.postMessage(message),
    hold() {},
    async end() {
      worker.terminate();
    },
  };
}

function nodeThread(listener: Listener): Thread {
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  // Not the bundlers' form: they would carry the file twice.
  const here = import.meta.url;
  // No arguments of the parent's: loader hooks and the like are of no use to a file that imports one other.
  const worker = new Worker(new URL("./worker.js", here), { execArgv: [] });
  worker.on("message", (message) => listener.message(message));
  worker.on("error", (reason) => listener.lost(reason as Error));
  worker.on("exit", (code) => listener.lost(new Error(`the worker ended with exit code ${code}`)));
  return {
    post: (message) => worker.postMessage(message),
    hold: (alive) => (alive ? worker.ref() : worker.unref()),
    async end() {
      await worker.terminate();
    },
  };
}
