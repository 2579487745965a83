"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Facts, Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { toast } from "../../ui/toast.tsx";
import { dayOf } from "../audit/moment.ts";
import { problemOf, useTRPC } from "../service/trpc.tsx";

export function OrganizationPanel({ mayWrite }: { readonly mayWrite: boolean }) {
  const trpc = useTRPC();
  const { data, error } = useQuery(trpc.organization.get.queryOptions());
  return (
    <Panel title="Organization">
      {error ? <Notice tone="bad">{problemOf(error).message}</Notice> : null}
      {data ? (
        <div className="grid gap-4">
          {mayWrite ? <NameForm name={data.name} updatedAt={data.updatedAt} /> : null}
          <Facts
            facts={[
              ...(mayWrite ? [] : [{ name: "Name", value: data.name }]),
              { name: "Since", value: dayOf(data.createdAt) },
              {
                name: "Id",
                value: (
                  <span className="flex items-center gap-1">
                    <code className="min-w-0 truncate font-mono text-xs">{data.id}</code>
                    <span className="-my-1">
                      <CopyButton text={data.id} what="organization id" />
                    </span>
                  </span>
                ),
              },
            ]}
          />
        </div>
      ) : error ? null : (
        <Skeleton className="h-20" />
      )}
    </Panel>
  );
}

interface NameFormProps {
  readonly name: string;
  readonly updatedAt: string;
}

function NameForm({ name, updatedAt }: NameFormProps) {
  // What was typed stays when somebody else renames it meanwhile.
  const [typed, setTyped] = useState<string>();
  const trpc = useTRPC();
  const client = useQueryClient();
  const { mutate, isPending, error, reset } = useMutation(
    trpc.organization.rename.mutationOptions({
      onSuccess: (organization) => {
        client.setQueryData(trpc.organization.get.queryKey(), organization);
        setTyped(undefined);
        toast({ tone: "good", text: `The organization is now called ${organization.name}.` });
        return client.invalidateQueries({ queryKey: trpc.session.me.queryKey() });
      },
      onError: () => client.invalidateQueries({ queryKey: trpc.organization.get.queryKey() }),
    }),
  );
  const refusal = error ? problemOf(error) : undefined;
  const conflict = refusal?.code === "conflict";

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    mutate({ name: typed ?? name, updatedAt });
  }
  return (
    <form onSubmit={submit} noValidate className="grid gap-3">
      <Field label="Name" problem={conflict ? undefined : (refusal?.fields.name ?? refusal?.message)}>
        {(control) => (
          <span className="flex gap-2">
            <Input
              {...control}
              name="name"
              autoComplete="off"
              value={typed ?? name}
              onChange={(event) => {
                setTyped(event.currentTarget.value);
                if (refusal && !conflict) reset();
              }}
            />
            <Button type="submit" disabled={isPending || typed === undefined || typed === name}>
              {isPending ? "Saving" : "Rename"}
            </Button>
          </span>
        )}
      </Field>
      {conflict ? (
        <Notice
          tone="warn"
          hint={`It is called “${name}” now. Rename again to call it “${typed}” after all.`}
          action={
            <Button
              kind="quiet"
              size="sm"
              onClick={() => {
                setTyped(undefined);
                reset();
              }}
            >
              Keep theirs
            </Button>
          }
        >
          {refusal.message}
        </Notice>
      ) : null}
    </form>
  );
}
