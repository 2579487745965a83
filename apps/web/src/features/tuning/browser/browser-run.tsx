"use client";

import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Button } from "../../../ui/button.tsx";
import { Field, Select } from "../../../ui/field.tsx";
import { Notice } from "../../../ui/notice.tsx";
import { GiveExamples } from "../../datasets/give-examples.tsx";
import { useBrowserModels } from "../../playground/browser/use-browser-models.ts";
import { useTRPC } from "../../service/trpc.tsx";
import { BeginPanel } from "../begin-panel.tsx";
import { CheckedExamples } from "../checked-examples.tsx";
import { namedAfter } from "../give-examples.tsx";
import { LiveProgress } from "../live-run.tsx";
import { ReportEvidence } from "../report-view.tsx";
import type { Wishes } from "../run-wishes.tsx";
import type { Checked, FindingKind } from "../types.ts";
import { BroughtPanel } from "./brought-panel.tsx";
import type { TuningDevice } from "./protocol.ts";
import { useBrowserTuning } from "./use-browser-tuning.ts";

export interface BrowserRunProps {
  readonly sample: { readonly name: string; readonly csv: string } | undefined;
  onUnderWay(isUnderWay: boolean): void;
  onAnswer(answer: string | undefined): void;
}

interface Given {
  readonly content: Blob;
  readonly name: string;
}

const noGpu =
  "Chrome and Edge from 113 on have WebGPU, Safari from 26, Firefox from 141 on Windows. On Linux, Chrome needs a Vulkan driver and “Unsafe WebGPU Support” under chrome://flags.";

/** The way to a run in this browser: what is given is read here, learnt here, and stays here. */
export function BrowserRun({ onAnswer, onUnderWay, sample }: BrowserRunProps) {
  const trpc = useTRPC();
  const tuning = useBrowserTuning();
  const catalog = useQuery(trpc.models.list.queryOptions()).data?.models ?? [];
  const { choices } = useBrowserModels();
  const models = catalog.filter(({ name }) => choices.some((one) => one.name === name));
  const [given, setGiven] = useState<Given | undefined>(
    sample && { content: new Blob([sample.csv]), name: sample.name },
  );
  const [mapping, setMapping] = useState<Checked["mapping"]>();
  const [mends, setMends] = useState<readonly FindingKind[]>([]);
  const [wished, setWished] = useState<Partial<Wishes>>({});
  const [chosen, setChosen] = useState<TuningDevice>();
  const wishes: Wishes = {
    minutes: "10",
    mayForget: "2",
    instruction: "",
    model: models.find(({ isDefault }) => isDefault)?.name ?? models[0]?.name ?? "",
    name: given ? namedAfter(given.name) : "",
    ...wished,
  };
  const model = models.find(({ name }) => name === wishes.model);
  const file = choices.find(({ name }) => name === wishes.model);
  const device = chosen ?? (tuning.hasGpu ? "webgpu" : "cpu");
  const { checked, isChecking, outcome, problem, progress, running } = tuning;

  const check = useRef(tuning.check);
  check.current = tuning.check;
  const contextLength = model?.contextLength;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another worker has to read them again
  useEffect(() => {
    if (given === undefined || contextLength === undefined) return;
    check.current({ content: given.content, mapping, mends, contextLength });
  }, [given, mapping, mends, contextLength, tuning.generation]);
  const isBusy = running !== undefined || outcome !== undefined;
  useEffect(() => {
    onUnderWay(isBusy);
    onAnswer(outcome?.report.sentence ?? (running ? "Learning in this browser." : undefined));
  }, [isBusy, outcome, running, onAnswer, onUnderWay]);
  useEffect(() => {
    // What was learnt lies in this tab alone.
    if (!isBusy) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [isBusy]);

  const stops = checked?.findings.some(({ weight }) => weight === "stop") ?? true;
  function begin() {
    if (file === undefined || stops) return;
    const { bytes, name, sha256 } = file;
    const url = `/api/model-files/${encodeURIComponent(name)}`;
    const { instruction, mayForget, minutes } = wishes;
    tuning.run({
      model: { name, url, bytes, sha256 },
      wish: { minutes: Number(minutes), mayForget: Number(mayForget) / 100, instruction, device },
    });
  }
  if (outcome) {
    const mayForget = Number(wishes.mayForget) / 100;
    return (
      <>
        <BroughtPanel outcome={outcome} wishes={wishes} />
        <ReportEvidence report={outcome.report} mayForget={mayForget} />
      </>
    );
  }
  if (running) {
    const { etaMs, isEnding, stage } = running;
    const keeps = progress?.trials.some(({ rungs }) => rungs.length > 0) ?? false;
    return (
      <LiveProgress
        stage={isEnding ? `${stage}; it ends with the best so far` : stage}
        etaMs={etaMs ?? null}
        progress={progress ?? null}
        minutes={Number(wishes.minutes)}
        note="It computes in this tab: keep it open. None of your texts leaves this machine."
        action={
          <Button size="sm" disabled={isEnding} onClick={keeps ? tuning.stop : tuning.cancel}>
            {keeps ? "End with the best so far" : "Cancel"}
          </Button>
        }
      />
    );
  }
  return (
    <>
      <GiveExamples
        note={given ? `from ${given.name}, read in this browser` : "CSV or JSON Lines, or cells from a spreadsheet"}
        busy={isChecking ? "Reading…" : undefined}
        problem={undefined}
        accept=".csv,.tsv,.txt,.jsonl,.json,text/*"
        onGive={(content, name) => {
          setMapping(undefined);
          setMends([]);
          setGiven({ content, name });
        }}
      />
      {problem ? (
        <Notice tone="bad" hint={problem.hint}>
          {problem.message}
        </Notice>
      ) : null}
      {tuning.hasGpu === false ? (
        <Notice tone="warn" hint={noGpu}>
          This browser offers no WebGPU, so it computes on the processor, which takes longer.
        </Notice>
      ) : null}
      {checked && given ? (
        <>
          <CheckedExamples
            checked={checked}
            onMap={setMapping}
            onMend={(kind) => setMends([...new Set([...mends, kind])])}
            isChecking={isChecking}
          />
          <BeginPanel
            action="Train in this browser"
            disabled={stops || isChecking || file === undefined}
            onBegin={begin}
            wishes={wishes}
            models={models.map(({ name }) => name)}
            onChange={(part) => setWished({ ...wished, ...part })}
          >
            <Field label="Computes with">
              {(control) => (
                <Select
                  {...control}
                  value={device}
                  onChange={(event) => setChosen(event.currentTarget.value === "webgpu" ? "webgpu" : "cpu")}
                >
                  <option value="webgpu" disabled={tuning.hasGpu === false}>
                    the graphics card (WebGPU)
                  </option>
                  <option value="cpu">the processor (WebAssembly)</option>
                </Select>
              )}
            </Field>
          </BeginPanel>
        </>
      ) : null}
    </>
  );
}
