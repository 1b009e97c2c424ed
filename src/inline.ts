/**
 * `ballast/inline`: the same library with the core's Wasm inside, for bundlers that copy no files and pages opened
 * from `file://`.
 */
import { provideInlineCore } from "./core/module.ts";
import { coreBase64 } from "./generated/core-inline.ts";

provideInlineCore(() => Uint8Array.from(atob(coreBase64), (letter) => letter.charCodeAt(0)));

export * from "./index.ts";
