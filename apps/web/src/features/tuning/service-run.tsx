"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useEffect, useRef, useState } from "react";
import { Notice } from "../../ui/notice.tsx";
import { useSending } from "../datasets/use-sending.ts";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { BeginPanel } from "./begin-panel.tsx";
import { CheckedExamples } from "./checked-examples.tsx";
import { type Given, GiveTuningExamples, namedAfter } from "./give-examples.tsx";
import type { Wishes } from "./run-wishes.tsx";
import type { Checked, FindingKind } from "./types.ts";

export interface ServiceRunProps {
  readonly sample: { readonly name: string; readonly csv: string } | undefined;
  readonly dataset: string | undefined;
}

/** The way to a run that the service does. */
export function ServiceRun({ dataset, sample }: ServiceRunProps) {
  const trpc = useTRPC();
  const router = useRouter();
  const models = useQuery(trpc.models.list.queryOptions()).data?.models ?? [];
  const [given, setGiven] = useState<Given | undefined>(
    dataset === undefined ? undefined : { name: dataset, from: { kind: "dataset", dataset } },
  );
  const [mapping, setMapping] = useState<Checked["mapping"]>();
  const [mends, setMends] = useState<readonly FindingKind[]>([]);
  const [wished, setWished] = useState<Partial<Wishes>>({});
  const wishes: Wishes = {
    minutes: "10",
    mayForget: "2",
    instruction: "",
    model: models.find(({ isDefault }) => isDefault)?.name ?? models[0]?.name ?? "",
    name: given?.name ?? "",
    ...wished,
  };
  const { model } = wishes;
  const check = useMutation(trpc.tuning.check.mutationOptions());
  const create = useMutation(
    trpc.tuning.create.mutationOptions({ onSuccess: ({ run }) => router.push(`/tuning/${run}`) }),
  );

  function take(next: Given) {
    setMapping(undefined);
    setMends([]);
    setGiven(next);
  }
  const sending = useSending(({ file, upload }) =>
    take({ name: namedAfter(file), from: { kind: "file", upload, file } }),
  );
  const { send } = sending;
  const took = useRef(false);
  useEffect(() => {
    if (sample === undefined || took.current) return;
    took.current = true;
    void send(new Blob([sample.csv]), sample.name);
  }, [sample, send]);

  const { mutate } = check;
  useEffect(() => {
    if (given === undefined || model === "") return;
    mutate({ from: given.from, model, mends: [...mends], ...(mapping && { mapping }) });
  }, [given, mapping, mends, model, mutate]);

  const checked = given ? check.data : undefined;
  const refusal = create.error ?? (given ? check.error : null);
  const said = refusal ? problemOf(refusal) : undefined;
  const stops = checked?.findings.some(({ weight }) => weight === "stop") ?? true;

  function begin() {
    if (given === undefined || model === "" || stops) return;
    create.mutate({
      from: given.from,
      model,
      name: wishes.name,
      minutes: Number(wishes.minutes),
      mayForget: Number(wishes.mayForget) / 100,
      ...(wishes.instruction.trim() !== "" && { instruction: wishes.instruction }),
      mends: [...mends],
      ...(mapping && { mapping }),
    });
  }
  return (
    <>
      <GiveTuningExamples onGive={take} given={given?.name} sending={sending} />
      {said ? (
        <Notice tone="bad" hint={said.hint}>
          {said.message}
        </Notice>
      ) : null}
      {checked ? (
        <>
          <CheckedExamples
            checked={checked}
            onMap={setMapping}
            onMend={(kind) => setMends([...new Set([...mends, kind])])}
            isChecking={check.isPending}
          />
          <BeginPanel
            action="Tune the model"
            disabled={stops || create.isPending || check.isPending}
            onBegin={begin}
            wishes={wishes}
            models={models.map(({ name }) => name)}
            onChange={(part) => setWished({ ...wished, ...part })}
          />
        </>
      ) : null}
    </>
  );
}
