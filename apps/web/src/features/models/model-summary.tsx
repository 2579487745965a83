"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Gauge } from "lucide-react";
import { Button } from "../../ui/button.tsx";
import { formatCount } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { Facts, Panel } from "../../ui/panel.tsx";
import { Stat } from "../../ui/stat.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { Availability } from "./availability.tsx";
import { lastSpeed, measuredNote, parametersFigure, sizeFigure, speedFigure, tokensFigure } from "./model-figures.tsx";
import { MemoryVerdict, ModelStateStatus } from "./model-state.tsx";
import type { Model } from "./types.ts";
import { isWorking, useModelJob } from "./use-model-job.ts";

/** Size, memory and speed on this machine, in figures and a sentence. */
export function ModelSummary({ model }: { readonly model: Model }) {
  const speed = lastSpeed(model);
  const { memory } = model;
  const measured = speed ? measuredNote(speed, Date.now()) : "not measured on this machine yet";
  return (
    <>
      {memory === null ? (
        <Notice tone="bad" hint="Put them back, or remove the model and add it again from where it is now.">
          Its files can't be read{model.sourcePath ? `: ${model.sourcePath}` : ""}.
        </Notice>
      ) : null}
      {memory?.verdict === "too-large" ? <Notice tone="warn">{memory.sentence}</Notice> : null}
      <Panel>
        <dl className="grid grid-cols-2 gap-x-6 gap-y-5 lg:grid-cols-4">
          <Stat
            label="Parameters"
            figure={parametersFigure(model.parameters) ?? null}
            note={formatCount(model.parameters)}
          />
          <Stat
            label="File"
            figure={sizeFigure(model.bytes) ?? null}
            note={`${model.quantisation}, ${((model.bytes * 8) / model.parameters).toFixed(1)} bits per weight`}
          />
          <Stat label="Decode" figure={speedFigure(speed?.decodeTokensPerSecond) ?? null} note={measured} />
          <Stat label="Prefill" figure={speedFigure(speed?.prefillTokensPerSecond) ?? null} note={measured} />
          <Stat label="Memory needed" figure={sizeFigure(memory?.needed) ?? null} note={memory?.sentence} />
          <Stat
            label="Context"
            figure={tokensFigure(memory?.contextLength ?? model.contextLength) ?? null}
            note={
              memory && memory.contextLength !== model.contextLength
                ? `served; trained with ${formatCount(model.contextLength)}`
                : "prompt and answer together"
            }
          />
        </dl>
      </Panel>
      <Panel>
        <Facts
          facts={[
            { name: "State", value: <ModelStateStatus state={model.state} /> },
            { name: "Speed", value: <Measuring model={model} /> },
            { name: "Available to", value: <Availability model={model} /> },
            { name: "Licence", value: model.licence ?? "not named in its files" },
            {
              name: "Memory",
              value: memory ? (
                <span className="inline-flex flex-wrap items-center gap-2">
                  <MemoryVerdict memory={memory} />
                  {memoryParts(memory)}
                </span>
              ) : (
                <MemoryVerdict memory={memory} />
              ),
            },
          ]}
        />
      </Panel>
    </>
  );
}

/** When it was measured, or how far the measurement is; and a way to have it measured again. */
function Measuring({ model }: { readonly model: Model }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { may } = useSession();
  const job = useModelJob("models.measure", model.name);
  const measure = useMutation(
    trpc.models.measure.mutationOptions({
      onSettled: () => void queries.invalidateQueries({ queryKey: trpc.jobs.list.pathKey() }),
      onError: (error) => toast({ tone: "bad", text: `It can't be measured. ${problemOf(error).message}` }),
    }),
  );
  const speed = lastSpeed(model);
  const at = speed ? measuredNote(speed, Date.now()) : "not measured on this machine yet";
  const state = job?.state === "running" ? (job.progress?.stage ?? "beginning to measure") : at;
  const failed = job?.state === "failed" && !speed ? job.error : undefined;
  return (
    <span className="inline-flex flex-wrap items-center gap-x-3 gap-y-1">
      <span aria-live="polite">{state}</span>
      {failed ? <span className="text-bad">{failed}</span> : null}
      {may("models:write") && model.own ? (
        <Button
          size="sm"
          disabled={measure.isPending || (isWorking(job) && job?.priority === 10)}
          onClick={() => measure.mutate({ name: model.name })}
        >
          <Gauge /> {speed ? "Measure again" : "Measure now"}
        </Button>
      ) : null}
    </span>
  );
}

function memoryParts({ cache, overhead, weights }: NonNullable<Model["memory"]>): string {
  const part = (size: number, what: string) => {
    const figure = sizeFigure(size);
    return `${figure?.value} ${figure?.unit} ${what}`;
  };
  return [part(weights, "weights"), part(cache, "KV cache"), part(overhead, "process and activations")].join(" + ");
}
