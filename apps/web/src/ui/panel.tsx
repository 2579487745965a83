import type { ReactNode } from "react";
import { cx } from "./class-names.ts";

export interface PanelProps {
  readonly title?: string;
  readonly note?: ReactNode;
  readonly actions?: ReactNode;
  readonly className?: string;
  /** Set to false when the content brings its own edges, as a table does. */
  readonly padded?: boolean;
  /** What the guided tour calls it. */
  readonly tour?: string;
  readonly children: ReactNode;
}

/** A plane of its own for one subject. */
export function Panel({ title, note, actions, className, padded = true, tour, children }: PanelProps) {
  return (
    <section data-tour={tour} className={cx("min-w-0 rounded-lg border border-line bg-surface shadow-card", className)}>
      {title ? (
        <header className="flex min-h-11 items-center justify-between gap-3 border-line border-b px-4 py-1.5">
          <div className="flex min-w-0 flex-wrap items-baseline gap-x-2.5">
            <h2 className="font-medium text-sm">{title}</h2>
            {note ? <span className="text-ink-3 text-xs">{note}</span> : null}
          </div>
          {actions ? <div className="flex items-center gap-1.5">{actions}</div> : null}
        </header>
      ) : null}
      <div className={padded ? "p-4" : undefined}>{children}</div>
    </section>
  );
}

export interface FactsProps {
  readonly facts: readonly { readonly name: string; readonly value: ReactNode }[];
  readonly className?: string;
}

/** Names and values in two aligned columns. */
export function Facts({ facts, className }: FactsProps) {
  return (
    <dl className={cx("grid grid-cols-[max-content_minmax(0,1fr)] gap-x-6 gap-y-2", className)}>
      {facts.map(({ name, value }) => (
        <div key={name} className="contents">
          <dt className="text-ink-3">{name}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
