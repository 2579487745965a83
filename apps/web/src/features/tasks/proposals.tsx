"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowRight } from "lucide-react";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Panel } from "../../ui/panel.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { reasonText } from "./words.ts";

const everyMs = 5000;

/** Better plans that were found without being asked for: what waits for a person's yes. */
export function Proposals({ task }: { readonly task?: string }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { may } = useSession();
  const query = useQuery(
    trpc.tasks.proposals.queryOptions(undefined, { refetchInterval: everyMs, enabled: may("tasks:read") }),
  );
  const settled = {
    onError: (error: unknown) => toast({ tone: "bad", text: problemOf(error).message }),
    onSettled: () => client.invalidateQueries({ queryKey: trpc.tasks.pathKey() }),
  };
  const ship = useMutation(
    trpc.tasks.ship.mutationOptions({
      ...settled,
      onSuccess: ({ plan, task }) => toast({ tone: "good", text: `Plan ${plan} serves ${task} now.` }),
    }),
  );
  const dismiss = useMutation(trpc.tasks.dismiss.mutationOptions(settled));
  const open = (query.data?.proposals ?? []).filter((one) => task === undefined || one.task === task);
  return open.map((one) => (
    <Panel
      key={one.id}
      title={`A better plan for ${one.task}`}
      note={reasonText(one)}
      actions={
        task === undefined ? (
          <ButtonLink size="sm" kind="quiet" href={`/tasks/${one.task}`}>
            Look <ArrowRight />
          </ButtonLink>
        ) : null
      }
    >
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="min-w-0 max-w-[72ch] break-words">{one.sentence}</p>
        {may("tasks:write") && one.plan !== null ? (
          <div className="flex flex-wrap gap-2">
            <Button
              kind="primary"
              disabled={ship.isPending}
              onClick={() => ship.mutate({ name: one.task, plan: one.plan ?? 0, anyway: true, note: reasonText(one) })}
            >
              Ship plan {one.plan}
            </Button>
            <Button
              disabled={ship.isPending}
              onClick={() =>
                ship.mutate({ name: one.task, plan: one.plan ?? 0, share: 10, anyway: true, note: reasonText(one) })
              }
            >
              To 10 % first
            </Button>
            <Button kind="quiet" disabled={dismiss.isPending} onClick={() => dismiss.mutate({ planning: one.id })}>
              Dismiss
            </Button>
          </div>
        ) : null}
      </div>
    </Panel>
  ));
}
