import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Integration tests start child processes, which need JavaScript: say so instead of failing in each of them. */
export function setup(): void {
  const root = fileURLToPath(new URL("../../../../", import.meta.url));
  const needed = [
    "apps/inference/dist/main.js",
    "packages/engine/dist/index.js",
    "packages/kernels/dist/index.js",
    "packages/db/dist/index.js",
    "packages/records/dist/index.js",
    "packages/statistics/dist/index.js",
    "packages/tuning/dist/index.js",
  ];
  const missing = needed.filter((path) => !existsSync(`${root}${path}`));
  if (missing.length === 0) return;
  throw new Error(
    `The integration tests run the built service, and ${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing. Run \`npm run build\` first; \`npm test\` at the root does. The unit tests alone: npx vitest run --project unit`,
  );
}
