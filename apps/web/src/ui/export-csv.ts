import { toCsv } from "./csv.ts";
import type { ValueColumn } from "./table-view.ts";

interface ExportedColumn<Row> extends ValueColumn<Row> {
  readonly header: string;
  readonly action?: boolean;
}

/** Saves rows as a file named after their table. Every column that holds a value is in it, shown or not. */
export function exportCsv<Row>(label: string, columns: readonly ExportedColumn<Row>[], rows: readonly Row[]): void {
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
