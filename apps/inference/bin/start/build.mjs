import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { logs, root } from "./paths.mjs";

const stamp = join(root, "node_modules/.cache/tugboat/built");

const SOURCES = ["apps", "packages", "prisma", "package.json", "package-lock.json", "tsconfig.json", "turbo.json"];
const NOT_SOURCES = new Set(["node_modules", "dist", ".next", ".turbo", "generated", "test-results", "next-env.d.ts"]);
const OUTPUTS = [
  "packages/kernels/dist/index.js",
  "packages/engine/dist/index.js",
  "packages/db/dist/index.js",
  "packages/records/dist/index.js",
  "packages/statistics/dist/index.js",
  "packages/tuning/dist/index.js",
  "apps/inference/dist/main.js",
  "apps/web/.next/BUILD_ID",
];

/**
 * Builds every workspace, unless no source has changed since the last time; turbo then rebuilds only what has.
 *
 * @param {(key: string, title: string, expectedMs: number, command: string[], log: string, env: object) => Promise<void>} run
 */
export async function build(run) {
  const sources = fingerprint();
  if (isBuilt(sources)) return;
  rmSync(stamp, { force: true });
  const turbo = [process.execPath, join(root, "node_modules/turbo/bin/turbo")];
  const flags = ["run", "build", "--ui=stream", "--log-order=stream", "--output-logs=new-only"];
  await run("build", "Building", 60_000, [...turbo, ...flags], join(logs, "build.log"), {
    TURBO_TELEMETRY_DISABLED: "1",
    TURBO_NO_UPDATE_NOTIFIER: "1",
    NEXT_TELEMETRY_DISABLED: "1",
    NO_COLOR: "1",
  });
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, sources);
}

/** @param {string} sources */
function isBuilt(sources) {
  try {
    return readFileSync(stamp, "utf8") === sources && OUTPUTS.every((path) => existsSync(join(root, path)));
  } catch {
    return false;
  }
}

/** Names, sizes and times of the sources: milliseconds, where reading them all takes seconds on a cold disk. */
function fingerprint() {
  const hash = createHash("sha256").update(process.version);
  /** @param {string} path */
  const visit = (path) => {
    const { size, mtimeMs } = statSync(join(root, path));
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  };
  /** @param {string} folder */
  const walk = (folder) => {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = `${folder}/${entry.name}`;
      if (NOT_SOURCES.has(entry.name)) continue;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile() && !/\.(gen|test)\.ts$|\.tsbuildinfo$/.test(entry.name)) visit(path);
    }
  };
  for (const path of SOURCES) {
    if (statSync(join(root, path)).isDirectory()) walk(path);
    else visit(path);
  }
  return hash.digest("hex");
}
