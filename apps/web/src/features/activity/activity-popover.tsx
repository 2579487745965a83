"use client";

import * as Popover from "radix-ui/popover";
import { ButtonLink } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { ActivityLine, trayLook } from "./activity-line.tsx";
import { isAtWork, type Job } from "./job.ts";
import { JobView } from "./job-view.tsx";

const SHOWN = 6;

/** The last jobs, beside the navigation. It opens as it comes: it is loaded when somebody asked for it. */
export function ActivityPopover({ jobs }: { readonly jobs: readonly Job[] }) {
  const shown = [...jobs.filter(isAtWork), ...jobs.filter((job) => !isAtWork(job))].slice(0, SHOWN);
  return (
    <Popover.Root defaultOpen>
      <Popover.Trigger className={cx(trayLook, "max-lg:hidden")}>
        <ActivityLine jobs={jobs} />
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
  );
}
