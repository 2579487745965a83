"use client";

import { useQuery } from "@tanstack/react-query";
import { ThumbsUp } from "lucide-react";
import { Button } from "../../ui/button.tsx";
import { Field, Select } from "../../ui/field.tsx";
import { plural } from "../../ui/format.ts";
import { GiveExamples } from "../datasets/give-examples.tsx";
import type { useSending } from "../datasets/use-sending.ts";
import { useSession } from "../service/session.tsx";
import { useTRPC } from "../service/trpc.tsx";
import type { SamplesFrom } from "./types.ts";

export interface Given {
  readonly name: string;
  readonly from: SamplesFrom;
}

interface PickProps {
  /** The name of what was given. */
  readonly given: string | undefined;
  onGive(given: Given): void;
}

export interface GiveTuningExamplesProps extends PickProps {
  readonly sending: ReturnType<typeof useSending>;
}

/** Where examples come from: a file, cells that are pasted, a dataset, what people said of answers. */
export function GiveTuningExamples({ given, onGive, sending }: GiveTuningExamplesProps) {
  const { may } = useSession();
  const { busy, problem, send } = sending;
  return (
    <GiveExamples
      note={given ? `from ${given}` : "CSV, Excel, JSON Lines, or cells from a spreadsheet; 10 to 3 million"}
      busy={busy}
      problem={problem}
      onGive={(content, file) => void send(content, file)}
    >
      {may("datasets:read") ? <PickDataset given={given} onGive={onGive} /> : null}
      {may("traces:read") ? (
        <div className="grid content-end gap-1.5">
          <p className="text-ink-3 text-xs">Or what people corrected or liked of the last 30 days' answers</p>
          <div>
            <Button onClick={() => onGive({ name: "judged answers", from: { kind: "traces", days: 30 } })}>
              <ThumbsUp /> Use judged answers
            </Button>
          </div>
        </div>
      ) : null}
    </GiveExamples>
  );
}

/** A file's name without what it ends with. */
export function namedAfter(file: string): string {
  return file.replace(/\.[a-z]+$/i, "");
}

function PickDataset({ given, onGive }: PickProps) {
  const trpc = useTRPC();
  const datasets = useQuery(trpc.datasets.list.queryOptions()).data?.datasets ?? [];
  const filled = datasets.flatMap(({ latest, name }) => (latest === null ? [] : [{ name, latest }]));
  if (filled.length === 0) return null;
  return (
    <Field label="Or take a dataset" hint="Its test examples are left alone.">
      {(control) => (
        <Select
          {...control}
          value={filled.some(({ name }) => name === given) ? given : ""}
          onChange={(event) => {
            const found = filled.find(({ name }) => name === event.currentTarget.value);
            if (found === undefined) return;
            // The version that is looked at is the one that is learnt from.
            onGive({
              name: found.name,
              from: { kind: "dataset", dataset: found.name, version: found.latest.number },
            });
          }}
        >
          <option value="">choose one …</option>
          {filled.map(({ latest, name }) => (
            <option key={name} value={name}>
              {name}, version {latest.number}: {plural(latest.rows, "example")}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
