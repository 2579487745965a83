import { LineCounter, parseDocument } from "yaml";
import { FlowError } from "./errors.ts";

export type Path = readonly (string | number)[];
export interface Place {
  readonly line: number;
  readonly column: number;
}
export type PlaceOf = (path: Path) => Place | undefined;

export function problem(message: string, hint: string, place?: Place): FlowError {
  const where = place === undefined ? "" : `Line ${place.line}, column ${place.column}: `;
  return new FlowError("bad-document", `${where}${message}`, hint, place);
}

/**
 * Reads YAML, and remembers where each of its values stands.
 * @throws FlowError `bad-document` with line and column
 */
export function readYaml(text: string): { readonly value: unknown; readonly placeOf: PlaceOf } {
  const lines = new LineCounter();
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeAt = (offset: number): Place => {
    const { col, line } = lines.linePos(offset);
    return { line, column: col };
  };
  const [error] = parsed.errors;
  if (error !== undefined) {
    throw problem(error.message, "Look at the indentation and the brackets near there.", placeAt(error.pos[0]));
  }
  let value: unknown;
  try {
    value = parsed.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw problem(cause instanceof Error ? `${cause.message}.` : "It can't be read.", "Write the values out.");
  }
  return {
    value,
    placeOf(path) {
      for (let depth = path.length; depth >= 0; depth--) {
        const node = depth === 0 ? parsed.contents : parsed.getIn(path.slice(0, depth), true);
        const start = startOf(node);
        if (start !== undefined) return placeAt(start);
      }
      return undefined;
    },
  };
}

function startOf(node: unknown): number | undefined {
  if (typeof node !== "object" || node === null || !("range" in node) || !Array.isArray(node.range)) return undefined;
  const [start]: unknown[] = node.range;
  return typeof start === "number" ? start : undefined;
}
