import type { ComponentProps } from "react";
import { cx } from "./class-names.ts";

export interface ScrollRegionProps extends ComponentProps<"section"> {
  /** What scrolls here; read aloud. */
  readonly label: string;
}

/** A part of a page that scrolls by itself, and so must be reachable by keyboard. */
export function ScrollRegion({ label, className, children, ...rest }: ScrollRegionProps) {
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys scroll only what has the focus.
      tabIndex={0}
      // Positioned, so that what is visually hidden inside scrolls along instead of widening the page.
      className={cx("relative", className)}
      {...rest}
    >
      {children}
    </section>
  );
}
