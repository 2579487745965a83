"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/code-block.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { useOverview } from "../service/use-overview.ts";
import type { Report, RunDetail } from "./types.ts";

/** The next action: behind which name it serves. What the gate holds back needs a word of the person. */
export function ShipPanel({ report, run }: { readonly run: RunDetail; readonly report: Report }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { may } = useSession();
  const apiUrl = useOverview().data?.apiUrl ?? "";
  const [alias, setAlias] = useState(run.name);
  const ship = useMutation(
    trpc.tuning.ship.mutationOptions({
      onSettled: () => client.invalidateQueries({ queryKey: trpc.aliases.pathKey() }),
    }),
  );
  const { passed, reasons } = report.gate;
  const refusal = ship.error ? problemOf(ship.error) : undefined;
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    ship.mutate({ id: run.id, alias, anyway: !passed });
  }
  return (
    <Panel title="Ship" note={run.tunedModel ?? undefined}>
      <div className="grid gap-3">
        {reasons.map((reason) => (
          <Notice key={reason} tone="warn">
            {reason}
          </Notice>
        ))}
        {may("tuning:write") ? (
          <form onSubmit={submit} className="flex flex-wrap items-end gap-3">
            <Field label="Alias that programs name" className="min-w-48">
              {(control) => (
                <Input {...control} value={alias} onChange={(event) => setAlias(event.currentTarget.value)} />
              )}
            </Field>
            <Button
              kind={passed ? "primary" : "secondary"}
              type="submit"
              disabled={ship.isPending || alias.trim() === ""}
            >
              {passed ? "Ship" : "Ship all the same"}
            </Button>
          </form>
        ) : null}
        {refusal ? (
          <Notice tone="bad" hint={refusal.hint}>
            {refusal.message}
          </Notice>
        ) : null}
        {ship.data ? (
          <div className="grid gap-2">
            <p>
              {ship.data.alias} serves {ship.data.model} now. Ask it with the same words as it was taught:
            </p>
            <CodeBlock what="curl command" code={curlOf(apiUrl, ship.data.alias, report.prompt)} />
            <div>
              <ButtonLink size="sm" href="/deployments">
                See it, or roll back
              </ButtonLink>
            </div>
          </div>
        ) : null}
      </div>
    </Panel>
  );
}

function curlOf(apiUrl: string, model: string, prompt: string): string {
  const content = prompt.replace("{{text}}", "your text");
  const body = JSON.stringify({ model, temperature: 0, messages: [{ role: "user", content }] });
  return `curl ${apiUrl}/v1/chat/completions \\\n  -H "Authorization: Bearer $TUGBOAT_API_KEY" \\\n  -H "Content-Type: application/json" \\\n  -d '${body.replaceAll("'", "'\\''")}'`;
}
