"use client";

import { Status } from "../../ui/badge.tsx";
import { RequestError } from "../service/request.ts";
import { reportSignedOut } from "../service/signed-out.ts";
import { useOverview } from "../service/use-overview.ts";

/** One line at the foot of the navigation: is the service there, on what does it run. */
export function ServiceLine() {
  const { data, error } = useOverview();
  if (error instanceof RequestError && error.status === 401) {
    return (
      <div className="px-1 text-xs">
        <Status tone="warn">Session ended</Status>
        <button
          type="button"
          onClick={() => reportSignedOut("act")}
          className="mt-0.5 block cursor-pointer rounded-xs pl-3.5 text-ink-2 underline underline-offset-2 focus-ring"
        >
          Sign in again
        </button>
      </div>
    );
  }
  if (error || data?.state === "down") {
    return (
      <div className="px-1 text-xs">
        <Status tone="bad">{error ? "Console unreachable" : "Service down"}</Status>
      </div>
    );
  }
  if (!data) return <div className="h-8" />;
  const loading = data.models.some((model) => model.state === "loading");
  return (
    <div className="grid px-1 text-xs">
      <Status tone={loading ? "warn" : "good"} busy={loading}>
        {loading ? "Loading a model" : "Service healthy"}
      </Status>
      <span className="truncate pl-3.5 text-ink-3" title={data.device?.name}>
        {data.device?.name.split(",")[0] ?? data.apiUrl}
      </span>
    </div>
  );
}
