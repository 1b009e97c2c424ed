/** Address translation of streams: what TLB, page tables and virtualisation make of them. */

export { TRANSLATE_COSTS, type TranslateCosts } from "../core/mmu/translate-costs.ts";
export { type Crossover, type CrossoverOptions, type CrossoverPoint, crossover } from "./crossover.ts";
export { TLB_NAMES, TRANSLATE_PATTERNS, type TranslateOptions, type TranslatePattern } from "./options.ts";
export { type CyclesBy, type TranslateCounts, type TranslateResult, translate } from "./translate.ts";
export { TranslateError } from "./translate-error.ts";
export { type TranslateReportOptions, translateReport } from "./translate-report.ts";
