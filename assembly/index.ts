/** The core's exports, nothing else. */
export * from "./memory/page-hash";
