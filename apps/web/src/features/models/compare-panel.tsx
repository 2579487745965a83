"use client";

import { X } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { Badge } from "../../ui/badge.tsx";
import { ButtonLink, IconButton } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { plural } from "../../ui/format.ts";
import { Panel } from "../../ui/panel.tsx";
import { ScrollRegion } from "../../ui/scroll-region.tsx";
import { Switch } from "../../ui/switch.tsx";
import { type ComparedCell, compareModels } from "./comparison.ts";
import { FigureText } from "./model-figures.tsx";
import type { Model } from "./types.ts";

export interface ComparePanelProps {
  readonly models: readonly Model[];
  readonly onLeaveOut: (name: string) => void;
}

/** Models side by side; what differs is marked, what is better is said. */
export function ComparePanel({ models, onLeaveOut }: ComparePanelProps) {
  const [onlyDifferences, setOnlyDifferences] = useState(false);
  const rows = compareModels(models, Date.now());
  const shown = onlyDifferences ? rows.filter(({ differs }) => differs) : rows;
  const playground = `/playground?${models.map(({ name }) => `model=${encodeURIComponent(name)}`).join("&")}`;
  return (
    <Panel
      title={`${plural(models.length, "model")} side by side`}
      note={`${rows.filter(({ differs }) => differs).length} of ${rows.length} facts differ`}
      padded={false}
      actions={
        <ButtonLink href={playground} size="sm">
          Ask {models.length === 2 ? "both" : "all"}
        </ButtonLink>
      }
    >
      <ScrollRegion label="Comparison" className="overflow-x-auto focus-ring">
        <table className="w-full border-collapse text-left">
          <thead>
            <tr className="border-line border-b">
              <th scope="col" className="px-4 py-2">
                <span className="sr-only">Fact</span>
              </th>
              {models.map(({ name }) => (
                <th key={name} scope="col" className="min-w-40 px-4 py-2 font-medium">
                  <span className="flex items-center justify-between gap-2">
                    <Link
                      href={`/models/${encodeURIComponent(name)}`}
                      className="rounded-xs underline-offset-2 focus-ring hover:underline"
                    >
                      {name}
                    </Link>
                    <IconButton label={`Leave ${name} out`} size="sm" onClick={() => onLeaveOut(name)}>
                      <X />
                    </IconButton>
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map(({ cells, differs, name }) => (
              <tr key={name} className="border-line border-b align-top last:border-b-0">
                <th scope="row" className="whitespace-nowrap px-4 py-2 font-normal text-ink-3">
                  {name}
                  {differs ? <span className="text-accent text-xs"> differs</span> : null}
                </th>
                {cells.map((cell, index) => (
                  <td key={models[index]?.name} className="px-4 py-2">
                    <CellView cell={cell} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
      <div className="border-line border-t px-4 py-2">
        <Switch label="Only what differs" checked={onlyDifferences} onChange={setOnlyDifferences} />
      </div>
    </Panel>
  );
}

function CellView({ cell }: { readonly cell: ComparedCell }) {
  return (
    <span className="grid gap-1">
      <span className="flex items-center gap-2">
        {cell.text ?? <FigureText figure={cell.figure} />}
        {cell.best ? <Badge tone="good">best</Badge> : null}
      </span>
      {cell.share === undefined ? null : (
        <span aria-hidden className="block h-1.5 w-full max-w-48 overflow-hidden rounded-full bg-hover">
          <span
            className={cx("block h-full rounded-full", cell.best ? "bg-good" : "bg-accent")}
            style={{ width: `${Math.max(1, cell.share * 100)}%` }}
          />
        </span>
      )}
      {cell.note ? <span className="text-ink-3 text-xs">{cell.note}</span> : null}
    </span>
  );
}
