import { cx } from "../../ui/class-names.ts";
import type { CanvasGraph } from "./canvas-graph.ts";

export interface StepListProps {
  readonly graph: CanvasGraph;
  readonly chosen: string | undefined;
  readonly onChoose: (name: string) => void;
}

/** The canvas where there is no room for one: steps one below the other, with what each waits for. */
export function StepList({ chosen, graph, onChoose }: StepListProps) {
  return (
    <ol aria-label="Steps" className="divide-y divide-line">
      {graph.nodes.map(({ kind, name, problem, said }) => {
        const needs = graph.edges.filter(({ to }) => to === name);
        return (
          <li key={name}>
            <button
              type="button"
              aria-pressed={name === chosen}
              onClick={() => onChoose(name)}
              className="focus-ring grid w-full gap-0.5 px-4 py-2.5 text-left hover:bg-hover aria-pressed:bg-hover"
            >
              <span className="flex items-baseline justify-between gap-2">
                <span className="truncate font-medium">{name}</span>
                <span className="text-2xs text-ink-3">{kind ?? "?"}</span>
              </span>
              <span className={cx("truncate text-xs", problem === undefined ? "text-ink-3" : "text-bad")}>
                {problem ?? said}
              </span>
              {needs.map(({ from, label }) => (
                <span key={from} className="truncate text-2xs text-ink-3">
                  after {from}
                  {label === "" ? "" : `, uses ${label}`}
                </span>
              ))}
            </button>
          </li>
        );
      })}
    </ol>
  );
}
