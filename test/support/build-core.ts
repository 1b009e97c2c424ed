/** Before any test: the core is built from the sources as they are now (cached by their hash). */
import { execFileSync } from "node:child_process";

export default function setup(): void {
  execFileSync(process.execPath, ["scripts/build.mjs", "--core", "--debug"], { stdio: "inherit" });
}
