"use client";

import { useQuery } from "@tanstack/react-query";
import { Field, Select } from "../../ui/field.tsx";
import { plural } from "../../ui/format.ts";
import { GiveExamples } from "../datasets/give-examples.tsx";
import type { useSending } from "../datasets/use-sending.ts";
import { useSession } from "../service/session.tsx";
import { useTRPC } from "../service/trpc.tsx";

/** Examples that come with the declaration, or a dataset that is named. */
export type Given =
  | { readonly kind: "file"; readonly name: string; readonly upload: string }
  | { readonly kind: "dataset"; readonly name: string };

export interface GiveTaskExamplesProps {
  readonly given: Given | undefined;
  readonly sending: ReturnType<typeof useSending>;
  onGive(given: Given): void;
}

/** A file dropped or chosen, cells pasted, or a dataset picked. */
export function GiveTaskExamples({ given, onGive, sending }: GiveTaskExamplesProps) {
  const trpc = useTRPC();
  const { may } = useSession();
  const { data } = useQuery(trpc.datasets.list.queryOptions(undefined, { enabled: may("datasets:read") }));
  const datasets = (data?.datasets ?? []).filter(({ latest }) => (latest?.rows ?? 0) > 0);
  const { busy, problem, send } = sending;
  return (
    <GiveExamples
      note={given ? `from ${given.name}` : "10 or more; 60 measure a score to within ten points"}
      busy={busy}
      problem={problem}
      onGive={(content, file) => void send(content, file)}
    >
      {datasets.length > 0 ? (
        <Field
          label="Or a dataset that is here already"
          hint="The task follows it: when the dataset has a new version, it is planned again."
          className="sm:col-span-2"
        >
          {(control) => (
            <Select
              {...control}
              value={given?.kind === "dataset" ? given.name : ""}
              onChange={(event) => {
                const { value } = event.currentTarget;
                if (value !== "") onGive({ kind: "dataset", name: value });
              }}
            >
              <option value="">Choose a dataset</option>
              {datasets.map(({ latest, name }) => (
                <option key={name} value={name}>
                  {name}, {plural(latest?.rows ?? 0, "example")}
                </option>
              ))}
            </Select>
          )}
        </Field>
      ) : null}
    </GiveExamples>
  );
}
