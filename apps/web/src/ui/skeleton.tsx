import { cx } from "./class-names.ts";

/** A place held for something that is on its way. Give it the size of what will come, so that nothing jumps. */
export function Skeleton({ className }: { readonly className?: string }) {
  return <span aria-hidden className={cx("block animate-pulse-soft rounded-sm bg-pressed", className)} />;
}
