"use client";

import { diffLines, diffWordsWithSpace } from "diff";
import { cx } from "./class-names.ts";
import { plural } from "./format.ts";
import { ScrollRegion } from "./scroll-region.tsx";
import { type DiffLine, diffView } from "./text-diff-view.ts";

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

/** Two texts, line by line, the words that differ marked within lines that were changed. Sign and colour say the same. */
export function TextDiff({ before, after, label }: TextDiffProps) {
  const lines = diffView(diffLines(before, after), diffWordsWithSpace);
  const count = (kind: DiffLine["kind"]) => lines.filter((line) => line.kind === kind).length;
  if (before === after) return <p className="px-4 py-6 text-center text-ink-2">There is no difference.</p>;
  return (
    <div className="min-w-0">
      <p className="border-line border-b px-4 py-2 text-ink-3 text-xs">
        {plural(count("added"), "line")} added, {plural(count("removed"), "line")} removed
      </p>
      <ScrollRegion label={label} className="max-h-[420px] overflow-auto focus-ring">
        <ol className="w-max min-w-full py-2 font-mono text-xs leading-5">
          {lines.map((line) => (
            <li key={line.key} className={cx("flex px-4 whitespace-pre", looks[line.kind].row)}>
              <span aria-hidden className="w-5 shrink-0 select-none text-ink-3">
                {looks[line.kind].mark}
              </span>
              <span>
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
            </li>
          ))}
        </ol>
      </ScrollRegion>
    </div>
  );
}
