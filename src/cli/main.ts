#!/usr/bin/env node
/** The command line: one file per verb, and how a command ends. */
import { Command, CommanderError } from "commander";
import { VERSION } from "../index.ts";
import { EXIT, report } from "./fail.ts";
import { registerFaults } from "./faults.ts";
import { registerImport } from "./import.ts";
import { registerMigrate } from "./migrate.ts";
import { registerPages } from "./pages.ts";
import { registerPlace } from "./place.ts";
import { registerReproduce } from "./reproduce.ts";
import { registerRun } from "./run.ts";
import { registerSchema } from "./schema.ts";
import { guardStreams } from "./terminal.ts";
import { registerTranslate } from "./translate.ts";

const EXAMPLES = `
Examples:
  $ ballast run examples/three-clones.yaml
  $ ballast pages guest1.core guest2.core
  $ ballast place --vms vms.csv --hosts hosts.csv
  $ ballast faults program.trace --frames 64,128
  $ ballast reproduce`;

function makeProgram(): Command {
  const program = new Command("ballast")
    .description("A simulator of how virtual machines share physical ones.")
    .version(VERSION)
    .addHelpText("after", EXAMPLES);
  const verbs = [
    registerRun,
    registerPages,
    registerPlace,
    registerMigrate,
    registerFaults,
    registerTranslate,
    registerReproduce,
    registerImport,
    registerSchema,
  ];
  for (const register of verbs) register(program);
  for (const command of [program, ...program.commands]) {
    const help = command === program ? "ballast --help" : `ballast ${command.name()} --help`;
    command.exitOverride().showSuggestionAfterError().showHelpAfterError(`See ${help}.`);
  }
  return program;
}

async function main(args: readonly string[]): Promise<number> {
  try {
    await makeProgram().parseAsync(args, { from: "user" });
    return EXIT.ok;
  } catch (fault) {
    if (fault instanceof CommanderError) return fault.exitCode === 0 ? EXIT.ok : EXIT.input;
    return report(fault, args);
  }
}

const args = process.argv.slice(2);
guardStreams();
// What comes up outside of every call, such as in a timer of a policy's.
process.on("uncaughtException", (fault) => process.exit(report(fault, args)));
let ended = false;
process.on("exit", (code) => {
  if (ended || code !== EXIT.ok) return;
  process.stderr.write("ballast: expected to come to an end, got process.exit from a policy\n");
  process.exitCode = EXIT.input;
});
process.exitCode = await main(args);
ended = true;
