"use client";

import { diffLines, diffWordsWithSpace } from "diff";
import { useRef } from "react";
import { cx } from "./class-names.ts";
import { plural } from "./format.ts";
import { ScrollRegion } from "./scroll-region.tsx";
import { type DiffLine, diffView, sideBySide } from "./text-diff-view.ts";
import { useElementWidth } from "./use-element-width.ts";

export interface TextDiffProps {
  readonly before: string;
  readonly after: string;
  /** What is compared: "prompt, version 3 and 4". */
  readonly label: string;
}

const looks = {
  same: { row: "", mark: " ", said: "" },
  removed: { row: "bg-bad-soft", mark: "−", said: "Removed: " },
  added: { row: "bg-good-soft", mark: "+", said: "Added: " },
} as const;

/** Narrower than this, the two texts stand in one column. In CSS pixels. */
const roomForTwo = 680;

/**
 * Two texts, beside each other where there is room, else line by line; the words that differ are marked within lines that
 * were changed. Sign and colour say the same.
 */
export function TextDiff({ before, after, label }: TextDiffProps) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useElementWidth(frame);
  const lines = diffView(diffLines(before, after), diffWordsWithSpace);
  return (
    <div ref={frame} className="min-w-0">
      {before === after ? (
        <p className="px-4 py-6 text-center text-ink-2">There is no difference.</p>
      ) : (
        <Difference lines={lines} label={label} isWide={width >= roomForTwo} />
      )}
    </div>
  );
}

interface DifferenceProps {
  readonly lines: readonly DiffLine[];
  readonly label: string;
  readonly isWide: boolean;
}

function Difference({ isWide, label, lines }: DifferenceProps) {
  const count = (kind: DiffLine["kind"]) => lines.filter((line) => line.kind === kind).length;
  return (
    <>
      <p className="border-line border-b px-4 py-2 text-ink-3 text-xs">
        {plural(count("added"), "line")} added, {plural(count("removed"), "line")} removed
      </p>
      <ScrollRegion label={label} className="max-h-[420px] overflow-auto focus-ring">
        {isWide ? (
          <ol className="grid grid-cols-2 py-2 font-mono text-xs leading-5">
            {sideBySide(lines).map((row) => (
              <li key={row.key} className="col-span-2 grid grid-cols-subgrid">
                <Half line={row.before} />
                <Half line={row.after} repeats={row.after?.kind === "same"} />
              </li>
            ))}
          </ol>
        ) : (
          <ol className="w-max min-w-full py-2 font-mono text-xs leading-5">
            {lines.map((line) => (
              <li key={line.key} className={cx("flex whitespace-pre px-4", looks[line.kind].row)}>
                <Line line={line} />
              </li>
            ))}
          </ol>
        )}
      </ScrollRegion>
    </>
  );
}

/** One side of a row. What stands on both is read aloud once. */
function Half({ line, repeats = false }: { readonly line: DiffLine | undefined; readonly repeats?: boolean }) {
  return (
    <span
      aria-hidden={repeats || line === undefined}
      className={cx(
        "flex min-w-0 whitespace-pre-wrap px-4 [overflow-wrap:anywhere]",
        line === undefined ? "bg-canvas" : looks[line.kind].row,
      )}
    >
      {line ? <Line line={line} /> : null}
    </span>
  );
}

function Line({ line }: { readonly line: DiffLine }) {
  return (
    <>
      <span aria-hidden className="w-5 shrink-0 select-none text-ink-3">
        {looks[line.kind].mark}
      </span>
      <span className="min-w-0">
        <span className="sr-only">{looks[line.kind].said}</span>
        {line.words.map(({ changed, key, text }) =>
          changed ? (
            <mark
              key={key}
              className={cx(
                "rounded-xs bg-transparent font-semibold underline underline-offset-2",
                line.kind === "added" ? "text-good" : "text-bad",
              )}
            >
              {text}
            </mark>
          ) : (
            <span key={key}>{text}</span>
          ),
        )}
      </span>
    </>
  );
}
