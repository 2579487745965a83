import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { logs, root } from "./paths.mjs";
import { Problem } from "./problem.mjs";

const stamp = join(root, "node_modules/.cache/tugboat/installed");

/** Keeps packages from downloading programs that Tugboat doesn't use. */
const QUIET_INSTALL = {
  PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
  PRISMA_SKIP_POSTINSTALL_GENERATE: "1",
  NODE_LLAMA_CPP_SKIP_DOWNLOAD: "true",
  PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: "1",
};

/**
 * Runs `npm ci` when the packages are missing, incomplete or not those of the lock file.
 *
 * @param {(key: string, title: string, expectedMs: number, command: string[], log: string, env: object) => Promise<void>} run
 */
export async function install(run) {
  if (isInstalled()) return;
  rmSync(stamp, { force: true });
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ["npm"];
  try {
    const flags = ["ci", "--no-audit", "--no-fund", "--loglevel=http"];
    await run("install", "Installing packages", 60_000, [...npm, ...flags], join(logs, "install.log"), QUIET_INSTALL);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    error.hint = `npm needs a package registry that it can reach. ${error.hint} The next npm start tries again from the beginning.`;
    throw error;
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, fingerprint());
}

function isInstalled() {
  try {
    if (readFileSync(stamp, "utf8") === fingerprint()) return true;
  } catch {
    // Not installed by this script.
  }
  try {
    return matchesLock(json("package-lock.json"), json("node_modules/.package-lock.json"));
  } catch {
    return false;
  }
}

/** What was installed, for what: native packages differ between systems. */
function fingerprint() {
  const machine = `${process.platform}-${process.arch}-${process.versions.modules}`;
  return createHash("sha256")
    .update(machine)
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
}

/** @param {string} path */
function json(path) {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}

/**
 * Whether npm's record of what it installed has all that the lock file wants. npm writes that record last.
 *
 * @param {{ packages: Record<string, { integrity?: string; optional?: boolean; link?: boolean }> }} lock
 * @param {{ packages: Record<string, { integrity?: string }> }} installed
 */
export function matchesLock(lock, installed) {
  return Object.entries(lock.packages).every(([path, entry]) => {
    if (!path.includes("node_modules/")) return true;
    const found = installed.packages[path];
    if (found === undefined) return entry.optional === true;
    return found.integrity === entry.integrity;
  });
}
