/** The JSON Schema of scenarios, for editors: what `ballast schema` prints. */
import * as z from "zod";
import { clusterSchema } from "./cluster-schema.ts";
import { scenarioSchema } from "./schema.ts";

/**
 * Builds the JSON Schema of scenario texts.
 *
 * @returns  draft 7, which every editor and validator reads; a fresh object each time
 */
export function scenarioJsonSchema(): Record<string, unknown> {
  return schemaOf(
    scenarioSchema,
    "ballast scenario",
    "Hosts, virtual machines and policies for ballast to simulate. Sizes, times and rates have units.",
  );
}

/** The same for scenarios of clusters, with `resolution: fluid`. */
export function clusterJsonSchema(): Record<string, unknown> {
  return schemaOf(
    clusterSchema,
    "ballast cluster scenario",
    "A cluster at fluid resolution. Sizes, times and rates have units.",
  );
}

function schemaOf(schema: z.ZodType, title: string, description: string): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io: "input",
    target: "draft-7",
    // What may be null or missing is said by `required`; nothing here is unrepresentable.
    unrepresentable: "throw",
  });
  return { $schema, title, description, ...rest };
}
