import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
    if (!(error instanceof Problem) || error.code === "stopped") throw error;
    const said = npmErrors(readFileSync(join(logs, "install.log"), "utf8"));
    const hint = `${adviceFor(said)} The next npm start tries again. ${error.hint}`;
    throw new Problem(error.code, error.message, hint, said.slice(0, 8).join("\n"));
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, fingerprint());
}

/**
 * What npm said was wrong in its last run, without its manual.
 *
 * @param {string} log
 */
export function npmErrors(log) {
  const run = log.slice(Math.max(0, log.lastIndexOf("npm error code")));
  const lines = run.split("\n").filter((line) => line.startsWith("npm error"));
  const said = lines.map((line) => line.slice("npm error".length).trim()).filter((line) => line !== "");
  const manual = said.indexOf("Clean install a project");
  return manual < 0 ? said : said.slice(0, manual);
}

/** @param {readonly string[]} said */
function adviceFor(said) {
  const text = said.join("\n");
  if (/EUSAGE/.test(text))
    return "package.json and package-lock.json don't belong together: take both from the same commit.";
  if (/ENOSPC/.test(text)) return "The disk is full: the packages need 1 GB.";
  if (/EACCES|EPERM/.test(text)) return "This account may not write here: own the folder, or clone it again.";
  return "npm needs a package registry that it can reach (npm config get registry; npm ping).";
}

function isInstalled() {
  try {
    if (!nestedPackages(json("package-lock.json")).every((path) => existsSync(join(root, path)))) return false;
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
 * The packages that lie in a workspace's own `node_modules`, which can be lost apart from the root's.
 *
 * @param {{ packages: Record<string, { optional?: boolean }> }} lock
 */
export function nestedPackages(lock) {
  return Object.entries(lock.packages)
    .filter(([path, { optional }]) => /^(?!node_modules\/).+\/node_modules\//.test(path) && optional !== true)
    .map(([path]) => path);
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
