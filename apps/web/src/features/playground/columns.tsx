"use client";

import { type ReactNode, useRef, useState } from "react";
import { cx } from "../../ui/class-names.ts";

export interface ColumnsProps {
  readonly columns: readonly { readonly id: string; readonly model: string; readonly content: ReactNode }[];
}

/** Columns side by side; where only one fits, they are swiped, and a row of names leads to each. */
export function Columns({ columns }: ColumnsProps) {
  const row = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState(0);
  return (
    <>
      {columns.length > 1 ? (
        <nav aria-label="Columns" className="flex shrink-0 overflow-x-auto border-line border-b px-2 lg:hidden">
          {columns.map(({ id, model }, at) => (
            <button
              key={id}
              type="button"
              aria-current={at === current ? "true" : undefined}
              onClick={() => row.current?.children[at]?.scrollIntoView({ inline: "start", block: "nearest" })}
              className={cx(
                "h-10 min-w-0 flex-1 truncate border-b-2 px-2 font-medium text-xs focus-ring",
                at === current ? "border-ink text-ink" : "border-transparent text-ink-3",
              )}
            >
              {at + 1} {model}
            </button>
          ))}
        </nav>
      ) : null}
      <div
        ref={row}
        onScroll={({ currentTarget: { scrollLeft, clientWidth } }) => {
          setCurrent(Math.min(columns.length - 1, Math.round(scrollLeft / Math.max(1, clientWidth))));
        }}
        className="relative flex min-h-0 grow snap-x snap-mandatory divide-x divide-line overflow-x-auto lg:snap-none"
      >
        {columns.map(({ content }) => content)}
      </div>
    </>
  );
}
