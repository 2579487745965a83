/** A value a column sorts, filters and exports by. `undefined` is unknown and always sorts last. */
export type CellValue = string | number | undefined;

export interface TableOrder {
  readonly column: string;
  readonly direction: "ascending" | "descending";
}

export interface ValueColumn<Row> {
  readonly id: string;
  readonly value: (row: Row) => CellValue;
}

/** The rows to show: those in which every word of `filter` occurs in some column, in the order asked for. */
export function viewRows<Row>(
  rows: readonly Row[],
  columns: readonly ValueColumn<Row>[],
  filter: string,
  order: TableOrder | undefined,
): readonly Row[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const kept = words.length
    ? rows.filter((row) => {
        const text = columns
          .map((column) => column.value(row) ?? "")
          .join(" ")
          .toLowerCase();
        return words.every((word) => text.includes(word));
      })
    : [...rows];
  const column = order && columns.find(({ id }) => id === order.column);
  if (!column || !order) return kept;
  const sign = order.direction === "ascending" ? 1 : -1;
  return kept.sort((a, b) => compare(column.value(a), column.value(b), sign));
}

const natural = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

function compare(a: CellValue, b: CellValue, sign: number): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  if (typeof a === "number" && typeof b === "number") return sign * (a - b);
  return sign * natural.compare(String(a), String(b));
}

/** What a click on a heading asks for next: ascending, descending, then the rows' own order. */
export function nextOrder(order: TableOrder | undefined, column: string): TableOrder | undefined {
  if (order?.column !== column) return { column, direction: "ascending" };
  return order.direction === "ascending" ? { column, direction: "descending" } : undefined;
}
