"use client";

import { ArrowDown, ArrowUp, Download, Search } from "lucide-react";
import { type ReactNode, useDeferredValue, useState } from "react";
import { Button } from "./button.tsx";
import { cx } from "./class-names.ts";
import { toCsv } from "./csv.ts";
import { ScrollRegion } from "./scroll-region.tsx";
import { nextOrder, type TableOrder, type ValueColumn, viewRows } from "./table-view.ts";

export interface Column<Row> extends ValueColumn<Row> {
  readonly header: string;
  /** How the cell looks; the value itself when left out. */
  readonly cell?: (row: Row) => ReactNode;
  readonly numeric?: boolean;
  /** Hidden on narrow screens; it stays in the export. */
  readonly wide?: boolean;
  /** Holds something to do with the row: it has no value to sort, filter or export by. */
  readonly action?: boolean;
}

export interface DataTableProps<Row> {
  /** Names the table, and the file it exports to. */
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  /** Shown when there are no rows at all. */
  readonly empty: ReactNode;
}

export function DataTable<Row>({ label, rows, columns, rowKey, empty }: DataTableProps<Row>) {
  const [filter, setFilter] = useState("");
  const [order, setOrder] = useState<TableOrder>();
  const wanted = useDeferredValue(filter);
  if (rows.length === 0) return empty;
  const view = viewRows(rows, columns, wanted, order);
  return (
    <div className="min-w-0">
      <div className="flex items-center gap-2 border-line border-b px-3 py-2">
        <span className="flex min-w-0 grow items-center gap-2">
          <Search aria-hidden className="size-3.5 shrink-0 text-ink-3" />
          <input
            type="search"
            value={filter}
            onChange={(event) => setFilter(event.currentTarget.value)}
            aria-label={`Filter ${label.toLowerCase()}`}
            placeholder={`Filter ${label.toLowerCase()}`}
            className="control-h-sm control-text w-full min-w-0 rounded-sm bg-transparent outline-none focus-ring"
          />
        </span>
        <span className="whitespace-nowrap text-ink-3 text-xs" aria-live="polite">
          {view.length === rows.length ? `${rows.length}` : `${view.length} of ${rows.length}`}
        </span>
        <Button kind="quiet" size="sm" onClick={() => download(label, columns, view)}>
          <Download /> CSV
        </Button>
      </div>
      <ScrollRegion label={label} className="overflow-x-auto focus-ring">
        <table className="w-full border-collapse text-left">
          <thead>
            <tr className="border-line border-b">
              {columns.map((column) => (
                <Heading
                  key={column.id}
                  column={column}
                  order={order}
                  onSort={() => setOrder((current) => nextOrder(current, column.id))}
                />
              ))}
            </tr>
          </thead>
          <tbody>
            {view.map((row) => (
              <tr key={rowKey(row)} className="border-line border-b transition-colors last:border-b-0 hover:bg-hover">
                {columns.map((column) => (
                  <td key={column.id} className={cx("h-11 px-4 py-1.5 whitespace-nowrap", edges(column))}>
                    {column.cell ? column.cell(row) : (column.value(row) ?? <span className="text-ink-3">–</span>)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
      {view.length === 0 ? <p className="px-4 py-8 text-center text-ink-2">Nothing matches “{wanted}”.</p> : null}
    </div>
  );
}

interface HeadingProps<Row> {
  readonly column: Column<Row>;
  readonly order: TableOrder | undefined;
  readonly onSort: () => void;
}

function Heading<Row>({ column, order, onSort }: HeadingProps<Row>) {
  const direction = order?.column === column.id ? order.direction : undefined;
  if (column.action) {
    return (
      <th scope="col">
        <span className="sr-only">{column.header}</span>
      </th>
    );
  }
  return (
    <th
      scope="col"
      aria-sort={direction ?? "none"}
      className={cx("h-9 px-2 font-medium text-ink-3 text-xs", edges(column))}
    >
      <button
        type="button"
        onClick={onSort}
        className={cx(
          "inline-flex h-7 items-center gap-1 whitespace-nowrap rounded-sm px-2 transition-colors focus-ring hover:bg-hover hover:text-ink",
          column.numeric && "flex-row-reverse",
        )}
      >
        {column.header}
        {direction === "ascending" ? <ArrowUp aria-hidden className="size-3" /> : null}
        {direction === "descending" ? <ArrowDown aria-hidden className="size-3" /> : null}
      </button>
    </th>
  );
}

function edges<Row>({ numeric, wide }: Column<Row>): string {
  return cx(numeric && "text-right", wide && "max-md:hidden");
}

function download<Row>(label: string, columns: readonly Column<Row>[], rows: readonly Row[]): void {
  const exported = columns.filter((column) => !column.action);
  const csv = toCsv(
    exported.map((column) => column.header),
    rows.map((row) => exported.map((column) => column.value(row) ?? "")),
  );
  const url = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${label.toLowerCase().replaceAll(/\W+/g, "-")}.csv`;
  link.click();
  URL.revokeObjectURL(url);
}
