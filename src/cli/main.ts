#!/usr/bin/env node
/** The command line: one file per verb, and how a command ends. */
import { Command, CommanderError } from "commander";
import { VERSION } from "../index.ts";
import { EXIT, report } from "./fail.ts";
import { guardStreams } from "./terminal.ts";

interface Verb {
  /** As the list of verbs shows it: name and arguments. */
  readonly usage: string;
  readonly about: string;
  readonly load: () => Promise<(command: Command) => void>;
}

/** Only the verb that is asked for is loaded, with what it needs: most of a short command's time would be loading. */
const VERBS: readonly Verb[] = [
  {
    usage: "run [options] <scenario>",
    about: "simulate a scenario and report what its hosts and VMs came to",
    load: async () => (await import("./run.ts")).registerRun,
  },
  {
    usage: "pages [options] <FILE...>",
    about: "what page sharing would save over real memory images",
    load: async () => (await import("./pages.ts")).registerPages,
  },
  {
    usage: "place [options]",
    about: "vector bin packing: which hosts VMs go to, every heuristic side by side",
    load: async () => (await import("./place.ts")).registerPlace,
  },
  {
    usage: "migrate [options]",
    about: "plan the migration of one VM, every mode side by side",
    load: async () => (await import("./migrate.ts")).registerMigrate,
  },
  {
    usage: "faults [options] <TRACE>",
    about: "replacement policies on a page reference trace",
    load: async () => (await import("./faults.ts")).registerFaults,
  },
  {
    usage: "translate [options] [TRACE]",
    about: "address translation of a stream under native, shadow and nested paging",
    load: async () => (await import("./translate.ts")).registerTranslate,
  },
  {
    usage: "reproduce [options] [id...]",
    about: "run published experiments again: published, simulated, error",
    load: async () => (await import("./reproduce.ts")).registerReproduce,
  },
  {
    usage: "import [options] [FILE...]",
    about: "inventories and traces: say what they are, make a scenario that runs",
    load: async () => (await import("./import.ts")).registerImport,
  },
  {
    usage: "schema [options]",
    about: "print the JSON Schema of scenario files",
    load: async () => (await import("./schema.ts")).registerSchema,
  },
];

const EXAMPLES = `
Examples:
  $ ballast run examples/three-clones.yaml
  $ ballast pages guest1.core guest2.core
  $ ballast place --vms vms.csv --hosts hosts.csv
  $ ballast faults program.trace --frames 64,128
  $ ballast reproduce`;

/** @param args  of the command line: the verbs that stand there are loaded, all others listed only */
async function makeProgram(args: readonly string[]): Promise<Command> {
  const program = new Command("ballast")
    .description("A simulator of how virtual machines share physical ones.")
    .version(VERSION)
    .addHelpText("after", EXAMPLES);
  for (const { usage, about, load } of VERBS) {
    const name = usage.split(" ")[0]!;
    const isAsked = args.includes(name);
    const command = program.command(isAsked ? name : usage).description(about);
    if (isAsked) (await load())(command);
  }
  for (const command of [program, ...program.commands]) {
    const help = command === program ? "ballast --help" : `ballast ${command.name()} --help`;
    command.exitOverride().showSuggestionAfterError().showHelpAfterError(`See ${help}.`);
  }
  return program;
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const program = await makeProgram(args);
    await program.parseAsync(args, { from: "user" });
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
