/** Node's own stripper of types, which ships no types of its own. */
declare module "amaro" {
  export function transformSync(source: string, options: { mode: "strip-only" }): { code: string };
}
