"use client";

import { useQuery } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { useOverview } from "../service/use-overview.ts";
import { CreateKeyDialog } from "./create-key-dialog.tsx";
import { EditKeyDialog } from "./edit-key-dialog.tsx";
import { keyColumns } from "./key-columns.tsx";
import { KeyMadeDialog } from "./key-made-dialog.tsx";
import { type ApiKey, inOrder, keysAnswer } from "./key-state.ts";
import { RevokeKeyDialog } from "./revoke-key-dialog.tsx";

type Open =
  | { readonly what: "create" }
  | { readonly what: "made"; readonly secret: string; readonly key: ApiKey }
  | { readonly what: "edit" | "revoke"; readonly key: ApiKey };

/** "Last used" follows by itself. */
const everyMs = 10_000;

export function KeysPage() {
  const trpc = useTRPC();
  const { may } = useSession();
  const list = useQuery(trpc.keys.list.queryOptions(undefined, { refetchInterval: everyMs }));
  const projects = useQuery(trpc.projects.list.queryOptions({ archived: true })).data?.projects ?? [];
  const overview = useOverview().data;
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);

  const now = Date.now();
  const keys = list.data?.keys;
  const models = overview?.state === "up" ? overview.models : [];
  // A key may be held to an alias or an upstream's model as well.
  const named = overview?.state === "up" ? overview.named : [];
  const modelNames = [...models, ...named].map(({ id }) => id);
  const current = projects.filter(({ archivedAt }) => archivedAt === null);
  const writes = may("keys:write");
  const create = writes ? (
    <Button
      kind="primary"
      data-tour="create-key"
      disabled={current.length === 0}
      onClick={() => setOpen({ what: "create" })}
    >
      <Plus /> Create a key
    </Button>
  ) : null;
  const refusal = list.error ? problemOf(list.error) : undefined;

  return (
    <Page
      name="Keys"
      answer={keys ? keysAnswer(keys, now) : "Which keys open the API?"}
      note="A key lets a program of yours call the API. Each has its own permissions, models and limits."
      actions={keys && keys.length > 0 ? create : null}
    >
      {refusal ? (
        <Notice tone="bad" hint={refusal.hint}>
          {refusal.message}
        </Notice>
      ) : null}
      {keys ? (
        <Panel padded={false}>
          <DataTable
            label="Keys"
            rows={inOrder(keys, now)}
            columns={keyColumns({
              now,
              projectName:
                projects.length > 1 ? (id) => projects.find((project) => project.id === id)?.name ?? "" : undefined,
              onEdit: writes ? (key) => setOpen({ what: "edit", key }) : undefined,
              onRevoke: writes ? (key) => setOpen({ what: "revoke", key }) : undefined,
            })}
            rowKey={(key) => key.id}
            empty={
              <EmptyState icon={KeyRound} title="No keys yet" action={create}>
                A program that calls the API shows a key. Create one for each program, so that you can limit or revoke
                it alone; you get a first request as curl, Python and TypeScript to paste.
              </EmptyState>
            }
          />
        </Panel>
      ) : refusal ? null : (
        <Panel>
          <div className="grid gap-3">
            {["a", "b", "c"].map((row) => (
              <Skeleton key={row} className="h-8" />
            ))}
          </div>
        </Panel>
      )}
      {open?.what === "create" ? (
        <CreateKeyDialog
          projects={current}
          models={modelNames}
          onMade={(made) => setOpen({ what: "made", ...made })}
          onClose={close}
        />
      ) : null}
      {open?.what === "made" ? (
        <KeyMadeDialog
          secret={open.secret}
          apiKey={open.key}
          models={models}
          apiUrl={overview?.apiUrl ?? ""}
          onClose={close}
        />
      ) : null}
      {open?.what === "edit" ? (
        <EditKeyDialog apiKey={open.key} projects={projects} models={modelNames} onClose={close} />
      ) : null}
      {open?.what === "revoke" ? <RevokeKeyDialog apiKey={open.key} onClose={close} /> : null}
    </Page>
  );
}
