/** What page sharing would save over memories: by bytes, by fingerprints, by files. */
export type { PagesCompressed } from "./compressed.ts";
export { hashPages } from "./hasher.ts";
export { type PagesPalette, pagesReport } from "./pages-report.ts";
export { type RunPagesOptions, type RunPagesProgress, runPages } from "./run-pages.ts";
export {
  type PagesFile,
  type PagesResult,
  type PagesTotal,
  type ShareImage,
  type ShareOptions,
  type ShareProgress,
  sharePages,
} from "./share-pages.ts";
export { TallyFullError } from "./tally.ts";
