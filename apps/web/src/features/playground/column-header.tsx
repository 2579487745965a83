"use client";

import { Code, Copy, Ellipsis, Settings2, Square, X } from "lucide-react";
import { Badge } from "../../ui/badge.tsx";
import { IconButton } from "../../ui/button.tsx";
import { Menu } from "../../ui/menu.tsx";
import type { ModelCard, NamedCard } from "../service/types.ts";
import { type BrowserChoice, ModelSelect } from "./model-select.tsx";
import { type Candidate, mostColumns, type Place } from "./types.ts";

export interface ColumnHeaderProps {
  /** Counted from 1. */
  readonly number: number;
  readonly columns: number;
  readonly candidate: Candidate;
  readonly models: readonly ModelCard[];
  readonly named: readonly NamedCard[];
  readonly browserChoices: readonly BrowserChoice[];
  readonly running: boolean;
  readonly onModel: (model: string, place: Place) => void;
  readonly onParameters: () => void;
  readonly onSnippet: () => void;
  readonly onStop: () => void;
  readonly onDuplicate: () => void;
  readonly onRemove: () => void;
}

export function ColumnHeader(props: ColumnHeaderProps) {
  const { number, columns, candidate, models, named, browserChoices, running, onModel, onParameters, onSnippet } =
    props;
  const listed = [...models, ...named];
  const unknown = listed.length > 0 && candidate.model !== "" && !listed.some(({ id }) => id === candidate.model);
  const items = [
    ...(columns < mostColumns ? [{ label: "Duplicate the column", icon: <Copy />, onSelect: props.onDuplicate }] : []),
    ...(columns > 1 ? [{ label: "Remove the column", icon: <X />, onSelect: props.onRemove }] : []),
  ];
  return (
    <header className="grid shrink-0 gap-1 border-line border-b px-3 py-2 sm:px-5">
      <div className="flex items-center gap-1">
        <ModelSelect
          label={columns > 1 ? `Model of column ${number}` : "Model"}
          candidate={candidate}
          models={models}
          named={named}
          browserChoices={browserChoices}
          onModel={onModel}
        />
        {candidate.place === "browser" ? (
          <span className="shrink-0">
            <Badge tone="accent">this browser</Badge>
          </span>
        ) : null}
        <span className="grow" />
        {running && columns > 1 ? (
          <IconButton label={`Stop column ${number}`} title="Stop this column" size="sm" onClick={props.onStop}>
            <Square className="fill-current" />
          </IconButton>
        ) : null}
        <IconButton
          label={columns > 1 ? `Parameters of column ${number}` : "Model and parameters"}
          title="Parameters"
          size="sm"
          onClick={onParameters}
        >
          <Settings2 />
        </IconButton>
        <IconButton
          label={columns > 1 ? `Copy column ${number} as code` : "Copy as code"}
          title="Copy as code"
          size="sm"
          onClick={onSnippet}
          disabled={!candidate.model}
        >
          <Code />
        </IconButton>
        <Menu
          items={items}
          trigger={
            <IconButton label={columns > 1 ? `More for column ${number}` : "More for this column"} size="sm">
              <Ellipsis />
            </IconButton>
          }
        />
      </div>
      {unknown ? <p className="text-bad text-xs">There is no model called {candidate.model}.</p> : null}
    </header>
  );
}
