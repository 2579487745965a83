import { Fragment } from "react";
import { cx } from "../../ui/class-names.ts";
import { plural } from "../../ui/format.ts";
import { ScrollRegion } from "../../ui/scroll-region.tsx";
import { layoutOf, nodeWidth, type PlacedStep } from "./graph-layout.ts";
import type { GraphStep, RunStep } from "./types.ts";
import { outermost } from "./words.ts";

const edges: Record<RunStep["state"], string> = {
  running: "border-accent",
  waiting: "border-warn",
  done: "border-good",
  failed: "border-bad",
};
const said: Record<RunStep["state"], string> = {
  running: "runs",
  waiting: "waits",
  done: "done",
  failed: "failed",
};

/** The graph from the top down; with a run, how each step of it stands. */
export function FlowGraph({
  steps,
  run,
}: {
  readonly steps: readonly GraphStep[];
  readonly run: readonly RunStep[] | undefined;
}) {
  const { edges: lines, height, nodes, width } = layoutOf(steps);
  return (
    <ScrollRegion label="The graph" className="overflow-auto p-4">
      <div className="relative mx-auto" style={{ width, height }}>
        <svg aria-hidden className="absolute inset-0 overflow-visible" width={width} height={height}>
          {lines.map(({ key, path }) => (
            <path key={key} d={path} fill="none" className="stroke-line-strong" strokeWidth={1.5} />
          ))}
        </svg>
        <ol>
          {nodes.map((node) => (
            <Node
              key={node.step.path}
              node={node}
              steps={run?.filter(({ path }) => outermost(path) === node.step.path)}
            />
          ))}
        </ol>
      </div>
    </ScrollRegion>
  );
}

function Node({ node, steps }: { readonly node: PlacedStep; readonly steps: readonly RunStep[] | undefined }) {
  const { height, inside, step, x, y } = node;
  const own = steps?.find(({ path }) => path === step.path);
  const rounds = steps?.filter(({ path, state }) => path !== step.path && state === "done").length ?? 0;
  const took = own?.finishedAt ? `${Math.max(1, Math.round(own.durationMs))} ms` : "";
  return (
    <li
      className={cx(
        "absolute overflow-hidden rounded-md border bg-surface px-2.5 py-1.5 shadow-card",
        own ? edges[own.state] : "border-line",
      )}
      style={{ left: x, top: y, width: nodeWidth, height }}
    >
      <p className="flex items-baseline justify-between gap-2">
        <span className="truncate font-medium">{step.name}</span>
        <span className="shrink-0 text-2xs text-ink-3 tabular-nums">
          {own ? `${said[own.state]} ${took}` : step.kind}
        </span>
      </p>
      <p className="truncate text-2xs text-ink-3">
        {own && rounds > 0
          ? `${plural(rounds, "step")} within`
          : step.ways.length > 0
            ? `${step.subject}, ${step.ways.length} ways`
            : step.subject}
      </p>
      {inside.length > 0 ? (
        <p className="mt-1 grid border-line border-t pt-1 text-2xs text-ink-2">
          {inside.map(({ kind, name, part, path }) => (
            <Fragment key={path}>
              <span className="truncate leading-[18px]">
                {part === null || part.startsWith("each") || part.startsWith("at most") ? "" : `${part}: `}
                {name} <span className="text-ink-3">{kind}</span>
              </span>
            </Fragment>
          ))}
        </p>
      ) : null}
    </li>
  );
}
