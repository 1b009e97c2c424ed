/** Scenarios in the worker: check a text, run it under one policy or several. */
import uplotScript from "uplot/dist/uPlot.iife.min.js?raw";
import uplotStyle from "uplot/dist/uPlot.min.css?raw";
import {
  type Fault,
  type MemoryPolicy,
  memoryPolicyOf,
  parseScenario,
  type Result,
  reportHtml,
  type Scenario,
  ScenarioError,
  seriesCsv,
  simulate,
} from "../src/index.ts";
import { ownPolicy, placed } from "./own-policy.ts";
import type { PolicyChoice, Request, RunDone, RunProgress } from "./protocol.ts";

/** Every fault of a scenario's text; none: it can run. */
export function checkText(text: string): readonly Fault[] {
  try {
    parseScenario(text, { file: "scenario" });
    return [];
  } catch (fault) {
    if (fault instanceof ScenarioError) return fault.faults;
    throw fault;
  }
}

/** Runs a text once for each policy; a stop ends the run under way and leaves out the rest. */
export async function runPolicies(
  { text, policies, files }: Extract<Request, { kind: "run" }>,
  stop: AbortSignal,
  say: (progress: RunProgress) => void,
): Promise<{ runs: RunDone[]; warnings: string[] }> {
  const runs: RunDone[] = [];
  const warnings = new Set<string>();
  for (const [row, choice] of policies.entries()) {
    if (stop.aborted) break;
    const scenario = parseScenario(text, { file: "scenario" });
    const policy = await policyOf(choice, scenario);
    const images = await imagesOf(scenario, files, (warning) => warnings.add(warning));
    const { durationNs } = scenario;
    try {
      const result = await simulate(scenario, {
        policies: { memory: policy },
        images,
        stop,
        // Of a report, not of a comparison.
        timeline: policies.length === 1,
        onProgress: ({ simulatedNs, savedPages, wallMs }) =>
          say({
            kind: "run-progress",
            row,
            policy: policy.name,
            simulatedNs,
            durationNs,
            savedPages,
            wallMs,
          }),
      });
      runs.push(doneOf(result));
    } catch (fault) {
      throw choice.kind === "own" ? placed(fault) : fault;
    }
  }
  return { runs, warnings: [...warnings] };
}

function doneOf(result: Result): RunDone {
  return { result, html: reportHtml(result, { uplotScript, uplotStyle }), csv: seriesCsv(result) };
}

async function policyOf(choice: PolicyChoice, scenario: Scenario): Promise<MemoryPolicy> {
  if (choice.kind === "own") return ownPolicy(choice.code);
  return memoryPolicyOf(choice.kind === "named" ? choice.name : scenario.policies.memory.name);
}

const PAGE_BYTES = 4096;

/** Bytes of dropped files for the VMs whose `image: { file }` has the same base name. */
async function imagesOf(
  scenario: Scenario,
  files: readonly File[],
  warn: (text: string) => void,
): Promise<Record<string, Uint8Array>> {
  const images: Record<string, Uint8Array> = {};
  const read = new Map<File, Uint8Array>();
  for (const { name, image } of scenario.vms) {
    if (image?.kind !== "file") continue;
    const wanted = baseName(image.path);
    const file = files.find((each) => each.name === wanted);
    if (file === undefined) {
      throw new Error(
        `${name}: a page cannot open ${image.path}. Drop a file named ${wanted} below, or run the scenario with the command line.`,
      );
    }
    let bytes = read.get(file);
    if (bytes === undefined) {
      bytes = new Uint8Array(Math.ceil(file.size / PAGE_BYTES) * PAGE_BYTES);
      bytes.set(new Uint8Array(await file.arrayBuffer()));
      read.set(file, bytes);
      if (file.size % PAGE_BYTES !== 0) warn(`${wanted}: the last page is padded with zeros`);
    }
    images[name] = bytes;
  }
  return images;
}

function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}
