"use client";

import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import { Badge } from "../../ui/badge.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { readable } from "./example-text.ts";
import type { Example } from "./types.ts";

const rowHeight = 53;

export interface ExampleRowsProps {
  readonly examples: readonly Example[];
  readonly isLoading: boolean;
  readonly onOpen: (example: Example) => void;
  /** The last of them came near. */
  readonly onEnd: () => void;
}

/** A list of which only what is seen is on the page. */
export function ExampleRows({ examples, isLoading, onEnd, onOpen }: ExampleRowsProps) {
  const frame = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: examples.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  const visible = rows.getVirtualItems();
  const last = visible.at(-1)?.index ?? 0;
  useEffect(() => {
    if (examples.length > 0 && last >= examples.length - 40) onEnd();
  }, [examples.length, last, onEnd]);
  if (isLoading) {
    return (
      <div className="grid gap-2 border-line border-t p-4">
        {["a", "b", "c", "d"].map((row) => (
          <Skeleton key={row} className="h-9" />
        ))}
      </div>
    );
  }
  return (
    <div ref={frame} className="max-h-[62vh] overflow-y-auto border-line border-t">
      <ul aria-label="Examples" className="relative" style={{ height: rows.getTotalSize() }}>
        {visible.map(({ index, start }) => {
          const example = examples[index];
          if (example === undefined) return null;
          const { expected, input, position, split, tags } = example;
          return (
            <li
              key={example.id}
              className="absolute inset-x-0 top-0 border-line border-b"
              style={{ height: rowHeight, transform: `translateY(${start}px)` }}
            >
              <button
                type="button"
                onClick={() => onOpen(example)}
                className="focus-ring grid size-full grid-cols-[52px_minmax(0,1fr)] items-center gap-x-3 px-4 text-left hover:bg-hover sm:grid-cols-[72px_minmax(0,2fr)_minmax(0,1fr)_150px]"
              >
                <span className="text-ink-3 text-xs tabular-nums">{position.toLocaleString("en")}</span>
                <span className="min-w-0 sm:contents">
                  <span className="line-clamp-1 break-words sm:line-clamp-2">{readable(input)}</span>
                  <span className="line-clamp-1 break-words text-ink-2 sm:line-clamp-2">
                    {readable(expected) || "no answer yet"}
                  </span>
                </span>
                <span className="hidden min-w-0 justify-end gap-1 overflow-hidden sm:flex">
                  {tags.slice(0, 2).map((tag) => (
                    <Badge key={tag}>{tag}</Badge>
                  ))}
                  {split ? <Badge tone={split === "test" ? "good" : "neutral"}>{split}</Badge> : null}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
