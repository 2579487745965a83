"use client";

import Link from "next/link";
import { ButtonLink } from "../../ui/button.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Panel } from "../../ui/panel.tsx";
import { UpstreamBadge, type UpstreamModel, useUpstreamModels } from "../upstreams/upstream-models.tsx";

const columns: readonly Column<UpstreamModel>[] = [
  {
    id: "model",
    header: "Model",
    value: ({ name }) => name,
    cell: ({ name, upstream }) => (
      <span className="flex items-center gap-2.5">
        <span className="max-w-80 truncate font-medium">{name}</span>
        <UpstreamBadge upstream={upstream} />
      </span>
    ),
  },
  {
    id: "state",
    header: "State",
    value: ({ enabled }) => (enabled ? "Served" : "Switched off"),
  },
  {
    id: "try",
    header: "Try",
    action: true,
    value: () => undefined,
    cell: ({ enabled, name }) =>
      enabled ? (
        <ButtonLink href={`/playground?model=${encodeURIComponent(name)}`} kind="quiet" size="sm">
          Try<span className="sr-only"> {name} in the playground</span>
        </ButtonLink>
      ) : null,
  },
];

/** Models that upstreams compute, under the names that requests give them. */
export function ElsewherePanel() {
  const models = useUpstreamModels();
  if (models.length === 0) return null;
  return (
    <Panel
      title="On other servers"
      note="Asked for by the same API, with the same keys."
      padded={false}
      actions={
        <Link
          href="/settings/upstreams"
          className="rounded-xs text-ink-2 text-xs underline-offset-2 focus-ring hover:underline"
        >
          Upstreams
        </Link>
      }
    >
      <DataTable
        label="Models on other servers"
        rows={models}
        columns={columns}
        rowKey={({ name }) => name}
        empty={null}
      />
    </Panel>
  );
}
