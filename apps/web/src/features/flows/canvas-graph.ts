import type { DrawnStep } from "./flow-yaml.ts";
import { layoutOf } from "./graph-layout.ts";
import { type Kind, kindWords } from "./step-kinds.ts";
import type { FlowProblem, GraphStep } from "./types.ts";

export interface CanvasNode {
  readonly name: string;
  readonly kind: Kind | undefined;
  /** What it does, in words. */
  readonly said: string;
  /** What it gives, where the document passes the check. */
  readonly gives: string;
  readonly problem: string | undefined;
  readonly x: number;
  readonly y: number;
}

export interface CanvasEdge {
  readonly from: string;
  readonly to: string;
  /** Fields that are used, with their types; empty for one that only waits. */
  readonly label: string;
  /** Only a waiting is taken away by itself: a reference stands in a text. */
  readonly isWaiting: boolean;
}

export interface CanvasGraph {
  readonly nodes: readonly CanvasNode[];
  readonly edges: readonly CanvasEdge[];
}

/** Labels of edges need room between rows. */
const stretch = { x: 1.18, y: 1.55 };

/** What the canvas shows: the text's steps, with what the check knows of them. */
export function canvasGraph(
  steps: readonly DrawnStep[],
  checked: readonly GraphStep[] | undefined,
  problem: FlowProblem | null,
): CanvasGraph {
  const known = new Map((checked ?? []).filter(({ within }) => within === null).map((step) => [step.name, step]));
  const { nodes } = layoutOf(
    steps.map(({ name, needs }) => ({
      ...{ path: name, name, kind: "code", subject: "", within: null, part: null, output: "", fields: {}, ways: [] },
      needs: needs.map(({ step }) => step),
    })),
  );
  const places = new Map(nodes.map(({ step, x, y }) => [step.name, { x: x * stretch.x, y: y * stretch.y }]));
  return {
    nodes: steps.map(({ fromLine, kind, name, toLine }) => {
      const found = known.get(name);
      const line = problem?.line ?? 0;
      return {
        name,
        kind,
        said: found?.subject || (kind === undefined ? "does nothing yet" : kindWords[kind]),
        gives: found?.output ?? "",
        problem: line >= fromLine && line <= toLine ? problem?.message : undefined,
        ...(places.get(name) ?? { x: 0, y: 0 }),
      };
    }),
    edges: steps.flatMap(({ name, needs }) =>
      needs.map(({ step, uses }) => ({
        from: step,
        to: name,
        label: uses.map((use) => typed(use, known.get(step)?.fields[use])).join(", "),
        isWaiting: uses.length === 0,
      })),
    ),
  };
}

function typed(field: string, type: string | undefined): string {
  if (type === undefined) return field;
  const said = `${field}: ${type}`;
  return said.length > 30 ? `${said.slice(0, 29)}…` : said;
}
