import type { GraphStep } from "./types.ts";

export const nodeWidth = 176;
const gapX = 24;
const gapY = 36;
const headHeight = 52;
const insideHeight = 18;

/** A step's place in the picture, in px. */
export interface PlacedStep {
  readonly step: GraphStep;
  /** Steps within it. */
  readonly inside: readonly GraphStep[];
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedStep[];
  readonly edges: readonly { readonly key: string; readonly path: string }[];
}

/** Steps in rows from the top: each in the row below all that it waits for. */
export function layoutOf(steps: readonly GraphStep[]): Layout {
  const outer = steps.filter(({ within }) => within === null);
  const byPath = new Map(outer.map((step) => [step.path, step]));
  const rows = new Map<string, number>();
  const rowOf = (path: string): number => {
    const known = rows.get(path);
    if (known !== undefined) return known;
    // Set first: a circle, which is refused elsewhere, must not hang the page.
    rows.set(path, 0);
    const needs = (byPath.get(path)?.needs ?? []).filter((need) => byPath.has(need));
    const row = needs.length === 0 ? 0 : Math.max(...needs.map(rowOf)) + 1;
    rows.set(path, row);
    return row;
  };
  const lines: GraphStep[][] = [];
  for (const step of outer) {
    const row = rowOf(step.path);
    lines[row] = [...(lines[row] ?? []), step];
  }
  const widest = Math.max(1, ...lines.map((line) => line?.length ?? 0));
  const width = widest * (nodeWidth + gapX) - gapX;
  const nodes: PlacedStep[] = [];
  let y = 0;
  for (const line of lines) {
    const placed = (line ?? []).map((step, i): PlacedStep => {
      const inside = steps.filter(({ within }) => within === step.path);
      const lineWidth = (line ?? []).length * (nodeWidth + gapX) - gapX;
      return {
        step,
        inside,
        x: (width - lineWidth) / 2 + i * (nodeWidth + gapX),
        y,
        height: headHeight + (inside.length > 0 ? inside.length * insideHeight + 8 : 0),
      };
    });
    nodes.push(...placed);
    y += Math.max(0, ...placed.map(({ height }) => height)) + gapY;
  }
  const places = new Map(nodes.map((node) => [node.step.path, node]));
  const edges = nodes.flatMap((to) =>
    to.step.needs.flatMap((need) => {
      const from = places.get(need);
      return from === undefined ? [] : [{ key: `${need} ${to.step.path}`, path: curve(from, to) }];
    }),
  );
  return { width, height: Math.max(0, y - gapY), nodes, edges };
}

function curve(from: PlacedStep, to: PlacedStep): string {
  const [x1, y1] = [from.x + nodeWidth / 2, from.y + from.height];
  const [x2, y2] = [to.x + nodeWidth / 2, to.y];
  const bend = (y2 - y1) / 2;
  return `M${x1} ${y1} C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`;
}
