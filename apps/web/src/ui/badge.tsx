import type { ReactNode } from "react";
import { cx } from "./class-names.ts";

export type Tone = "neutral" | "accent" | "good" | "warn" | "bad";

const tones: Record<Tone, string> = {
  neutral: "bg-hover text-ink-2",
  accent: "bg-accent-soft text-accent",
  good: "bg-good-soft text-good",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
};

const dots: Record<Tone, string> = {
  neutral: "bg-ink-3",
  accent: "bg-accent",
  good: "bg-good",
  warn: "bg-warn",
  bad: "bg-bad",
};

export function Badge({ tone = "neutral", children }: { readonly tone?: Tone; readonly children: ReactNode }) {
  return (
    <span className={cx("inline-flex h-5 items-center gap-1 rounded-xs px-1.5 font-medium text-2xs", tones[tone])}>
      {children}
    </span>
  );
}

export interface StatusProps {
  readonly tone: Tone;
  /** The state in a word or two: colour never says it alone. */
  readonly children: ReactNode;
  /** Breathes while something is under way. */
  readonly busy?: boolean;
}

export function Status({ tone, busy, children }: StatusProps) {
  return (
    <span className="inline-flex items-center gap-2 whitespace-nowrap">
      <span aria-hidden className={cx("size-1.5 rounded-full", dots[tone], busy && "animate-pulse-soft")} />
      {children}
    </span>
  );
}
