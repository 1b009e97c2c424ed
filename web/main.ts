/** The playground: puts the page together and keeps its state. The work happens in workers. */
import "uplot/dist/uPlot.min.css";
import { MEMORY_POLICIES } from "../src/index.ts";
import { byId, make } from "./dom.ts";
import { dropZone } from "./drop-zone.ts";
import { Editor } from "./editor.ts";
import { Engine } from "./engine.ts";
import { type Example, examplePolicy, examples } from "./examples.ts";
import { showFaults } from "./faults.ts";
import { readLink, type State, writeLink } from "./link.ts";
import type { PolicyChoice } from "./protocol.ts";
import { Runner } from "./runner.ts";

const CHECK_AFTER_MS = 200;
const LINK_AFTER_MS = 400;

const checker = new Engine();
const builtIn = Object.keys(MEMORY_POLICIES);
const exampleList = byId<HTMLSelectElement>("example");
const policyList = byId<HTMLSelectElement>("policy");

const scenario = new Editor({
  label: "Scenario, YAML or JSON",
  language: "yaml",
  onInput: () => changed(),
  onRun: () => run(),
});
const code = new Editor({
  label: "Memory policy, JavaScript",
  language: "javascript",
  onInput: () => {
    byId("foreign").hidden = true;
    changed();
  },
  onRun: () => run(),
});
const zone = dropZone(new Engine());
const runner = new Runner(() => ({ text: scenario.text, files: zone.files() }));

function choice(): PolicyChoice {
  if (policyList.value === "own") return { kind: "own", code: code.text };
  return policyList.value === "scenario" ? { kind: "scenario" } : { kind: "named", name: policyList.value };
}

function run(): void {
  void runner.run([choice()], "report").then(afterRun);
}

function compare(): void {
  const own: readonly PolicyChoice[] = policyList.value === "own" ? [choice()] : [];
  void runner
    .run([...builtIn.map((name) => ({ kind: "named", name }) as const), ...own], "compare")
    .then(afterRun);
}

function afterRun(faults: Awaited<ReturnType<Runner["run"]>>): void {
  if (faults.length > 0) showFaults(byId("faults"), scenario, faults);
}

let checkTimer: ReturnType<typeof setTimeout> | undefined;
let linkTimer: ReturnType<typeof setTimeout> | undefined;

/** After any change: check the text and keep the address true, when the typing pauses. */
function changed(): void {
  clearTimeout(checkTimer);
  clearTimeout(linkTimer);
  checkTimer = setTimeout(() => void check(), CHECK_AFTER_MS);
  linkTimer = setTimeout(() => void keepLink(), LINK_AFTER_MS);
  const example = pristine();
  exampleList.value = example?.id ?? "";
}

async function check(): Promise<void> {
  const { text } = scenario;
  const answer = await checker.ask({ kind: "check", text });
  if (answer.kind === "checked" && text === scenario.text)
    showFaults(byId("faults"), scenario, answer.faults);
}

/** The example that stands in the editor as it came. */
function pristine(): Example | undefined {
  return examples.find(({ text }) => text === scenario.text);
}

async function keepLink(): Promise<boolean> {
  const example = policyList.value === "scenario" ? pristine() : undefined;
  const state: State = {
    text: scenario.text,
    policy: policyList.value,
    code: policyList.value === "own" ? code.text : "",
  };
  const hash = await writeLink(
    example === undefined ? { kind: "state", state } : { kind: "example", id: example.id },
  );
  history.replaceState(null, "", hash ?? location.pathname + location.search);
  return hash !== undefined;
}

async function copyLink(): Promise<void> {
  const button = byId("link");
  const whole = await keepLink();
  let done = whole ? "Copied" : "Too long for a link";
  try {
    if (whole) await navigator.clipboard.writeText(location.href);
  } catch {
    done = "See the address bar";
  }
  button.textContent = done;
  setTimeout(() => {
    button.textContent = "Copy link";
  }, 2000);
}

function showPolicy(): void {
  byId("own").hidden = policyList.value !== "own";
}

async function restore(): Promise<void> {
  const linked = await readLink(location.hash);
  const example = linked?.kind === "example" ? examples.find(({ id }) => id === linked.id) : undefined;
  scenario.text = example?.text ?? examples[0]!.text;
  code.text = examplePolicy;
  policyList.value = "scenario";
  byId("foreign").hidden = true;
  if (linked?.kind === "state") {
    const { text, policy, code: theirs } = linked.state;
    scenario.text = text;
    if (policy === "own" || builtIn.includes(policy)) policyList.value = policy;
    if (theirs !== "") code.text = theirs;
    byId("foreign").hidden = policy !== "own" || theirs === examplePolicy;
  }
  exampleList.value = pristine()?.id ?? "";
  showPolicy();
  await check();
}

function build(): void {
  exampleList.append(
    make("option", { value: "", textContent: "(your own text)", hidden: true }),
    ...examples.map(({ id, title }) => make("option", { value: id, textContent: title })),
  );
  policyList.append(
    make("option", { value: "scenario", textContent: "the scenario's own choice" }),
    ...builtIn.map((name) => make("option", { value: name, textContent: name })),
    make("option", { value: "own", textContent: "my own (JavaScript)" }),
  );
  byId("scenario").append(scenario.element);
  byId("code").append(code.element);
  byId("files").append(zone.element);
  exampleList.addEventListener("change", () => {
    scenario.text = examples.find(({ id }) => id === exampleList.value)?.text ?? scenario.text;
    changed();
  });
  policyList.addEventListener("change", () => {
    showPolicy();
    changed();
  });
  byId("run").addEventListener("click", run);
  byId("stop").addEventListener("click", () => runner.stop());
  byId("compare").addEventListener("click", compare);
  byId("link").addEventListener("click", () => void copyLink());
  addEventListener("hashchange", () => void restore());
}

build();
await restore();
