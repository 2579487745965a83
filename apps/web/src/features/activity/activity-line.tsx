import { Activity } from "lucide-react";
import { cx } from "../../ui/class-names.ts";
import { plural } from "../../ui/format.ts";
import { isAtWork, type Job } from "./job.ts";

export const trayLook =
  "control-h flex w-full items-center gap-2 rounded-md px-1 text-xs text-ink-2 transition-colors focus-ring hover:bg-hover hover:text-ink";

/** What goes on, in a few words. */
export function ActivityLine({ jobs }: { readonly jobs: readonly Job[] }) {
  const atWork = jobs.filter(isAtWork).length;
  const failed = jobs[0]?.state === "failed";
  return (
    <>
      <Activity aria-hidden className={cx("size-3.5", atWork > 0 && "animate-pulse-soft text-accent")} />
      {atWork > 0 ? `${plural(atWork, "job")} at work` : failed ? "The last job failed" : "Nothing in the background"}
    </>
  );
}
