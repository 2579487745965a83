// Writes src/wgsl/sources.gen.ts: every kernel of src/wgsl as a string, so that the package has no file access at run time.
//
// A kernel's header may say `// requires: prelude, other`: the named files are appended (not prepended, so that the line
// numbers of compile errors are those of the kernel's own file). WGSL allows use before declaration.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = join(dirname(fileURLToPath(import.meta.url)), "..", "src", "wgsl");
const read = (name) => readFileSync(join(folder, `${name}.wgsl`), "utf8").trimEnd();

const names = readdirSync(folder)
  .filter((file) => file.endsWith(".wgsl"))
  .map((file) => file.slice(0, -".wgsl".length))
  .sort();
const texts = new Map(names.map((name) => [name, read(name)]));

function required(name, seen = new Set()) {
  const line = /^\/\/ requires: (.+)$/m.exec(texts.get(name));
  for (const part of line === null ? [] : line[1].split(",").map((word) => word.trim())) {
    if (!texts.has(part))
      throw new Error(`src/wgsl/${name}.wgsl requires ${part}, and there is no src/wgsl/${part}.wgsl`);
    if (seen.has(part)) continue;
    seen.add(part);
    required(part, seen);
  }
  return seen;
}

const isKernel = (name) => /@compute\b/.test(texts.get(name));
const entries = names.filter(isKernel).map((name) => {
  const source = [texts.get(name), ...[...required(name)].map((part) => texts.get(part))].join("\n\n");
  return `  ${JSON.stringify(name)}:\n    ${JSON.stringify(`${source}\n`)},`;
});

const generated = `// Written by scripts/embed-wgsl.mjs from src/wgsl/*.wgsl. Do not edit.
export const wgslSources = {
${entries.join("\n")}
} as const;

export type KernelName = keyof typeof wgslSources;
`;

const target = join(folder, "sources.gen.ts");
let before = "";
try {
  before = readFileSync(target, "utf8");
} catch {
  // First run.
}
if (before !== generated) writeFileSync(target, generated);
