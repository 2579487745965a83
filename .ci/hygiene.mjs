// What may not get into the repository. Run alone: node .ci/hygiene.mjs
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Everything at the top level but dot files, and folders that are made here and not kept. */
const TOP_LEVEL = new Set([
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "turbo.json",
  "README.md",
  "LICENSE",
  "apps",
  "packages",
  "prisma",
  "e2e",
  "bench",
  "deploy",
  "models",
  "docs",
  "recipes",
]);

const TEXT =
  /\.(mjs|js|ts|tsx|json|ya?ml|md|sql|prisma|wgsl|css|html|toml|sh)$|(^|\/)(run|LICENSE|\.gitignore|\.npmrc)$/;
const LARGEST_FILE_BYTES = 30_000_000;

/**
 * @param {string} lock the text of package-lock.json
 */
export function lockProblems(lock) {
  const hosts = new Set([...lock.matchAll(/"resolved":\s*"(https?:\/\/[^/"]+)/g)].map((match) => match[1]));
  return [...hosts].map((host) => `package-lock.json: names the registry ${host}`);
}

/**
 * @param {string} path
 * @param {string} text
 * @param {readonly string[]} machinePaths folders that exist on this machine alone
 */
export function textProblems(path, text, machinePaths) {
  const problems = [];
  for (const folder of machinePaths) {
    if (text.includes(folder)) problems.push(`${path}: names a folder of this machine, ${folder}`);
  }
  const home = /(?<![\w.])\/(?:home|Users)\/[a-z][\w-]+/.exec(text)?.[0];
  if (home) problems.push(`${path}: names somebody's home, ${home}`);
  if (/^(<{7}|>{7}) /m.test(text)) problems.push(`${path}: holds a merge conflict`);
  if (/\.(test|spec)\.[a-z]+$/.test(path) && /\b(test|it|describe)\.only\(/.test(text)) {
    problems.push(`${path}: runs only some of its tests`);
  }
  return problems;
}

/** @param {readonly string[]} files tracked paths */
export function topLevelProblems(files) {
  const names = new Set(files.map((file) => file.split("/")[0] ?? ""));
  const strange = [...names].filter((name) => !name.startsWith(".") && !TOP_LEVEL.has(name));
  return strange.map((name) => `${name}: does not belong at the top level`);
}

/** @param {string} root */
export function checkHygiene(root) {
  const files = trackedFiles(root).filter((file) => existsSync(join(root, file)));
  // The folder of this checkout, unless its name is so short that it is also a word.
  const machinePaths = [root, homedir()].filter((folder) => folder.split("/").length > 2);
  const problems = [...topLevelProblems(files), ...lockProblems(readFileSync(join(root, "package-lock.json"), "utf8"))];
  for (const file of files) {
    const { size } = statSync(join(root, file));
    if (size > LARGEST_FILE_BYTES) problems.push(`${file}: is ${Math.round(size / 1e6)} MB`);
    if (!TEXT.test(file) || size > 2_000_000) continue;
    problems.push(...textProblems(file, readFileSync(join(root, file), "utf8"), machinePaths));
  }
  return problems;
}

/**
 * What git tracks, or all there is where the repository came without git.
 *
 * @param {string} root
 */
function trackedFiles(root) {
  try {
    const list = execFileSync("git", ["ls-files", "-z"], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return list.split("\0").filter((path) => path !== "");
  } catch {
    const made = new Set(["node_modules", "dist", ".next", ".turbo", ".git", ".tugboat", "generated", "test-results"]);
    /** @type {(folder: string) => string[]} */
    const walk = (folder) =>
      readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
        const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
        if (entry.isDirectory()) return made.has(entry.name) ? [] : walk(path);
        return [path];
      });
    return walk("");
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = checkHygiene(resolve(dirname(fileURLToPath(import.meta.url)), ".."));
  for (const problem of problems) console.error(problem);
  console.log(
    problems.length === 0 ? "The repository is clean." : `${problems.length} things don't belong in the repository.`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
}
