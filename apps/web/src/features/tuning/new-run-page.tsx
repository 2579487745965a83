"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Page } from "../../ui/page.tsx";
import { useTRPC } from "../service/trpc.tsx";
import { BrowserRun } from "./browser/browser-run.tsx";
import { ServiceRun } from "./service-run.tsx";
import { type Where, WhereToTrain } from "./where-to-train.tsx";

export interface NewRunPageProps {
  /** Begins with the sample that comes with the program. */
  readonly withSample: boolean;
  /** Begins with this dataset. */
  readonly dataset?: string | undefined;
}

/** From examples to a run: say where, give them, look at what was understood, mend, begin. */
export function NewRunPage({ dataset, withSample }: NewRunPageProps) {
  const trpc = useTRPC();
  const [where, setWhere] = useState<Where>("service");
  const [isUnderWay, setUnderWay] = useState(false);
  const [answer, setAnswer] = useState<string>();
  const sample = useQuery(trpc.tuning.sample.queryOptions(undefined, { enabled: withSample })).data;
  return (
    <Page
      name="Tuning"
      answer={answer ?? "What should the model learn?"}
      note="A column of texts and a column of right answers. You choose nothing but the examples."
    >
      {isUnderWay ? null : <WhereToTrain where={where} onChoose={setWhere} />}
      {where === "service" ? (
        <ServiceRun sample={sample} dataset={dataset} />
      ) : (
        <BrowserRun sample={sample} onUnderWay={setUnderWay} onAnswer={setAnswer} />
      )}
    </Page>
  );
}
