import type { ReactNode } from "react";
import { cx } from "./class-names.ts";
import type { Figure } from "./format.ts";
import { Skeleton } from "./skeleton.tsx";

export interface StatProps {
  readonly label: string;
  /** `undefined` while it loads, `null` when there is nothing to show yet. */
  readonly figure: Figure | undefined | null;
  /** What it is compared with, or over what time it was taken. */
  readonly note?: ReactNode;
  readonly chart?: ReactNode;
  readonly className?: string;
}

/** One figure with its unit and what it is measured against. */
export function Stat({ label, figure, note, chart, className }: StatProps) {
  return (
    <div className={cx("flex min-w-0 flex-col gap-1", className)}>
      <dt className="truncate text-ink-3 text-xs">{label}</dt>
      <dd className="flex min-w-0 grow flex-col gap-1">
        <span className="flex items-baseline gap-1 font-medium text-xl tracking-[-0.015em]">
          {figure === undefined ? <Skeleton className="my-1 h-5 w-16" /> : null}
          {figure === null ? <span className="text-ink-3">–</span> : null}
          {figure ? (
            <>
              {figure.value}
              {figure.unit ? (
                <span className="font-normal text-ink-3 text-sm tracking-normal">{figure.unit}</span>
              ) : null}
            </>
          ) : null}
        </span>
        {note ? <span className="text-ink-3 text-xs">{note}</span> : null}
        {chart ? <span className="mt-auto block pt-1">{chart}</span> : null}
      </dd>
    </div>
  );
}
