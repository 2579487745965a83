"use client";

import { useQuery } from "@tanstack/react-query";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { AliasesPanel } from "./aliases-panel.tsx";
import { deploymentsAnswer } from "./answer.ts";
import { DevicesPanel } from "./devices-panel.tsx";
import { ServedPanel } from "./served-panel.tsx";

/** What runs and how full it is follows by itself. */
const everyMs = 2000;

export function DeploymentsPage() {
  const trpc = useTRPC();
  const { may } = useSession();
  const aliases = useQuery(trpc.aliases.list.queryOptions(undefined, { refetchInterval: everyMs }));
  const deployments = useQuery(trpc.deployments.list.queryOptions(undefined, { refetchInterval: everyMs }));
  const error = aliases.error ?? deployments.error;
  const refusal = error ? problemOf(error) : undefined;
  const isThere = aliases.data !== undefined && deployments.data !== undefined;
  return (
    <Page
      name="Deployments & aliases"
      answer={
        isThere
          ? deploymentsAnswer(aliases.data.aliases, deployments.data.deployments)
          : "What serves what, and how full is it?"
      }
      note="Programs name an alias; you decide which model answers."
    >
      {refusal ? (
        <Notice tone="bad" hint={refusal.hint}>
          {refusal.message}
        </Notice>
      ) : null}
      {isThere ? (
        <>
          <AliasesPanel aliases={aliases.data.aliases} mayWrite={may("aliases:write")} />
          <ServedPanel deployments={deployments.data.deployments} mayWrite={may("deployments:write")} />
          <DevicesPanel />
        </>
      ) : refusal ? null : (
        <Panel>
          <div className="grid gap-3">
            {["a", "b", "c"].map((row) => (
              <Skeleton key={row} className="h-10" />
            ))}
          </div>
        </Panel>
      )}
    </Page>
  );
}
