#!/usr/bin/env node
import { existsSync } from "node:fs";

const main = new URL("../dist/cli/main.js", import.meta.url);
if (!existsSync(main)) {
  const message = "Tugboat is not built yet.";
  const hint = "Run `npm run build` in the repository, or `npm start`, which builds.";
  process.stderr.write(`${message}\n${hint}\n`);
  if (process.argv.includes("--json")) {
    process.stdout.write(`${JSON.stringify({ error: { code: "not-built", message, hint } })}\n`);
  }
  process.exit(1);
}
await import(main.href);
