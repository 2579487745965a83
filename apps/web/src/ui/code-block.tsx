"use client";

import { cx } from "./class-names.ts";
import { CopyButton } from "./copy-button.tsx";
import { ScrollRegion } from "./scroll-region.tsx";

export interface CodeBlockProps {
  readonly code: string;
  /** What it is, for the copy button and for screen readers: "curl command". */
  readonly what: string;
  readonly wrap?: boolean;
  readonly className?: string;
}

/** Code as it is meant to be pasted, scrollable by keyboard. */
export function CodeBlock({ code, what, wrap, className }: CodeBlockProps) {
  return (
    <div className={cx("relative min-w-0 rounded-b-lg bg-surface pr-11", className)}>
      <ScrollRegion label={what} className="max-h-[420px] overflow-auto rounded-bl-lg focus-ring">
        <pre
          className={cx(
            "w-max min-w-full p-4 font-mono text-ink-2 text-xs leading-5",
            wrap && "w-full whitespace-pre-wrap break-words",
          )}
        >
          <code>{code}</code>
        </pre>
      </ScrollRegion>
      <div className="absolute top-2 right-2">
        <CopyButton text={code} what={what} />
      </div>
    </div>
  );
}
