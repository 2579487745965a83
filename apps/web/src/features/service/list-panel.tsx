"use client";

import { DataTable, type DataTableProps } from "../../ui/data-table.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { problemOf } from "./trpc.tsx";

interface ListPanelProps<Row> extends Omit<DataTableProps<Row>, "rows"> {
  /** Undefined until they are here. */
  readonly rows: readonly Row[] | undefined;
  /** Why the service does not give them. */
  readonly error: unknown;
  readonly title?: string;
}

/** A list that the service gives: its rows, why there are none, or the place where they will be. */
export function ListPanel<Row>({ error, rows, title, ...table }: ListPanelProps<Row>) {
  const refusal = error ? problemOf(error) : undefined;
  return (
    <>
      {refusal ? (
        <Notice tone="bad" hint={refusal.hint}>
          {refusal.message}
        </Notice>
      ) : null}
      {rows ? (
        <Panel {...(title !== undefined && { title })} padded={false}>
          <DataTable {...table} rows={rows} />
        </Panel>
      ) : refusal ? null : (
        <Panel {...(title !== undefined && { title })}>
          <div className="grid gap-3">
            {["a", "b", "c"].map((row) => (
              <Skeleton key={row} className="h-8" />
            ))}
          </div>
        </Panel>
      )}
    </>
  );
}
