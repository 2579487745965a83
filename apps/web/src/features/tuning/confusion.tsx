import { cx } from "../../ui/class-names.ts";
import { Panel } from "../../ui/panel.tsx";
import { ScrollRegion } from "../../ui/scroll-region.tsx";

export interface ConfusionProps {
  readonly labels: readonly string[];
  /** `[expected][answered]` */
  readonly counts: readonly (readonly number[])[];
}

/** What was taken for what. */
export function Confusion({ counts, labels }: ConfusionProps) {
  return (
    <Panel title="What it takes for what" note="rows: the right answer; columns: its answer">
      <ScrollRegion label="Confusion" className="focus-ring overflow-x-auto">
        <table className="text-right tabular-nums">
          <thead className="text-ink-3 text-xs">
            <tr>
              <th className="sr-only">Right answer</th>
              {labels.map((label) => (
                <th key={label} className="max-w-28 truncate px-3 py-1 font-medium">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {labels.map((label, row) => (
              <tr key={label}>
                <th className="max-w-40 truncate py-1 pr-3 text-left font-normal text-ink-2">{label}</th>
                {labels.map((other, column) => {
                  const count = counts[row]?.[column] ?? 0;
                  const look =
                    count === 0 ? "text-ink-3" : row === column ? "bg-good-soft text-good" : "bg-bad-soft text-bad";
                  return (
                    <td key={other} className={cx("border border-line px-3 py-1", look)}>
                      {count}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </Panel>
  );
}
