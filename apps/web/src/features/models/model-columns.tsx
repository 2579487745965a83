import Link from "next/link";
import { Badge } from "../../ui/badge.tsx";
import { ButtonLink } from "../../ui/button.tsx";
import type { Column } from "../../ui/data-table.tsx";
import {
  FigureText,
  lastSpeed,
  measuredNote,
  parametersFigure,
  sizeFigure,
  speedFigure,
  tokensFigure,
} from "./model-figures.tsx";
import { MemoryVerdict, ModelStateStatus, modelStateWord } from "./model-state.tsx";
import type { Model } from "./types.ts";

export interface ModelColumnsOptions {
  readonly now: number;
  /** Names of those that are compared. */
  readonly selected: readonly string[];
  readonly onSelect: (name: string) => void;
}

export function modelColumns({ now, onSelect, selected }: ModelColumnsOptions): readonly Column<Model>[] {
  const speed = (model: Model, of: "decodeTokensPerSecond" | "prefillTokensPerSecond") => {
    const last = lastSpeed(model);
    if (!last) return <span className="text-ink-3">–</span>;
    return (
      <span title={measuredNote(last, now)}>
        <FigureText figure={speedFigure(last[of])} />
      </span>
    );
  };
  return [
    {
      id: "model",
      header: "Model",
      value: ({ name }) => name,
      cell: ({ isDefault, name, own }) => (
        <span className="flex items-center gap-2.5">
          <input
            type="checkbox"
            aria-label={`Compare ${name}`}
            checked={selected.includes(name)}
            onChange={() => onSelect(name)}
            className="size-3.5 shrink-0 accent-accent focus-ring"
          />
          <Link
            href={`/models/${encodeURIComponent(name)}`}
            className="max-w-60 truncate rounded-xs font-medium underline-offset-2 focus-ring hover:underline"
          >
            {name}
          </Link>
          {isDefault ? <Badge>default</Badge> : null}
          {own ? null : <Badge>shared</Badge>}
        </span>
      ),
    },
    {
      id: "state",
      header: "State",
      value: ({ state }) => modelStateWord(state),
      cell: ({ state }) => <ModelStateStatus state={state} />,
    },
    {
      id: "parameters",
      header: "Parameters",
      numeric: true,
      value: ({ parameters }) => parameters,
      cell: ({ parameters }) => <FigureText figure={parametersFigure(parameters)} />,
    },
    {
      id: "speed",
      header: "Decode",
      numeric: true,
      value: (model) => lastSpeed(model)?.decodeTokensPerSecond,
      cell: (model) => speed(model, "decodeTokensPerSecond"),
    },
    {
      id: "prefill",
      header: "Prefill",
      numeric: true,
      optional: true,
      value: (model) => lastSpeed(model)?.prefillTokensPerSecond,
      cell: (model) => speed(model, "prefillTokensPerSecond"),
    },
    {
      id: "measured",
      header: "Measured",
      optional: true,
      value: (model) => lastSpeed(model)?.measuredAt,
    },
    {
      id: "memory",
      header: "Memory",
      numeric: true,
      value: ({ memory }) => memory?.needed,
      cell: ({ memory }) => (
        <span className="inline-flex items-center gap-2">
          <FigureText figure={sizeFigure(memory?.needed)} />
          {memory?.verdict === "fits" ? null : <MemoryVerdict memory={memory} />}
        </span>
      ),
    },
    {
      id: "size",
      header: "File",
      numeric: true,
      value: ({ bytes }) => bytes,
      cell: ({ bytes }) => <FigureText figure={sizeFigure(bytes)} />,
    },
    {
      id: "context",
      header: "Context",
      numeric: true,
      value: ({ contextLength }) => contextLength,
      cell: ({ contextLength }) => <FigureText figure={tokensFigure(contextLength)} />,
    },
    { id: "quantisation", header: "Quantisation", value: ({ quantisation }) => quantisation },
    { id: "licence", header: "Licence", value: ({ licence }) => licence ?? undefined },
    {
      id: "try",
      header: "Try",
      action: true,
      value: () => undefined,
      cell: ({ name }) => (
        <ButtonLink href={`/playground?model=${encodeURIComponent(name)}`} kind="quiet" size="sm">
          Try<span className="sr-only"> {name} in the playground</span>
        </ButtonLink>
      ),
    },
  ];
}
