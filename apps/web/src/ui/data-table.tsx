"use client";

import { type ReactNode, useDeferredValue, useState } from "react";
import { exportCsv } from "./export-csv.ts";
import { type Column, TableFrame } from "./table-frame.tsx";
import { type TableOrder, viewRows } from "./table-view.ts";

export type { Column } from "./table-frame.tsx";

export interface DataTableProps<Row> {
  /** Names the table, and the file it exports to. */
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  /** Shown when there are no rows at all. */
  readonly empty: ReactNode;
}

/** Rows that are all here: it sorts and filters them itself. For those that lie with the service, see PagedTable. */
export function DataTable<Row>({ label, rows, columns, rowKey, empty }: DataTableProps<Row>) {
  const [filter, setFilter] = useState("");
  const [order, setOrder] = useState<TableOrder>();
  const wanted = useDeferredValue(filter);
  if (rows.length === 0) return empty;
  const view = viewRows(rows, columns, wanted, order);
  return (
    <TableFrame
      label={label}
      columns={columns}
      filter={filter}
      onFilter={setFilter}
      order={order}
      onOrder={setOrder}
      count={view.length}
      total={rows.length}
      rowAt={(index) => view[index]}
      rowKey={rowKey}
      onExport={() => exportCsv(label, columns, view)}
    />
  );
}
