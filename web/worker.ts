/** The worker: hosts the core, runs what the page asks for. A page may end it at any time. */
import { ScenarioError } from "../src/index.ts";
import type { Answer, Reply, Request, StopMessage } from "./protocol.ts";
import { countPages } from "./worker-pages.ts";
import { checkText, runPolicies } from "./worker-run.ts";

let stop = new AbortController();

const say = (reply: Reply): void => postMessage(reply);

async function answer(request: Request): Promise<Answer> {
  switch (request.kind) {
    case "check":
      return { kind: "checked", faults: checkText(request.text) };
    case "run":
      return { kind: "ran", ...(await runPolicies(request, stop.signal, say)) };
    case "pages":
      return { kind: "counted", result: await countPages(request.files, say) };
  }
}

addEventListener("message", async ({ data }: MessageEvent<Request | StopMessage>) => {
  if (data.kind === "stop") {
    stop.abort();
    return;
  }
  stop = new AbortController();
  try {
    say(await answer(data));
  } catch (fault) {
    const faults = fault instanceof ScenarioError ? fault.faults : [];
    say({ kind: "failed", message: fault instanceof Error ? fault.message : String(fault), faults });
  }
});
