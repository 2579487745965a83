"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { LiveRun } from "./live-run.tsx";
import { ReportView } from "./report-view.tsx";
import { isUnderWay, outcomeOf } from "./run-state.ts";
import type { RunDetail } from "./types.ts";

const everyMs = 1500;

export function RunPage({ id }: { readonly id: string }) {
  const trpc = useTRPC();
  const { may } = useSession();
  const query = useQuery(
    trpc.tuning.get.queryOptions(
      { id },
      { refetchInterval: ({ state }) => (state.data === undefined || isUnderWay(state.data) ? everyMs : false) },
    ),
  );
  const run = query.data;
  const refusal = query.error ? problemOf(query.error) : undefined;
  return (
    <Page
      name="Tuning"
      answer={run ? answerOf(run) : "Is the tuned model better?"}
      note={run ? `${run.name}: ${run.model} on ${run.examples} examples` : undefined}
      actions={run && isUnderWay(run) && may("tuning:write") ? <StopButton run={run} /> : null}
    >
      {refusal ? (
        <Notice tone="bad" hint={refusal.hint}>
          {refusal.message}
        </Notice>
      ) : null}
      {run ? (
        <>
          {run.error ? (
            isUnderWay(run) ? (
              <Notice tone="warn" hint={`What happened: ${run.error}`}>
                The run was interrupted; it goes on by itself where it was.
              </Notice>
            ) : (
              <Notice tone={run.state === "failed" ? "bad" : "warn"} hint={run.hint}>
                {run.error}
              </Notice>
            )
          ) : null}
          {run.report ? <ReportView run={run} report={run.report} /> : <LiveRun run={run} />}
        </>
      ) : refusal ? null : (
        <Panel>
          <Skeleton className="h-40" />
        </Panel>
      )}
    </Page>
  );
}

function answerOf(run: RunDetail): string {
  if (run.report) return run.report.sentence;
  if (isUnderWay(run)) return run.stopAsked ? "Ending with the best so far." : "Still learning.";
  return `The run has ${outcomeOf(run).text}.`;
}

function StopButton({ run }: { readonly run: RunDetail }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const keeps = run.progress?.trials.some(({ rungs }) => rungs.length > 0) ?? false;
  const cancel = useMutation(
    trpc.tuning.cancel.mutationOptions({
      onSuccess: (answer) =>
        toast({ tone: "good", text: answer.keeps ? "It ends with the best so far." : "The run is cancelled." }),
      onError: (error) => toast({ tone: "bad", text: problemOf(error).message }),
      onSettled: () => client.invalidateQueries({ queryKey: trpc.tuning.pathKey() }),
    }),
  );
  return (
    <Button disabled={cancel.isPending || run.stopAsked} onClick={() => cancel.mutate({ id: run.id })}>
      {keeps ? "End with the best so far" : "Cancel"}
    </Button>
  );
}
