import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));

export default defineConfig({
  root,
  test: { include: [".ci/*.test.mjs", "apps/inference/bin/**/*.test.mjs"], testTimeout: 300_000, hookTimeout: 300_000 },
});
