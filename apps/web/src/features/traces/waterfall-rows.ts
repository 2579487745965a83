import type { Span } from "./types.ts";

export interface WaterfallRow {
  readonly span: Span;
  /** How many steps it lies within. */
  readonly depth: number;
}

/** Steps under the step that they belong to, each in the order in which they began. */
export function waterfallRows(spans: readonly Span[]): readonly WaterfallRow[] {
  const known = new Set(spans.map(({ id }) => id));
  const under = new Map<string | null, Span[]>();
  for (const span of spans) {
    // A parent that was never sent: the step stands by itself.
    const parent =
      span.parentId !== null && known.has(span.parentId) && span.parentId !== span.id ? span.parentId : null;
    under.set(parent, [...(under.get(parent) ?? []), span]);
  }
  const rows: WaterfallRow[] = [];
  const seen = new Set<string>();
  const walk = (parent: string | null, depth: number) => {
    const ordered = [...(under.get(parent) ?? [])].sort((a, b) => a.startMs - b.startMs || b.durationMs - a.durationMs);
    for (const span of ordered) {
      if (seen.has(span.id)) continue;
      seen.add(span.id);
      rows.push({ span, depth });
      walk(span.id, depth + 1);
    }
  };
  walk(null, 0);
  // Steps whose parents go round in a circle.
  for (const span of spans) if (!seen.has(span.id)) rows.push({ span, depth: 0 });
  return rows;
}

/** From the first beginning to the last end, in ms. */
export function extent(spans: readonly Span[]): { readonly from: number; readonly to: number } {
  const from = Math.min(0, ...spans.map(({ startMs }) => startMs));
  const to = Math.max(0.001, ...spans.map(({ durationMs, startMs }) => startMs + durationMs));
  return { from, to };
}
