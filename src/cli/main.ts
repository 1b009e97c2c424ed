#!/usr/bin/env node
/** The command line: one file per verb, and how a command ends. */
import { Command, CommanderError } from "commander";
import { VERSION } from "../index.ts";
import { EXIT, report } from "./fail.ts";
import { registerPages } from "./pages.ts";
import { registerReproduce } from "./reproduce.ts";
import { registerRun } from "./run.ts";
import { registerSchema } from "./schema.ts";

function makeProgram(): Command {
  const program = new Command("ballast")
    .description("A simulator of how virtual machines share physical ones.")
    .version(VERSION)
    .showSuggestionAfterError()
    .exitOverride();
  for (const register of [registerRun, registerPages, registerReproduce, registerSchema]) register(program);
  for (const command of program.commands) command.exitOverride().showSuggestionAfterError();
  return program;
}

async function main(): Promise<number> {
  // A reader that went away (`ballast … | head`) is no fault.
  process.stdout.on("error", (fault: NodeJS.ErrnoException) => {
    if (fault.code !== "EPIPE") throw fault;
    process.exit(EXIT.ok);
  });
  try {
    await makeProgram().parseAsync();
    return EXIT.ok;
  } catch (fault) {
    if (fault instanceof CommanderError) return fault.exitCode === 0 ? EXIT.ok : EXIT.input;
    return report(fault, ["ballast", ...process.argv.slice(2)].join(" "));
  }
}

process.exitCode = await main();
