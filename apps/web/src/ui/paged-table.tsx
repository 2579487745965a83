"use client";

import { keepPreviousData, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useCallback, useDeferredValue, useState } from "react";
import { exportCsv } from "./export-csv.ts";
import { Notice } from "./notice.tsx";
import { type Column, TableFrame } from "./table-frame.tsx";
import type { TableOrder } from "./table-view.ts";
import { toast } from "./toast.tsx";

export interface PageRequest {
  readonly offset: number;
  readonly limit: number;
  readonly filter: string;
  readonly order: TableOrder | undefined;
}

export interface TablePage<Row> {
  readonly rows: readonly Row[];
  /** Rows that match the filter, and rows there are without it. */
  readonly count: number;
  readonly total: number;
}

export interface PagedTableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  readonly empty: ReactNode;
  /** What the rows are kept under. */
  readonly queryKey: readonly unknown[];
  /** Asks the service for rows; it sorts and filters. */
  readonly load: (request: PageRequest, signal?: AbortSignal) => Promise<TablePage<Row>>;
}

const pageRows = 100;
const exportRows = 1000;

/** Any number of rows: those in sight are asked for, by the page, and only they are drawn. */
export function PagedTable<Row>({ label, columns, rowKey, empty, queryKey, load }: PagedTableProps<Row>) {
  const client = useQueryClient();
  const [filter, setFilter] = useState("");
  const [order, setOrder] = useState<TableOrder>();
  const [seen, setSeen] = useState({ first: 0, last: 0 });
  const [exported, setExported] = useState<number>();
  const wanted = useDeferredValue(filter);
  const pageQuery = (page: number) => ({
    queryKey: [...queryKey, wanted, order, page],
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      load({ offset: page * pageRows, limit: pageRows, filter: wanted, order }, signal),
    staleTime: 30_000,
  });
  const head = useQuery({ ...pageQuery(0), placeholderData: keepPreviousData });
  const firstPage = Math.floor(seen.first / pageRows);
  const lastPage = Math.floor(seen.last / pageRows);
  const pages = useQueries({
    queries: Array.from({ length: lastPage - firstPage + 1 }, (_, offset) => pageQuery(firstPage + offset)),
  });
  const look = useCallback((first: number, last: number) => setSeen({ first, last }), []);

  if (head.error) return <Notice tone="bad">{`${label} could not be read. ${head.error.message}`}</Notice>;
  if (head.data?.total === 0) return empty;

  function rowAt(index: number): Row | undefined {
    const page = Math.floor(index / pageRows);
    const within = index % pageRows;
    return page === 0 ? head.data?.rows[within] : pages[page - firstPage]?.data?.rows[within];
  }

  async function exportAll() {
    try {
      const rows: Row[] = [];
      for (let more = true; more; ) {
        setExported(rows.length);
        const page = await load({ offset: rows.length, limit: exportRows, filter: wanted, order });
        rows.push(...page.rows);
        more = page.rows.length > 0 && rows.length < page.count;
      }
      exportCsv(label, columns, rows);
    } catch {
      toast({ tone: "bad", text: `${label} could not be exported.`, hint: "Try again in a moment." });
    } finally {
      setExported(undefined);
    }
  }

  return (
    <TableFrame
      label={label}
      columns={columns}
      filter={filter}
      onFilter={(text) => {
        setFilter(text);
        setSeen({ first: 0, last: 0 });
      }}
      order={order}
      onOrder={(next) => {
        setOrder(next);
        void client.cancelQueries({ queryKey });
      }}
      count={head.data?.count}
      total={head.data?.total}
      rowAt={rowAt}
      rowKey={rowKey}
      onVisible={look}
      onExport={() => void exportAll()}
      exporting={exported === undefined ? undefined : exported.toLocaleString("en")}
    />
  );
}
