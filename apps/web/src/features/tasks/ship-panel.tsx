"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/code-block.tsx";
import { Field, Select } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { useOverview } from "../service/use-overview.ts";
import type { Report, TaskDetail } from "./types.ts";
import { broken } from "./words.ts";

/** The next action: which plan serves, for how many requests; and how it is called. */
export function ShipPanel({ report, task }: { readonly task: TaskDetail; readonly report: Report }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { may } = useSession();
  const apiUrl = useOverview().data?.apiUrl ?? "";
  const plans = report.entries.filter(({ plan }) => plan !== null);
  const [chosen, setChosen] = useState<number>();
  const [share, setShare] = useState(100);
  const [shadow, setShadow] = useState(false);
  const [release] = task.releases;
  const entry = plans.find(({ plan }) => plan === chosen) ?? plans[0];
  const ship = useMutation(
    trpc.tasks.ship.mutationOptions({
      onSuccess: ({ plan, share, task: name }) =>
        toast({
          tone: "good",
          text: shadow
            ? `Plan ${plan} is asked too for ${share} % of ${name}; nobody sees its answers.`
            : share < 100
              ? `Plan ${plan} serves ${share} % of ${name} now.`
              : `Plan ${plan} serves ${name} now.`,
        }),
      onSettled: () => client.invalidateQueries({ queryKey: trpc.tasks.pathKey() }),
    }),
  );
  if (entry === undefined) return null;
  const refusal = ship.error ? problemOf(ship.error) : undefined;
  const serves = release !== undefined && release.plan === entry.plan && release.share === 100 && !release.shadow;
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (entry?.plan == null) return;
    ship.mutate({ name: task.name, plan: entry.plan, share, shadow, anyway: !entry.figures.meets });
  }
  return (
    <Panel title={release === undefined ? "Ship" : "Serving"} note={`model: task:${task.name}`}>
      <div className="grid gap-3">
        {entry.figures.meets ? null : (
          <Notice tone="warn" hint={report.advice.join(" ")}>
            {entry === report.entries[0]
              ? report.sentence
              : `It misses ${broken(entry.figures, report.measure).join(", ")}.`}
          </Notice>
        )}
        {may("tasks:write") ? (
          <form onSubmit={submit} className="flex flex-wrap items-end gap-3">
            <Field label="Plan" className="min-w-0 grow">
              {(control) => (
                <Select
                  {...control}
                  value={entry.plan ?? ""}
                  onChange={(event) => setChosen(Number(event.currentTarget.value))}
                >
                  {plans.map(({ name, plan }) => (
                    <option key={plan} value={plan ?? ""}>
                      {plan}: {name}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
            {release === undefined ? null : (
              <Field label="Requests">
                {(control) => (
                  <Select
                    {...control}
                    value={shadow ? `shadow ${share}` : share}
                    onChange={({ currentTarget: { value } }) => {
                      setShadow(value.startsWith("shadow"));
                      setShare(Number(value.replace("shadow ", "")));
                    }}
                  >
                    {[100, 50, 10, 1].map((part) => (
                      <option key={part} value={part}>
                        {part} %
                      </option>
                    ))}
                    {[50, 10].map((part) => (
                      <option key={part} value={`shadow ${part}`}>
                        {part} % in the shadow
                      </option>
                    ))}
                  </Select>
                )}
              </Field>
            )}
            <Button
              kind={entry.figures.meets && !serves ? "primary" : "secondary"}
              type="submit"
              disabled={ship.isPending || serves}
            >
              {serves ? "Serves" : entry.figures.meets ? "Ship" : "Ship all the same"}
            </Button>
          </form>
        ) : null}
        {refusal ? (
          <Notice tone="bad" hint={refusal.hint}>
            {refusal.message}
          </Notice>
        ) : null}
        {release === undefined ? null : (
          <CodeBlock what="curl command" code={curlOf(apiUrl, task)} wrap className="rounded-md border border-line" />
        )}
      </div>
    </Panel>
  );
}

function curlOf(apiUrl: string, { examples, name }: TaskDetail): string {
  const content = examples.preview[0]?.input ?? "your text";
  const body = JSON.stringify({ model: `task:${name}`, messages: [{ role: "user", content }] });
  return `curl ${apiUrl}/v1/chat/completions \\\n  -H "Authorization: Bearer $TUGBOAT_API_KEY" \\\n  -H "Content-Type: application/json" \\\n  -d '${body.replaceAll("'", "'\\''")}'`;
}
