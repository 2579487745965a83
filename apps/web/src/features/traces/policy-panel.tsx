"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Field, Input, Select } from "../../ui/field.tsx";
import { plural } from "../../ui/format.ts";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { Switch } from "../../ui/switch.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";

/** What of requests is kept, and for how long: in general, or by a project's own policy. */
export function PolicyPanel() {
  const { may } = useSession();
  const trpc = useTRPC();
  const policies = useQuery(trpc.traces.policy.queryOptions());
  const projects = useQuery(trpc.projects.list.queryOptions());
  const [project, setProject] = useState("");
  const mayWrite = may("traces:write");
  const policy = policies.data && (policies.data.projects[project] ?? policies.data.usual);
  const own = policies.data?.projects[project] !== undefined;
  return (
    <Panel title="What is kept" note={policy ? inWords(policy) : undefined}>
      {policy === undefined ? (
        <Skeleton className="h-24" />
      ) : (
        <div className="grid gap-4">
          <Field label="Of" hint={project !== "" && !own ? "It follows the general policy." : undefined}>
            {(control) => (
              <Select
                {...control}
                className="max-w-72"
                value={project}
                onChange={(event) => setProject(event.currentTarget.value)}
              >
                <option value="">Everything, in general</option>
                {projects.data?.projects.map(({ id, name }) => (
                  <option key={id} value={id}>
                    Project {name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <PolicyForm
            key={`${project} ${JSON.stringify(policy)}`}
            policy={policy}
            project={project}
            own={own}
            disabled={!mayWrite}
          />
        </div>
      )}
    </Panel>
  );
}

interface Policy {
  readonly bodiesPercent: number;
  readonly redact: boolean;
  readonly retentionDays: number;
}

interface PolicyFormProps {
  readonly policy: Policy;
  readonly project: string;
  readonly own: boolean;
  readonly disabled: boolean;
}

function PolicyForm({ disabled, own, policy, project }: PolicyFormProps) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const [draft, setDraft] = useState(policy);
  const save = useMutation(
    trpc.traces.setPolicy.mutationOptions({
      onSuccess: async () => {
        await client.invalidateQueries({ queryKey: trpc.traces.policy.queryKey() });
        toast({ tone: "good", text: "What is kept has changed, from the next request on." });
      },
      onError: (error) => toast({ tone: "bad", text: problemOf(error).message }),
    }),
  );
  const of = project === "" ? null : project;
  const number = (name: "bodiesPercent" | "retentionDays") => (event: FormEvent<HTMLInputElement>) =>
    setDraft({ ...draft, [name]: event.currentTarget.valueAsNumber || 0 });
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ project: of, policy: draft });
      }}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Texts are kept of" aside="% of requests" hint="Figures and steps are kept of all.">
          {(control) => (
            <Input
              {...control}
              type="number"
              min={0}
              max={100}
              required
              disabled={disabled}
              value={draft.bodiesPercent}
              onChange={number("bodiesPercent")}
            />
          )}
        </Field>
        <Field label="Deleted after" aside="days" hint="Figures and steps too; usage stays.">
          {(control) => (
            <Input
              {...control}
              type="number"
              min={1}
              max={400}
              required
              disabled={disabled}
              value={draft.retentionDays}
              onChange={number("retentionDays")}
            />
          )}
        </Field>
      </div>
      <Switch
        label="Replace personal data"
        hint="E-mail addresses, phone and card numbers, before anything is stored."
        checked={draft.redact}
        disabled={disabled}
        onChange={(redact) => setDraft({ ...draft, redact })}
      />
      {disabled ? null : (
        <div className="flex gap-2">
          <Button type="submit" disabled={save.isPending || JSON.stringify(draft) === JSON.stringify(policy)}>
            Save
          </Button>
          {own ? (
            <Button kind="quiet" disabled={save.isPending} onClick={() => save.mutate({ project, policy: null })}>
              Follow the general policy
            </Button>
          ) : null}
        </div>
      )}
    </form>
  );
}

function inWords({ bodiesPercent, redact, retentionDays }: Policy): string {
  const texts =
    bodiesPercent === 0 ? "no texts" : `${bodiesPercent} % of texts${redact ? ", personal data replaced" : ""}`;
  return `${texts}, for ${plural(retentionDays, "day")}`;
}
