"use client";

import { useQuery } from "@tanstack/react-query";
import { Field, Select } from "../../ui/field.tsx";
import { useSession } from "../service/session.tsx";
import { useTRPC } from "../service/trpc.tsx";

/** What says how right an answer is: the task itself, or an evaluator of the project. */
export function MeasureSelect({ onChoose, value }: { readonly value: string; onChoose(measure: string): void }) {
  const trpc = useTRPC();
  const { may } = useSession();
  const { data } = useQuery(trpc.evaluators.list.queryOptions(undefined, { enabled: may("evaluations:read") }));
  // Those that compare two answers or read a clock say nothing of one answer's quality.
  const evaluators = (data?.evaluators ?? []).filter(({ spec }) => !unfit.has(spec.kind));
  return (
    <Field label="How an answer is judged">
      {(control) => (
        <Select {...control} value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
          <option value="accuracy">right or wrong, field by field</option>
          <option value="overlap">how many words it shares with the right one</option>
          {evaluators.map(({ description, name }) => (
            <option key={name} value={name}>
              {description === "" ? name : `${name}: ${description}`}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

const unfit = new Set(["judge-pairs", "latency", "cost"]);
