/** `ballast schema`: the JSON Schema of scenarios, for editors. */
import type { Command } from "commander";
import { scenarioJsonSchema } from "../index.ts";

const EXAMPLES = `
Example:
  $ ballast schema > ballast.schema.json

On top of a scenario:
  # yaml-language-server: $schema=./ballast.schema.json`;

export function registerSchema(program: Command): void {
  program
    .command("schema")
    .description("print the JSON Schema of scenario files")
    .option("--json", "the same: it is JSON already")
    .addHelpText("after", EXAMPLES)
    .action(() => {
      process.stdout.write(`${JSON.stringify(scenarioJsonSchema(), undefined, 2)}\n`);
    });
}
