"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Play, RotateCw, SlidersHorizontal, Square } from "lucide-react";
import { useState } from "react";
import { Badge, Status } from "../../ui/badge.tsx";
import { Button, IconButton } from "../../ui/button.tsx";
import { bytes, compact, formatCount, plural, written } from "../../ui/format.ts";
import { Panel } from "../../ui/panel.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { ConfigureDialog } from "./configure-dialog.tsx";
import { HotKeys } from "./hot-keys.tsx";
import { looks } from "./looks.ts";
import { Replicas } from "./replicas.tsx";
import type { Deployment } from "./types.ts";

export interface ServedPanelProps {
  readonly deployments: readonly Deployment[];
  readonly mayWrite: boolean;
}

/** The models of this machine: what each takes and does now. */
export function ServedPanel({ deployments, mayWrite }: ServedPanelProps) {
  const [configured, setConfigured] = useState<string>();
  const open = deployments.find(({ model }) => model === configured);
  return (
    <Panel title="On this machine" note="loaded by the first request, or here" padded={false}>
      <ul>
        {deployments.map((deployment) => (
          <ServedRow
            key={deployment.model}
            deployment={deployment}
            mayWrite={mayWrite}
            onConfigure={() => setConfigured(deployment.model)}
          />
        ))}
      </ul>
      {open ? <ConfigureDialog deployment={open} onClose={() => setConfigured(undefined)} /> : null}
    </Panel>
  );
}

interface ServedRowProps {
  readonly deployment: Deployment;
  readonly mayWrite: boolean;
  readonly onConfigure: () => void;
}

function ServedRow({ deployment, mayWrite, onConfigure }: ServedRowProps) {
  const { error, model, needsRestart, progress, settings, state } = deployment;
  const act = useActs(model);
  const loaded = state !== "idle" && state !== "closed";
  const { tone, word } = looks[state];
  const share = progress && progress.total > 0 ? `, ${Math.floor((100 * progress.done) / progress.total)} %` : "";
  return (
    <li className="grid gap-x-6 gap-y-2 border-line border-b px-4 py-3 last:border-b-0 sm:grid-cols-[minmax(0,1fr)_minmax(0,1.4fr)_13rem]">
      <div className="grid min-w-0 content-start gap-1">
        <p className="flex flex-wrap items-center gap-2">
          <span className="min-w-0 break-all font-medium font-mono text-sm">{model}</span>
          {settings.pinned ? <Badge>kept loaded</Badge> : null}
          {needsRestart ? <Badge tone="warn">restart to apply</Badge> : null}
        </p>
        <p className="text-ink-2 text-xs">
          <Status tone={tone} busy={state === "loading"}>
            {word}
            {state === "loading" ? share : ""}
          </Status>
        </p>
      </div>
      <div className="grid min-w-0 content-start gap-1 text-xs">
        {loaded ? <Numbers deployment={deployment} /> : <p className="text-ink-3">Takes no memory now.</p>}
        {error && state !== "ready" ? <p className="break-words text-bad">{error}</p> : null}
      </div>
      {mayWrite ? (
        <div className="flex items-start gap-1 sm:justify-end">
          {loaded ? (
            <Button size="sm" disabled={act.pending} onClick={act.unload}>
              <Square /> Unload
              <span className="sr-only"> {model}</span>
            </Button>
          ) : (
            <Button size="sm" disabled={act.pending} onClick={act.load}>
              <Play /> Load
              <span className="sr-only"> {model}</span>
            </Button>
          )}
          {loaded ? (
            <IconButton
              label={`Restart ${model}`}
              title="Restart"
              size="sm"
              disabled={act.pending}
              onClick={act.restart}
            >
              <RotateCw />
            </IconButton>
          ) : null}
          <IconButton label={`Settings of ${model}`} title="Settings" size="sm" onClick={onConfigure}>
            <SlidersHorizontal />
          </IconButton>
        </div>
      ) : null}
    </li>
  );
}

function Numbers({ deployment }: { readonly deployment: Deployment }) {
  const { batch, contextLength, device, inFlight, kvUse, restarts, rssBytes, tokensPerSecond, waiting } = deployment;
  const parts = [
    rssBytes === null ? undefined : `${written(bytes(rssBytes))} of memory`,
    contextLength === null ? undefined : `${formatCount(contextLength)} tokens of context`,
    device === null ? undefined : device.kind === "cpu" ? `CPU, ${plural(device.threads, "thread")}` : "GPU",
    restarts > 0 ? `restarted ${plural(restarts, "time")}` : undefined,
  ].filter((part) => part !== undefined);
  return (
    <>
      <p className="tabular-nums">
        {plural(inFlight, "request")} in flight{batch > 0 ? `, ${formatCount(batch)} in each step` : ""}
        {waiting > 0 ? `, ${formatCount(waiting)} waiting` : ""} · {written(compact(Math.round(tokensPerSecond)))}{" "}
        tokens/s
        {kvUse === null ? "" : ` · KV cache ${Math.round(kvUse * 100)} % full`}
      </p>
      <Savings deployment={deployment} />
      <Replicas deployment={deployment} />
      <HotKeys deployment={deployment} />
      <p className="text-ink-3 tabular-nums">{parts.join(" · ")}</p>
    </>
  );
}

/** What was not computed twice, and what had to be. */
function Savings({ deployment }: { readonly deployment: Deployment }) {
  const { adapters, draftModel, guessesRight, preemptions, prefixHits } = deployment;
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const parts = [
    prefixHits === null ? undefined : `${percent(prefixHits)} of prompts found in the prefix cache`,
    guessesRight === null
      ? undefined
      : `${percent(guessesRight)} of ${draftModel === null ? "guessed tokens" : `${draftModel}’s guesses`} right`,
    adapters.loaded === 0
      ? undefined
      : `${plural(adapters.loaded, "adapter")} loaded, ${formatCount(adapters.inUse)} in use`,
    preemptions === 0 ? undefined : `${plural(preemptions, "text")} computed again for want of room`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? null : <p className="text-ink-2 tabular-nums">{parts.join(" · ")}</p>;
}

function useActs(model: string) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const options = (text: string, hint: string) => ({
    onSuccess: () => toast({ tone: "good" as const, text, hint }),
    onError: (cause: unknown) =>
      toast({ tone: "bad" as const, text: problemOf(cause).message, hint: problemOf(cause).hint }),
    onSettled: () => client.invalidateQueries({ queryKey: trpc.deployments.list.queryKey() }),
  });
  const load = useMutation(
    trpc.deployments.load.mutationOptions(options(`${model} is loading.`, "Its row tells how far.")),
  );
  const unload = useMutation(
    trpc.deployments.unload.mutationOptions(options(`${model} is unloaded.`, "The next request loads it again.")),
  );
  const restart = useMutation(
    trpc.deployments.restart.mutationOptions(
      options(`${model} starts anew.`, "Answers that are under way end in the old worker."),
    ),
  );
  return {
    pending: load.isPending || unload.isPending || restart.isPending,
    load: () => load.mutate({ model }),
    unload: () => unload.mutate({ model }),
    restart: () => restart.mutate({ model }),
  };
}
