"use client";

import Link from "next/link";
import { lazy, Suspense, useState } from "react";
import { cx } from "../../ui/class-names.ts";
import { useSession } from "../service/session.tsx";
import { useJobs } from "./activity.tsx";
import { ActivityLine, trayLook } from "./activity-line.tsx";

const ActivityPopover = lazy(() =>
  import("./activity-popover.tsx").then((module) => ({ default: module.ActivityPopover })),
);

/** At the foot of the navigation: what goes on in the background, and how the last of it ended. */
export function ActivityTray() {
  const { may } = useSession();
  const jobs = useJobs();
  const [asked, setAsked] = useState(false);
  if (!may("jobs:read") || jobs.length === 0) return null;
  const closed = (
    <button
      type="button"
      aria-haspopup="dialog"
      aria-expanded={false}
      onClick={() => setAsked(true)}
      className={cx(trayLook, "max-lg:hidden")}
    >
      <ActivityLine jobs={jobs} />
    </button>
  );
  return (
    <>
      <Link href="/activity" className={cx(trayLook, "lg:hidden")}>
        <ActivityLine jobs={jobs} />
      </Link>
      {asked ? (
        <Suspense fallback={closed}>
          <ActivityPopover jobs={jobs} />
        </Suspense>
      ) : (
        closed
      )}
    </>
  );
}
