import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./class-names.ts";

export interface EmptyStateProps {
  readonly icon: LucideIcon;
  /** What is missing, or what this place is for. */
  readonly title: string;
  /** How to fill it, in a sentence or two. */
  readonly children: ReactNode;
  readonly action?: ReactNode;
  readonly className?: string;
}

/** Nothing here yet: says what belongs here and how it gets here. */
export function EmptyState({ icon: Icon, title, children, action, className }: EmptyStateProps) {
  return (
    <div className={cx("grid justify-items-center gap-3 px-6 py-12 text-center", className)}>
      <span className="grid size-9 place-items-center rounded-lg border border-line bg-canvas text-ink-3">
        <Icon aria-hidden className="size-4" strokeWidth={1.75} />
      </span>
      <div className="grid max-w-[44ch] gap-1">
        <p className="font-medium text-md">{title}</p>
        <div className="text-ink-2">{children}</div>
      </div>
      {action ? <div className="mt-1 flex flex-wrap justify-center gap-2">{action}</div> : null}
    </div>
  );
}
