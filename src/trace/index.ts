/** Page reference traces: which pages a program read and wrote, in order. */
export { chunksOf, gunzip, isGzip, nameOf, sizeOf, type TraceSource } from "./chunks.ts";
export { TRACE_FORMATS, type TraceFormat } from "./format.ts";
export { type PageTrace, pageTraceOf } from "./page-trace.ts";
export type { SkippedLine } from "./parse.ts";
export { type ReadTraceOptions, type ReadTraceProgress, readPageTrace, type TraceFile } from "./read.ts";
export { printable, TraceError } from "./trace-error.ts";
export { narrowed, type WideEncoding, wideEncoding } from "./wide.ts";
