/**
 * Builds and serves the page. The headers isolate it, so that threads can share memory; it works without them.
 */
import { defineConfig } from "vite";

const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  cacheDir: "../build/vite",
  publicDir: false,
  server: { headers, fs: { allow: [".."] } },
  preview: { headers },
  worker: { format: "es" },
  build: { outDir: "../build/web", emptyOutDir: true, target: "es2022", chunkSizeWarningLimit: 600 },
});
