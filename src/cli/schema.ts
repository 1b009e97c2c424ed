/** `ballast schema`: the JSON Schema of scenarios, for editors. */
import type { Command } from "commander";
import { clusterJsonSchema, scenarioJsonSchema } from "../index.ts";

const EXAMPLES = `
Example:
  $ ballast schema > ballast.schema.json
  $ ballast schema --fluid > ballast-cluster.schema.json

On top of a scenario:
  # yaml-language-server: $schema=./ballast.schema.json`;

export function registerSchema(command: Command): void {
  command
    .option("--json", "the same: it is JSON already")
    .option("--fluid", "of clusters: scenarios with resolution: fluid")
    .addHelpText("after", EXAMPLES)
    .action(({ fluid }: { readonly fluid?: boolean }) => {
      const schema = fluid === true ? clusterJsonSchema() : scenarioJsonSchema();
      process.stdout.write(`${JSON.stringify(schema, undefined, 2)}\n`);
    });
}
