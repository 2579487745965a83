"use client";

import { useQuery } from "@tanstack/react-query";
import { Badge } from "../../ui/badge.tsx";
import { bytes, written } from "../../ui/format.ts";
import { Panel } from "../../ui/panel.tsx";
import { useTRPC } from "../service/trpc.tsx";

const everyMs = 5000;

/** What computes: this machine, or the engines of other machines that have joined. */
export function DevicesPanel() {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.deployments.devices.queryOptions(undefined, { refetchInterval: everyMs }));
  if (data === undefined) return null;
  return (
    <Panel title="Devices" note="what computes; models are measured again when one joins" padded={false}>
      <ul>
        {data.devices.map(({ address, device, memoryBytes, name, threads }) => (
          <li
            key={address ?? "here"}
            className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1 border-line border-b px-4 py-2.5 last:border-b-0"
          >
            <span className="flex min-w-0 flex-wrap items-baseline gap-x-2">
              <span className="break-words font-medium">{name ?? "an engine that tells nothing of itself"}</span>
              {address === null ? <Badge>this machine</Badge> : <code className="text-ink-2 text-xs">{address}</code>}
            </span>
            <span className="text-ink-2 text-xs tabular-nums">
              {[
                device,
                threads === null ? undefined : `${threads} threads`,
                memoryBytes === null ? undefined : written(bytes(memoryBytes)),
              ]
                .filter((one) => one !== undefined && one !== null)
                .join(" · ")}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
