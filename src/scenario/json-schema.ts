/** The JSON Schema of scenarios, for editors: what `ballast schema` prints. */
import * as z from "zod";
import { scenarioSchema } from "./schema.ts";

/**
 * Builds the JSON Schema of scenario texts.
 *
 * @returns  draft 7, which every editor and validator reads; a fresh object each time
 */
export function scenarioJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(scenarioSchema, {
    io: "input",
    target: "draft-7",
    // What may be null or missing is said by `required`; nothing here is unrepresentable.
    unrepresentable: "throw",
  });
  const title = "ballast scenario";
  const description =
    "Hosts, virtual machines and policies for ballast to simulate. Sizes, times and rates have units.";
  return { $schema, title, description, ...rest };
}
