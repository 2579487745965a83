"use client";

import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp, Columns3, Download, Search } from "lucide-react";
import * as Radix from "radix-ui/dropdown-menu";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { Button } from "./button.tsx";
import { cx } from "./class-names.ts";
import { plural } from "./format.ts";
import { ScrollRegion } from "./scroll-region.tsx";
import { nextOrder, type TableOrder, type ValueColumn } from "./table-view.ts";

export interface Column<Row> extends ValueColumn<Row> {
  readonly header: string;
  /** How the cell looks; the value itself when left out. */
  readonly cell?: (row: Row) => ReactNode;
  readonly numeric?: boolean;
  /** Hidden on narrow screens; it stays in the export. */
  readonly wide?: boolean;
  /** Holds something to do with the row: it has no value to sort, filter or export by. */
  readonly action?: boolean;
  /** Not shown until it is chosen. */
  readonly optional?: boolean;
}

export interface TableFrameProps<Row> {
  /** Names the table, and the file it exports to. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly filter: string;
  readonly onFilter: (filter: string) => void;
  readonly order: TableOrder | undefined;
  readonly onOrder: (order: TableOrder | undefined) => void;
  /** Rows that match, and rows there are; undefined while they are not known. */
  readonly count: number | undefined;
  readonly total: number | undefined;
  /** Undefined for a row that is not here yet. */
  readonly rowAt: (index: number) => Row | undefined;
  readonly rowKey: (row: Row) => string;
  /** Told which rows are looked at. */
  readonly onVisible?: (first: number, last: number) => void;
  readonly onExport: () => void;
  /** What the export does now, in a word or two. */
  readonly exporting?: string | undefined;
}

const rowPx = 44;
/** Above so many rows only those in sight are drawn. */
const drawnAtOnce = 200;

/** The looks and the keyboard of every table; where its rows come from is its caller's. */
export function TableFrame<Row>(props: TableFrameProps<Row>) {
  const { columns, count = 0, label, onOrder, onVisible, order, rowAt, rowKey } = props;
  const scroller = useRef<HTMLElement>(null);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(
    () => new Set(columns.filter(({ optional }) => optional).map(({ id }) => id)),
  );
  const shown = columns.filter(({ id }) => !hidden.has(id));
  const virtual = count > drawnAtOnce;
  const virtualizer = useVirtualizer({
    count: virtual ? count : 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 12,
  });
  const items = virtualizer.getVirtualItems();
  const first = virtual ? (items[0]?.index ?? 0) : 0;
  const last = virtual ? (items.at(-1)?.index ?? -1) : count - 1;
  useEffect(() => {
    if (last >= first) onVisible?.(first, last);
  }, [first, last, onVisible]);
  const below = virtual ? (count - 1 - last) * rowPx : 0;
  return (
    <div className="min-w-0">
      <Toolbar {...props} hidden={hidden} onHidden={setHidden} />
      <ScrollRegion
        ref={scroller}
        label={label}
        className={cx("overflow-x-auto focus-ring", virtual && "max-h-[560px] overflow-y-auto")}
      >
        <table
          aria-rowcount={virtual ? count + 1 : undefined}
          className={cx("w-full border-collapse text-left", virtual && "min-w-[760px] table-fixed")}
        >
          <thead className={virtual ? "sticky top-0 z-10 bg-surface" : undefined}>
            <tr className="border-line border-b">
              {shown.map((column) => (
                <Heading
                  key={column.id}
                  column={column}
                  order={order}
                  onSort={() => onOrder(nextOrder(order, column.id))}
                />
              ))}
            </tr>
          </thead>
          <tbody>
            {first > 0 ? <Spacer height={first * rowPx} columns={shown.length} /> : null}
            {Array.from({ length: Math.max(0, last - first + 1) }, (_, offset) => {
              const index = first + offset;
              const row = rowAt(index);
              return (
                <tr
                  key={row === undefined ? `row ${index}` : rowKey(row)}
                  aria-rowindex={virtual ? index + 2 : undefined}
                  className="border-line border-b transition-colors last:border-b-0 hover:bg-hover"
                >
                  {shown.map((column) => (
                    <td
                      key={column.id}
                      className={cx("h-11 px-4 py-1.5 whitespace-nowrap", virtual && "truncate", edges(column))}
                    >
                      {row === undefined ? <span className="text-ink-3">…</span> : <Cell column={column} row={row} />}
                    </td>
                  ))}
                </tr>
              );
            })}
            {below > 0 ? <Spacer height={below} columns={shown.length} /> : null}
          </tbody>
        </table>
      </ScrollRegion>
      {props.count === 0 ? <p className="px-4 py-8 text-center text-ink-2">Nothing matches “{props.filter}”.</p> : null}
    </div>
  );
}

function Cell<Row>({ column, row }: { readonly column: Column<Row>; readonly row: Row }) {
  return column.cell ? column.cell(row) : (column.value(row) ?? <span className="text-ink-3">–</span>);
}

/** Stands for the rows that are out of sight. */
function Spacer({ height, columns }: { readonly height: number; readonly columns: number }) {
  return (
    <tr aria-hidden>
      <td colSpan={columns} style={{ height, padding: 0 }} />
    </tr>
  );
}

interface ToolbarProps<Row> extends TableFrameProps<Row> {
  readonly hidden: ReadonlySet<string>;
  readonly onHidden: (hidden: ReadonlySet<string>) => void;
}

function Toolbar<Row>(props: ToolbarProps<Row>) {
  const { columns, count, exporting, filter, hidden, label, onExport, onFilter, onHidden, total } = props;
  const choosable = columns.filter(({ action }) => !action);
  return (
    <div className="flex items-center gap-2 border-line border-b px-3 py-2">
      <span className="flex min-w-0 grow items-center gap-2">
        <Search aria-hidden className="size-3.5 shrink-0 text-ink-3" />
        <input
          type="search"
          value={filter}
          onChange={(event) => onFilter(event.currentTarget.value)}
          aria-label={`Filter ${label.toLowerCase()}`}
          placeholder={`Filter ${label.toLowerCase()}`}
          className="control-h-sm control-text w-full min-w-0 rounded-sm bg-transparent outline-none focus-ring"
        />
      </span>
      <span className="whitespace-nowrap text-ink-3 text-xs" aria-live="polite">
        {count === undefined || total === undefined ? "…" : counted(count, total)}
      </span>
      <Radix.Root modal={false}>
        <Radix.Trigger asChild>
          <Button kind="quiet" size="sm" aria-label={`Columns of ${label.toLowerCase()}`}>
            <Columns3 />
            <span className="max-sm:hidden">Columns</span>
          </Button>
        </Radix.Trigger>
        <Radix.Portal>
          <Radix.Content
            align="end"
            sideOffset={4}
            collisionPadding={8}
            className="z-40 min-w-44 animate-rise rounded-lg bg-raised p-1 shadow-raised"
          >
            {choosable.map(({ header, id }) => (
              <Radix.CheckboxItem
                key={id}
                checked={!hidden.has(id)}
                // A table without any column would have no way back.
                disabled={!hidden.has(id) && choosable.length - hidden.size <= 1}
                onSelect={(event) => event.preventDefault()}
                onCheckedChange={(shown) => onHidden(withOrWithout(hidden, id, !shown))}
                className="flex h-8 cursor-default select-none items-center gap-2.5 rounded-sm px-2 outline-none data-[disabled]:opacity-45 data-[highlighted]:bg-hover"
              >
                <span aria-hidden className="w-3.5 text-accent">
                  {hidden.has(id) ? "" : "✓"}
                </span>
                {header}
              </Radix.CheckboxItem>
            ))}
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
      <Button kind="quiet" size="sm" disabled={exporting !== undefined} onClick={onExport}>
        <Download /> {exporting ?? "CSV"}
      </Button>
    </div>
  );
}

function counted(count: number, total: number): string {
  return count === total ? count.toLocaleString("en") : `${count.toLocaleString("en")} of ${plural(total, "row")}`;
}

function withOrWithout(set: ReadonlySet<string>, id: string, present: boolean): ReadonlySet<string> {
  const next = new Set(set);
  if (present) next.add(id);
  else next.delete(id);
  return next;
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
