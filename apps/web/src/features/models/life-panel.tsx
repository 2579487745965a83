"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Field, Input, Select } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { useUpstreamModels } from "../upstreams/upstream-models.tsx";

const stages = { preview: "Preview", active: "Active", deprecated: "Deprecated" } as const;
type Stage = keyof typeof stages;

function isStage(value: string): value is Stage {
  return value in stages;
}

/** Where a model stands in its life: a preview, active, or to be replaced. */
export function LifePanel({ name }: { readonly name: string }) {
  const trpc = useTRPC();
  const { may } = useSession();
  const query = useQuery(trpc.models.lives.queryOptions());
  const life = query.data?.lives.find((one) => one.name === name);
  if (query.data === undefined) return null;
  return (
    <>
      {life?.sentence ? (
        <Notice
          tone="warn"
          hint={
            life.stage === "deprecated"
              ? "It goes on answering, and its answers say so. Nothing new is planned with it; aliases with a guard follow to its successor once that is shown to be no worse."
              : undefined
          }
        >
          {life.sentence}
        </Notice>
      ) : null}
      {may("models:write") ? (
        <Panel title="Life" note="what its users are told">
          <LifeForm
            key={`${life?.stage} ${life?.sunsetAt} ${life?.successor}`}
            name={name}
            stage={life?.stage ?? "active"}
            sunset={life?.sunsetAt?.slice(0, 10) ?? ""}
            successor={life?.successor ?? ""}
          />
        </Panel>
      ) : null}
    </>
  );
}

interface LifeFormProps {
  readonly name: string;
  readonly stage: Stage;
  /** A day, or nothing. */
  readonly sunset: string;
  readonly successor: string;
}

function LifeForm(props: LifeFormProps) {
  const { name } = props;
  const trpc = useTRPC();
  const client = useQueryClient();
  const models = useQuery(trpc.models.list.queryOptions()).data?.models ?? [];
  const elsewhere = useUpstreamModels();
  const [stage, setStage] = useState(props.stage);
  const [sunset, setSunset] = useState(props.sunset);
  const [successor, setSuccessor] = useState(props.successor);
  const save = useMutation(
    trpc.models.setLife.mutationOptions({
      onError: (error) => toast({ tone: "bad", text: problemOf(error).message }),
      onSettled: () => client.invalidateQueries({ queryKey: trpc.models.pathKey() }),
    }),
  );
  const isSame = stage === props.stage && sunset === props.sunset && successor === props.successor;
  const names = [...models, ...elsewhere].map((one) => one.name).filter((one) => one !== name);
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const sunsetAt = sunset === "" ? null : new Date(`${sunset}T00:00:00Z`).toISOString();
    save.mutate({ name, stage, sunsetAt, successor: successor === "" ? null : successor });
  }
  return (
    <form onSubmit={submit} className="flex flex-wrap items-end gap-3">
      <Field label="Stage">
        {(control) => (
          <Select
            {...control}
            value={stage}
            onChange={({ currentTarget: { value } }) => setStage(isStage(value) ? value : "active")}
          >
            {Object.entries(stages).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {stage === "deprecated" ? (
        <>
          <Field label="Ends on">
            {(control) => (
              <Input
                {...control}
                type="date"
                value={sunset}
                onChange={(event) => setSunset(event.currentTarget.value)}
              />
            )}
          </Field>
          <Field label="Replaced by">
            {(control) => (
              <Select {...control} value={successor} onChange={(event) => setSuccessor(event.currentTarget.value)}>
                <option value="">nobody has said</option>
                {names.map((one) => (
                  <option key={one} value={one}>
                    {one}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        </>
      ) : null}
      <Button type="submit" disabled={isSame || save.isPending}>
        Save
      </Button>
    </form>
  );
}
