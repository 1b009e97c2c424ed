/** Which of the two simulators a scenario is for, told without its schema. */
import { readDocument } from "./document.ts";
import { asMap } from "./loose.ts";
import { readScenarioText } from "./read-text.ts";

/** Whether a document says `resolution: fluid`. */
function isFluid(value: unknown): boolean {
  return asMap(value)["resolution"] === "fluid";
}

/** Whether a file is a scenario of a cluster: it says `resolution: fluid`. False for what cannot be read. */
export async function isClusterFile(path: string): Promise<boolean> {
  try {
    const text = await readScenarioText(path);
    return /resolution/.test(text) && isFluid(readDocument(text).value);
  } catch {
    return false;
  }
}
