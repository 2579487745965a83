import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["@tugboat/source"] },
  ssr: { resolve: { conditions: ["@tugboat/source"] } },
  test: { include: ["src/**/*.test.ts"], testTimeout: 60_000 },
});
