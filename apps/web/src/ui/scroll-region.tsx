import type { ComponentProps } from "react";

export interface ScrollRegionProps extends ComponentProps<"section"> {
  /** What scrolls here; read aloud. */
  readonly label: string;
}

/** A part of a page that scrolls by itself, and so must be reachable by keyboard. */
export function ScrollRegion({ label, children, ...rest }: ScrollRegionProps) {
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys scroll only what has the focus.
      tabIndex={0}
      {...rest}
    >
      {children}
    </section>
  );
}
