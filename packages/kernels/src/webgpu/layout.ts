/** What a kernel's `@group(0) @binding(i)` declarations say, read from its source. */

export type BindingKind = "read-only-storage" | "storage" | "uniform";

const DECLARATION =
  /@group\(\s*0u?\s*\)\s*@binding\(\s*(\d+)u?\s*\)\s*var\s*<\s*(storage|uniform)\s*(?:,\s*(read_write|read)\s*)?>/g;

/** The kinds of bindings 0, 1, 2, …; a number that the source skips stays `undefined`. */
export function readBindings(code: string): (BindingKind | undefined)[] {
  const kinds: (BindingKind | undefined)[] = [];
  const source = code.replace(/\/\/[^\n]*/g, "");
  for (const [, index, space, access] of source.matchAll(DECLARATION)) {
    const kind = space === "uniform" ? "uniform" : access === "read_write" ? "storage" : "read-only-storage";
    kinds[Number(index)] = kind;
  }
  return kinds;
}
