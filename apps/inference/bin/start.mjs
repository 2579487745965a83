#!/usr/bin/env node
// `npm start`: from a fresh clone to the running product. Needs nothing but Node and npm.
import { createRequire } from "node:module";
import { Problem } from "./start/problem.mjs";

const wanted = { major: 20, minor: 19 };
const usage = `npm start [-- --json]

Installs, builds and starts Tugboat, and prints how to reach it. Ctrl-C stops all of it.

  --json   print one line of JSON on stdout when ready, for scripts
  --help   this text

TUGBOAT_HOME          data directory (.tugboat)
TUGBOAT_WEB_PORT      the console's port (3000); 0 picks a free one
TUGBOAT_API_PORT      the API's port (4000); 0 picks a free one
DATABASE_URL          an existing PostgreSQL instead of the embedded one
TUGBOAT_DEVICE        auto, webgpu or cpu (auto)
`;

const unknown = process.argv.slice(2).filter((word) => !["--json", "--help", "-h"].includes(word));
if (unknown.length > 0) {
  process.stderr.write(`Unknown option ${unknown[0]}.\n\n${usage}`);
  process.exit(2);
}
if (process.argv.includes("--help") || process.argv.includes("-h")) {
  process.stdout.write(usage);
  process.exit(0);
}
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < wanted.major || (major === wanted.major && minor < wanted.minor)) {
  process.stderr.write(
    `Tugboat needs Node ${wanted.major}.${wanted.minor} or newer, and this is ${process.version}.\n` +
      "Install a newer one from https://nodejs.org or your system's packages, and run npm start again.\n",
  );
  process.exit(1);
}

const { launch } = await import("./start/launch.mjs");
const { version } = createRequire(import.meta.url)("../../../package.json");
try {
  process.exitCode = await launch({ json: process.argv.includes("--json"), version });
} catch (error) {
  const text = error instanceof Problem ? error.text() : (error?.stack ?? String(error));
  process.stderr.write(`\n${text}\n`);
  if (process.argv.includes("--json") && error instanceof Problem) {
    process.stdout.write(
      `${JSON.stringify({ error: { code: error.code, message: error.message, hint: error.hint } })}\n`,
    );
  }
  process.exitCode = 1;
}
