import { transformSync } from "amaro";

/** The JavaScript of TypeScript: its types become blanks, so that lines stay where they were. @throws what is no TypeScript */
export function stripTypeScriptTypes(source: string): string {
  return transformSync(source, { mode: "strip-only" }).code;
}
