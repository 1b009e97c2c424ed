import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { ballast: new URL("./src/index.ts", import.meta.url).pathname } },
  test: {
    include: ["test/**/*.test.ts"],
    // The counts are read by .ci/run.
    reporters: ["default", "json"],
    outputFile: { json: "build/vitest.json" },
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 120_000,
    setupFiles: ["test/support/property-seed.ts"],
    globalSetup: ["test/support/build-core.ts"],
  },
});
