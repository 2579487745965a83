// Generates the Prisma client from prisma/schema.prisma into src/generated, unless it is up to date.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const schema = join(here, "../../../prisma/schema.prisma");
const output = join(here, "../src/generated");
const stamp = join(output, ".stamp");
const require = createRequire(import.meta.url);
const manifest = require.resolve("prisma/package.json");
const { version, bin } = JSON.parse(readFileSync(manifest, "utf8"));
const wanted = createHash("sha256").update(version).update(readFileSync(schema)).digest("hex");

let made = "";
try {
  made = readFileSync(stamp, "utf8");
} catch {
  // Not generated yet.
}
if (made !== wanted) {
  // Generating needs no schema engine, but the command line downloads one unless it is told of a program.
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_HIDE_UPDATE_MESSAGE: "1" };
  const cli = join(dirname(manifest), typeof bin === "string" ? bin : bin.prisma);
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, "generate", "--schema", schema], {
    env,
    encoding: "utf8",
  });
  if (status !== 0) {
    process.stderr.write(`${stdout}${stderr}`);
    process.exit(status ?? 1);
  }
  mkdirSync(output, { recursive: true });
  writeFileSync(stamp, wanted);
}
