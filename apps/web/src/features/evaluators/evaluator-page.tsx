"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Field, Input, Select } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { toast } from "../../ui/toast.tsx";
import { ConfirmByName } from "../service/confirm-by-name.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { CalibrationLine } from "./calibration-line.tsx";
import { firstSpec, kinds, nameOfKind } from "./kinds.ts";
import { SpecFields } from "./spec-fields.tsx";
import { TryOut } from "./try-out.tsx";
import type { Evaluator, Spec } from "./types.ts";

/** One evaluator: what it says, tried out beside it. Without a name, a new one. */
export function EvaluatorPage({ name }: { readonly name?: string }) {
  const trpc = useTRPC();
  const list = useQuery(trpc.evaluators.list.queryOptions(undefined, { enabled: name !== undefined }));
  const choices = useQuery(trpc.evaluations.choices.queryOptions());
  const known = list.data?.evaluators.find((one) => one.name === name);
  const failed = list.error ?? choices.error;
  const refusal = failed ? problemOf(failed) : undefined;
  const missing = name !== undefined && list.data !== undefined && known === undefined;
  return (
    <Page
      name="Evaluators"
      answer={name ?? "How should answers be judged?"}
      note={known ? nameOfKind(known.spec.kind) : undefined}
      actions={<ButtonLink href="/evaluators">All evaluators</ButtonLink>}
    >
      {refusal || missing ? (
        <Notice tone="bad" hint={refusal?.hint ?? "The list of evaluators shows what there is."}>
          {refusal?.message ?? `There is no evaluator ${name}.`}
        </Notice>
      ) : null}
      {choices.data && (name === undefined || known) ? (
        <Editor key={known?.updatedAt ?? "new"} known={known} models={choices.data.models.map((one) => one.name)} />
      ) : refusal || missing ? null : (
        <Skeleton className="h-64" />
      )}
    </Page>
  );
}

function Editor({ known, models }: { readonly known: Evaluator | undefined; readonly models: readonly string[] }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const router = useRouter();
  const { may } = useSession();
  const [name, setName] = useState(known?.name ?? "");
  const [description, setDescription] = useState(known?.description ?? "");
  const [spec, setSpec] = useState<Spec>(known?.spec ?? firstSpec("judge", models[0] ?? ""));
  const [removing, setRemoving] = useState(false);
  const kept = async (text: string) => {
    await Promise.all([
      client.invalidateQueries(trpc.evaluators.pathFilter()),
      client.invalidateQueries(trpc.evaluations.choices.queryFilter()),
    ]);
    toast({ tone: "good", text });
  };
  const create = useMutation(
    trpc.evaluators.create.mutationOptions({
      onSuccess: async (made) => {
        await kept(`${made.name} is kept.`);
        router.push(`/evaluators/${made.name}`);
      },
    }),
  );
  const update = useMutation(
    trpc.evaluators.update.mutationOptions({ onSuccess: ({ name: which }) => kept(`${which} is changed.`) }),
  );
  const remove = useMutation(
    trpc.evaluators.remove.mutationOptions({
      onSuccess: async () => {
        await kept(`${known?.name} is removed.`);
        router.push("/evaluators");
      },
    }),
  );
  const calibrations = useQuery(trpc.evaluators.calibrations.queryOptions()).data?.calibrations ?? [];
  const own = calibrations.filter(({ evaluator }) => evaluator === known?.name);
  const failed = create.error ?? update.error;
  const refusal = failed ? problemOf(failed) : undefined;
  const write = may("evaluations:write");
  const what = kinds.find(({ kind }) => kind === spec.kind)?.what;
  const save = () => {
    if (known === undefined) create.mutate({ name: name.trim(), description, spec });
    else update.mutate({ id: known.id, description, spec, updatedAt: known.updatedAt });
  };
  return (
    <>
      {own.map((one) => (
        <CalibrationLine key={`${one.evaluation} ${one.candidate}`} calibration={one} />
      ))}
      <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_360px]">
        <Panel title="What counts">
          <form
            className="grid gap-4"
            onSubmit={(event) => {
              event.preventDefault();
              save();
            }}
          >
            <div className="grid items-start gap-4 sm:grid-cols-2">
              <Field
                label="Name"
                hint="Small letters, digits and hyphens"
                {...(refusal?.fields.name && { problem: refusal.fields.name })}
              >
                {(control) => (
                  <Input
                    {...control}
                    required
                    disabled={known !== undefined}
                    placeholder="kind-and-short"
                    value={name}
                    onChange={({ target }) => setName(target.value)}
                  />
                )}
              </Field>
              <Field label="Judged by" hint={what}>
                {(control) => (
                  <Select
                    {...control}
                    value={spec.kind}
                    onChange={({ target }) => {
                      const next = kinds.find(({ kind }) => kind === target.value);
                      if (next) setSpec(firstSpec(next.kind, models[0] ?? ""));
                    }}
                  >
                    {kinds.map((one) => (
                      <option key={one.kind} value={one.kind}>
                        {one.name}
                      </option>
                    ))}
                  </Select>
                )}
              </Field>
            </div>
            <SpecFields key={spec.kind} spec={spec} models={models} onChange={setSpec} />
            <Field label="What it is for" hint="For whoever chooses it">
              {(control) => (
                <Input {...control} value={description} onChange={({ target }) => setDescription(target.value)} />
              )}
            </Field>
            {refusal ? (
              <Notice tone="bad" hint={refusal.hint}>
                {refusal.message}
              </Notice>
            ) : null}
            {write ? (
              <div className="flex flex-wrap gap-2">
                <Button kind="primary" type="submit" disabled={create.isPending || update.isPending}>
                  {known === undefined ? "Keep this evaluator" : "Save"}
                </Button>
                {known === undefined ? null : (
                  <Button kind="quiet" onClick={() => setRemoving(true)}>
                    <Trash2 /> Remove
                  </Button>
                )}
              </div>
            ) : null}
          </form>
        </Panel>
        {write ? <TryOut spec={spec} /> : null}
      </div>
      {removing && known ? (
        <ConfirmByName
          name={known.name}
          title={`Remove ${known.name}`}
          description="Evaluations that used it keep what it said; guards that name it refuse every move from then on."
          action="Remove it"
          pending={remove.isPending}
          refusal={remove.error ? problemOf(remove.error) : undefined}
          onConfirm={() => remove.mutate({ id: known.id })}
          onClose={() => setRemoving(false)}
        />
      ) : null}
    </>
  );
}
