// Holds the direction of imports: web → (types of) inference → engine → kernels, inference → db; and keeps what runs in
// a browser free of Node. Run alone: node .ci/imports.mjs
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @typedef {object} Room
 * @property {string} folder
 * @property {readonly string[]} imports workspace packages it may import
 * @property {readonly string[]} [typesOf] workspace packages of which it may import types alone
 * @property {Readonly<Record<string, readonly string[]>>} [onlyIn] workspace packages that these files alone may import
 * @property {boolean} [browser] whether it runs in browsers too, outside its `node/` folder
 */

/** @type {readonly Room[]} */
export const rooms = [
  { folder: "packages/kernels", imports: [], browser: true },
  { folder: "packages/engine", imports: ["@tugboat/kernels"], browser: true },
  { folder: "packages/db", imports: [] },
  { folder: "packages/records", imports: [], browser: true },
  { folder: "packages/statistics", imports: [], browser: true },
  {
    folder: "packages/tuning",
    imports: ["@tugboat/engine", "@tugboat/records", "@tugboat/statistics"],
    browser: true,
  },
  {
    folder: "apps/inference",
    imports: [
      "@tugboat/engine",
      "@tugboat/kernels",
      "@tugboat/db",
      "@tugboat/records",
      "@tugboat/statistics",
      "@tugboat/tuning",
    ],
  },
  {
    folder: "apps/web",
    imports: [],
    typesOf: ["@tugboat/inference", "@tugboat/tuning"],
    // The engine in the browser runs in workers of its own: no page may load it.
    onlyIn: {
      "@tugboat/engine": [
        "src/features/playground/browser/worker/engine-worker.ts",
        "src/features/tuning/browser/worker/tuning-worker.ts",
      ],
      "@tugboat/records": ["src/features/tuning/browser/worker/blob-samples.ts"],
      "@tugboat/tuning": [
        "src/features/tuning/browser/worker/tuning-worker.ts",
        "src/features/tuning/browser/worker/blob-samples.ts",
      ],
    },
  },
  { folder: "e2e", imports: ["@tugboat/engine"], typesOf: ["@tugboat/inference"] },
  { folder: "bench", imports: ["@tugboat/engine", "@tugboat/kernels"] },
];

/** Packages that work in Node alone. */
const NODE_ONLY = new Set([...builtinModules, "webgpu"]);
const NODE_GLOBALS = /(?<![.\w$"'`])(process|Buffer|__dirname|__filename|require)\s*[.([]/;

/**
 * The module names in a source text, with whether only types are imported.
 *
 * @param {string} source
 */
export function importsOf(source) {
  // A program inside a template literal has imports of its own.
  const code = withoutComments(source).replace(/`(?:[^`\\]|\\.)*`/g, (text) => (/\s/.test(text) ? "``" : text));
  const found = [];
  const statement = /(?<=^|[;}\n])\s*(import|export)\s+(type\s+)?([\w*{][^;"'`]*?\bfrom\s*)?["']([^"'\n]+)["']/g;
  for (const match of code.matchAll(statement)) {
    const [, keyword, type, clause = "", module = ""] = match;
    if (keyword === "export" && clause === "") continue;
    const names =
      /^\{([^}]*)\}/
        .exec(clause)?.[1]
        ?.split(",")
        .map((name) => name.trim()) ?? [];
    const allTypes = names.length > 0 && names.every((name) => name === "" || name.startsWith("type "));
    found.push({ module, typesOnly: type !== undefined || allTypes });
  }
  for (const match of code.matchAll(/\b(?:import|require(?:\.resolve)?)\s*\(\s*["'`]([^"'`\n]+)["'`]/g)) {
    found.push({ module: match[1] ?? "", typesOnly: isTypeQuery(code, match.index) });
  }
  return found;
}

/**
 * Whether `import("x")` stands where a type does: after `typeof` or a colon, and not awaited.
 *
 * @param {string} code
 * @param {number} at
 */
function isTypeQuery(code, at) {
  return /(\btypeof|[:<|&])\s*$/.test(code.slice(Math.max(0, at - 20), at));
}

/** @param {string} source */
function withoutComments(source) {
  // Strings first, so that "//" inside one begins no comment.
  return source.replace(
    /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (_, text) => text ?? " ",
  );
}

/**
 * What one file breaks.
 *
 * @param {Room} room
 * @param {string} path relative to the room's folder
 * @param {string} source
 * @returns {string[]}
 */
export function violations(room, path, source) {
  const problems = [];
  const inSource = path.startsWith("src/");
  const isTest = /\.(test|spec)\.tsx?$/.test(path) || /(^|\/)(testing|parity)\//.test(path);
  const forBrowsers = room.browser === true && inSource && !isTest && !path.startsWith("src/node/");
  for (const { module, typesOnly } of importsOf(source)) {
    const workspace = /^@tugboat\/[^/]+/.exec(module)?.[0];
    const lent = workspace !== undefined && room.onlyIn?.[workspace]?.includes(path) === true;
    if (workspace !== undefined && !lent && !room.imports.includes(workspace)) {
      const types = room.typesOf?.includes(workspace) === true;
      if (!types) problems.push(`imports ${workspace}, which ${room.folder} may not know`);
      else if (!typesOnly) problems.push(`imports more than types from ${workspace}`);
    }
    if (module.startsWith(".")) {
      const target = join(dirname(path), module);
      if (target.startsWith("..")) problems.push(`reaches out of ${room.folder} with ${module}`);
      if (forBrowsers && target.startsWith("src/node/") && !typesOnly) problems.push(`needs Node: imports ${module}`);
    }
    const name = module.replace(/^node:/, "");
    if (
      forBrowsers &&
      !typesOnly &&
      (module.startsWith("node:") || NODE_ONLY.has(name) || /^@tugboat\/\w+\/node$/.test(module))
    ) {
      problems.push(`needs Node: imports ${module}`);
    }
  }
  if (forBrowsers) {
    const used = NODE_GLOBALS.exec(withoutComments(source).replace(/(["'`])(?:(?!\1)[^\\]|\\.)*\1/g, '""'));
    if (used) problems.push(`needs Node: uses ${used[1]}`);
  }
  return problems;
}

/**
 * Every violation of the repository, as "path: what".
 *
 * @param {string} root
 */
export function checkImports(root) {
  const problems = [];
  for (const room of rooms) {
    for (const path of sources(join(root, room.folder))) {
      const text = readFileSync(join(root, room.folder, path), "utf8");
      problems.push(...violations(room, path, text).map((problem) => `${room.folder}/${path}: ${problem}`));
    }
  }
  return problems;
}

/**
 * @param {string} folder
 * @returns {string[]} paths relative to `folder`
 */
function sources(folder) {
  const skipped = new Set(["node_modules", "dist", ".next", ".turbo", "generated", "test-results", "scripts"]);
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) {
      return skipped.has(entry.name) ? [] : sources(join(folder, entry.name)).map((path) => `${entry.name}/${path}`);
    }
    return /\.[mc]?tsx?$/.test(entry.name) && !/\.(gen|d)\.ts$/.test(entry.name) ? [entry.name] : [];
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
  const problems = checkImports(root);
  for (const problem of problems) console.error(problem);
  console.log(
    problems.length === 0
      ? "Imports point the right way."
      : `${problems.length} imports point the wrong way (${relative(process.cwd(), root) || "."}).`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
}
