import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./class-names.ts";

export interface NoticeProps {
  readonly tone: "neutral" | "warn" | "bad";
  /** What happened, as a sentence. */
  readonly children: ReactNode;
  /** What to do about it. */
  readonly hint?: ReactNode;
  readonly action?: ReactNode;
  readonly className?: string;
}

const looks = {
  neutral: { frame: "border-line bg-hover", ink: "text-ink-2", icon: Info },
  warn: { frame: "border-warn/25 bg-warn-soft", ink: "text-warn", icon: TriangleAlert },
  bad: { frame: "border-bad/25 bg-bad-soft", ink: "text-bad", icon: CircleAlert },
} as const;

/** Something the reader should know, in place. Errors are announced. */
export function Notice({ tone, children, hint, action, className }: NoticeProps) {
  const { frame, ink, icon: Icon } = looks[tone];
  return (
    <div
      role={tone === "bad" ? "alert" : undefined}
      className={cx("flex items-start gap-2.5 rounded-md border px-3 py-2", frame, className)}
    >
      <Icon aria-hidden className={cx("mt-[3px] size-3.5 shrink-0", ink)} />
      <div className="min-w-0 grow">
        <p className="break-words font-medium">{children}</p>
        {hint ? <p className="text-ink-2">{hint}</p> : null}
      </div>
      {action}
    </div>
  );
}
