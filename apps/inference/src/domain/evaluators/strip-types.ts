import { createRequire } from "node:module";

/** Node's own stripper of types; it ships no types of its own. */
interface Stripper {
  transformSync(source: string, options: { readonly mode: "strip-only" }): { readonly code: string };
}

const stripper: Stripper = createRequire(import.meta.url)("amaro");

/** The JavaScript of TypeScript: its types become blanks, so that lines stay where they were. @throws what is no TypeScript */
export function stripTypeScriptTypes(source: string): string {
  return stripper.transformSync(source, { mode: "strip-only" }).code;
}
