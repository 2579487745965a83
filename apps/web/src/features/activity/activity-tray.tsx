"use client";

import { Activity } from "lucide-react";
import Link from "next/link";
import * as Popover from "radix-ui/popover";
import { useState } from "react";
import { ButtonLink } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { plural } from "../../ui/format.ts";
import { useSession } from "../service/session.tsx";
import { useJobs } from "./activity.tsx";
import { isAtWork, type Job } from "./job.ts";
import { JobView } from "./job-view.tsx";

const SHOWN = 6;
const look =
  "control-h flex w-full items-center gap-2 rounded-md px-1 text-xs text-ink-2 transition-colors focus-ring hover:bg-hover hover:text-ink";

/** At the foot of the navigation: what goes on in the background, and how the last of it ended. */
export function ActivityTray() {
  const { may } = useSession();
  const jobs = useJobs();
  const [open, setOpen] = useState(false);
  if (!may("jobs:read") || jobs.length === 0) return null;
  const atWork = jobs.filter(isAtWork);
  const shown = [...atWork, ...jobs.filter((job) => !isAtWork(job))].slice(0, SHOWN);
  return (
    <>
      <Link href="/activity" className={cx(look, "lg:hidden")}>
        <Line jobs={jobs} atWork={atWork.length} />
      </Link>
      <Popover.Root open={open} onOpenChange={setOpen}>
        <Popover.Trigger className={cx(look, "max-lg:hidden")}>
          <Line jobs={jobs} atWork={atWork.length} />
        </Popover.Trigger>
        <Popover.Portal>
          <Popover.Content
            aria-label="Activity"
            side="right"
            align="end"
            sideOffset={12}
            collisionPadding={12}
            className="z-40 grid max-h-[70vh] w-[340px] animate-rise overflow-y-auto rounded-lg bg-raised shadow-raised"
          >
            <ul className="grid divide-y divide-line px-4">
              {shown.map((job) => (
                <li key={job.id} className="py-3">
                  <JobView job={job} />
                </li>
              ))}
            </ul>
            <div className="border-line border-t p-2 text-right">
              <ButtonLink href="/activity" kind="quiet" size="sm">
                All activity
              </ButtonLink>
            </div>
          </Popover.Content>
        </Popover.Portal>
      </Popover.Root>
    </>
  );
}

function Line({ jobs, atWork }: { readonly jobs: readonly Job[]; readonly atWork: number }) {
  const failed = jobs[0]?.state === "failed";
  return (
    <>
      <Activity aria-hidden className={cx("size-3.5", atWork > 0 && "animate-pulse-soft text-accent")} />
      {atWork > 0 ? `${plural(atWork, "job")} at work` : failed ? "The last job failed" : "Nothing in the background"}
    </>
  );
}
