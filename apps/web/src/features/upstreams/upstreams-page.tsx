"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, Server } from "lucide-react";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { SettingsNav } from "../settings/settings-nav.tsx";
import { RemoveUpstreamDialog } from "./remove-upstream-dialog.tsx";
import type { Upstream } from "./types.ts";
import { UpstreamDialog } from "./upstream-dialog.tsx";
import { UpstreamRow } from "./upstream-row.tsx";
import { upstreamsAnswer } from "./upstreams-answer.ts";

type Open = { readonly act: "create" } | { readonly act: "edit" | "remove"; readonly upstream: Upstream };

/** How each does follows by itself. */
const everyMs = 5000;

export function UpstreamsPage() {
  const trpc = useTRPC();
  const { may } = useSession();
  const { data, error } = useQuery(trpc.upstreams.list.queryOptions(undefined, { refetchInterval: everyMs }));
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const { enable, test, testing } = useActs();
  const writes = may("upstreams:write");
  const upstreams = data?.upstreams;
  const refusal = error ? problemOf(error) : undefined;
  const add = writes ? (
    <Button kind="primary" onClick={() => setOpen({ act: "create" })}>
      <Plus /> Add an upstream
    </Button>
  ) : null;
  return (
    <Page
      name="Settings"
      answer={upstreams ? upstreamsAnswer(upstreams) : "Which other servers answer here?"}
      note="Models of other servers, behind the same keys, aliases and limits."
      actions={upstreams && upstreams.length > 0 ? add : null}
    >
      <SettingsNav />
      {refusal ? (
        <Notice tone="bad" hint={refusal.hint}>
          {refusal.message}
        </Notice>
      ) : null}
      <Panel title="Upstreams" padded={false}>
        {upstreams?.length === 0 ? (
          <EmptyState icon={Server} title="No upstreams yet" action={add}>
            Connect a server that speaks OpenAI's API, such as vLLM, llama-server or a hosted one. Its models appear
            beside your own, and an alias can lead to them.
          </EmptyState>
        ) : null}
        {upstreams === undefined && !refusal ? <Skeleton className="m-4 h-14" /> : null}
        <ul>
          {upstreams?.map((upstream) => (
            <UpstreamRow
              key={upstream.id}
              upstream={upstream}
              acts={
                writes
                  ? {
                      testing: testing === upstream.id,
                      onTest: () => test(upstream),
                      onEdit: () => setOpen({ act: "edit", upstream }),
                      onRemove: () => setOpen({ act: "remove", upstream }),
                      onEnable: (enabled) => enable(upstream, enabled),
                    }
                  : undefined
              }
            />
          ))}
        </ul>
      </Panel>
      {open?.act === "create" ? <UpstreamDialog onMade={test} onClose={close} /> : null}
      {open?.act === "edit" ? <UpstreamDialog upstream={open.upstream} onClose={close} /> : null}
      {open?.act === "remove" ? <RemoveUpstreamDialog upstream={open.upstream} onClose={close} /> : null}
    </Page>
  );
}

function useActs() {
  const trpc = useTRPC();
  const client = useQueryClient();
  const onSettled = () => client.invalidateQueries({ queryKey: trpc.upstreams.pathKey() });
  const onError = (cause: unknown) =>
    toast({ tone: "bad", text: problemOf(cause).message, hint: problemOf(cause).hint });
  const test = useMutation(
    trpc.upstreams.test.mutationOptions({
      onSuccess: ({ name, testMessage, testOk }) =>
        toast({
          tone: testOk ? "good" : "bad",
          text: testOk ? `${name} works.` : `${name} does not work yet.`,
          hint: testMessage ?? undefined,
        }),
      onError,
      onSettled,
    }),
  );
  const update = useMutation(
    trpc.upstreams.update.mutationOptions({
      onSuccess: ({ enabled, name }) =>
        toast({ tone: "good", text: enabled ? `${name} is used.` : `${name} is switched off.` }),
      onError,
      onSettled,
    }),
  );
  return {
    testing: test.isPending ? test.variables.id : undefined,
    test: ({ id }: Upstream) => test.mutate({ id }),
    enable: ({ id, updatedAt }: Upstream, enabled: boolean) => update.mutate({ id, updatedAt, enabled }),
  };
}
