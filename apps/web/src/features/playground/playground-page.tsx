"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useReducer, useRef, useState } from "react";
import { Dialog } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { PromptEditor } from "../prompts/prompt-editor.tsx";
import { OverviewProblem } from "../service/overview-problem.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { useOverview } from "../service/use-overview.ts";
import { asPrompt } from "./as-prompt.ts";
import { keepWorkers, workerKey } from "./browser/browser-engine.ts";
import { useBrowserModels } from "./browser/use-browser-models.ts";
import { CandidateColumn } from "./candidate-column.tsx";
import { Columns } from "./columns.tsx";
import { Composer } from "./composer.tsx";
import { converse, emptyConversation } from "./conversation.ts";
import { PageHeader } from "./page-header.tsx";
import type { Sample } from "./samples.ts";
import { Settings } from "./settings.tsx";
import { SnippetDialog } from "./snippet-dialog.tsx";
import { useAsk } from "./use-ask.ts";
import { useKeptPlayground } from "./use-kept-playground.ts";
import { usePlaygroundKeys } from "./use-playground-keys.ts";
import { useShare } from "./use-share.ts";
import { textsOf, variablesIn } from "./variables.ts";

export function PlaygroundPage() {
  const { data, error } = useOverview();
  const models = data?.state === "up" ? data.models : [];
  const named = data?.state === "up" ? data.named : [];
  const session = useSession();
  const trpc = useTRPC();
  const client = useQueryClient();
  const [state, dispatch] = useReducer(converse, undefined, () => emptyConversation());
  const { restored, problem } = useKeptPlayground({
    state,
    userId: session.user.id,
    onRestore: (found) => dispatch({ type: "restore", state: found }),
    openShared: async (id) => (await client.fetchQuery(trpc.playground.open.queryOptions({ id }))).content,
    describe: problemOf,
  });
  const { choices, known } = useBrowserModels();
  const takes = useQuery(trpc.playground.takes.queryOptions(undefined, { staleTime: 60_000 })).data;
  const { share, pending: sharing } = useShare();
  const [selected, setSelected] = useState("1");
  const [sheetOpen, setSheetOpen] = useState(false);
  const [snippetFor, setSnippetFor] = useState<string>();
  const [isKeeping, setKeeping] = useState(false);
  const composer = useRef<HTMLTextAreaElement>(null);
  const preferred =
    models.find(({ isDefault }) => isDefault) ?? models.find(({ hasChatTemplate }) => hasChatTemplate) ?? models[0];
  const shown = {
    ...state,
    candidates: state.candidates.map((one) => ({ ...one, model: one.model || (preferred?.id ?? "") })),
  };
  const { candidates } = shown;
  const names = variablesIn(textsOf(state));
  const { running, missing, send, answer, stop } = useAsk({ state: shown, browserChoices: known, dispatch });

  usePlaygroundKeys({ running: running.size > 0, onStop: () => stop(), onSend: () => restored && send() });
  useFreedWorkers(
    candidates.map(({ place, model, device }) => ({ place, model, device })),
    choices,
  );

  // Ready to write at once, but without calling up a phone's keyboard over the page.
  useEffect(() => {
    if (restored && matchMedia("(pointer: fine)").matches) composer.current?.focus();
  }, [restored]);

  function take({ text, variables = {} }: Sample) {
    dispatch({ type: "draft", text });
    for (const [name, value] of Object.entries(variables)) dispatch({ type: "variable", name, value });
    composer.current?.focus();
  }

  const current = candidates.find(({ id }) => id === selected) ?? candidates[0];
  const number = candidates.findIndex(({ id }) => id === current?.id) + 1;
  const settings = current ? (
    <Settings
      key={current.id}
      system={state.system}
      candidate={current}
      number={candidates.length > 1 ? number : undefined}
      takesFormat={takes?.responseFormat === true || current.place === "browser"}
      contextLength={models.find(({ id }) => id === current.model)?.contextLength}
      onSystem={(text) => dispatch({ type: "system", text })}
      onChange={(change) => dispatch({ type: "parameters", candidate: current.id, change })}
      onDevice={(device) => dispatch({ type: "device", candidate: current.id, device })}
    />
  ) : null;
  const snippetCandidate = candidates.find(({ id }) => id === snippetFor);

  return (
    <div className="flex h-[calc(100dvh-48px)] lg:h-dvh" data-ready={restored || undefined}>
      <div className="flex min-w-0 grow flex-col">
        <PageHeader
          columns={candidates.length}
          started={state.turns.length > 0}
          sharing={sharing}
          onAdd={() => dispatch({ type: "add-column", model: otherModel(models, candidates) })}
          onShare={() => void share(state)}
          onPrompt={session.may("prompts:write") && current ? () => setKeeping(true) : undefined}
          onNew={() => {
            stop();
            dispatch({ type: "clear" });
            composer.current?.focus();
          }}
        />
        <div className="px-4 empty:hidden sm:px-6 [&>*]:my-3">
          <OverviewProblem overview={data} error={error} />
          {problem ? (
            <Notice tone="bad" hint={problem.hint}>
              {problem.message}
            </Notice>
          ) : null}
        </div>
        <Columns
          columns={candidates.map((candidate, at) => ({
            id: candidate.id,
            model: candidate.model,
            content: (
              <CandidateColumn
                key={candidate.id}
                conversation={shown}
                model={models.find(({ id }) => id === candidate.model)}
                selected={candidate === current}
                onSelect={() => setSelected(candidate.id)}
                header={{
                  number: at + 1,
                  columns: candidates.length,
                  candidate,
                  models,
                  named,
                  browserChoices: choices,
                  running: running.has(candidate.id),
                  onModel: (model, place) => dispatch({ type: "model", candidate: candidate.id, model, place }),
                  onParameters: () => {
                    setSelected(candidate.id);
                    setSheetOpen(!matchMedia("(min-width: 1280px)").matches);
                  },
                  onSnippet: () => setSnippetFor(candidate.id),
                  onStop: () => stop(candidate.id),
                  onDuplicate: () => dispatch({ type: "duplicate-column", candidate: candidate.id }),
                  onRemove: () => {
                    stop(candidate.id);
                    dispatch({ type: "remove-column", candidate: candidate.id });
                  },
                }}
                onSample={take}
                onAnswer={(turn, seed) => answer(shown, candidate, turn, seed)}
                onPin={(turn, text) => dispatch({ type: "example", turn, text })}
                onUnpin={(turn) => dispatch({ type: "example", turn, text: undefined })}
                onRewrite={(turn, text) => dispatch({ type: "rewrite", turn, text })}
                onMove={(turn, by) => dispatch({ type: "move", turn, by })}
                onRemove={(turn) => dispatch({ type: "remove", turn })}
                onEdit={(turn) => {
                  stop();
                  dispatch({ type: "edit", turn });
                  composer.current?.focus();
                }}
              />
            ),
          }))}
        />
        <Composer
          ref={composer}
          draft={state.draft}
          running={running.size > 0}
          columns={candidates.length}
          open={restored}
          ready={candidates.every(({ model }) => model !== "")}
          names={names}
          values={state.variables}
          missing={missing}
          onDraft={(text) => dispatch({ type: "draft", text })}
          onVariable={(name, value) => dispatch({ type: "variable", name, value })}
          onSend={send}
          onStop={() => stop()}
        />
      </div>
      <aside
        aria-label="Prompt and parameters"
        className="w-[288px] shrink-0 overflow-y-auto border-line border-l p-5 max-xl:hidden"
      >
        {settings}
      </aside>
      <Dialog open={sheetOpen} onClose={() => setSheetOpen(false)} title="Prompt and parameters">
        {settings}
      </Dialog>
      {isKeeping && current ? (
        <PromptEditor content={asPrompt(state, current)} onClose={() => setKeeping(false)} />
      ) : null}
      {snippetCandidate ? (
        <SnippetDialog
          conversation={shown}
          candidate={snippetCandidate}
          apiUrl={data?.apiUrl ?? ""}
          onClose={() => setSnippetFor(undefined)}
        />
      ) : null}
    </div>
  );
}

/** One that no column has yet, where there is one. */
function otherModel(models: readonly { readonly id: string }[], taken: readonly { readonly model: string }[]): string {
  return models.find(({ id }) => !taken.some(({ model }) => model === id))?.id ?? taken.at(-1)?.model ?? "";
}

type Wanted = Pick<ReturnType<typeof emptyConversation>["candidates"][number], "place" | "model" | "device">;

/** Ends the workers of models that no column computes here any more, and all of them when the page is left. */
function useFreedWorkers(
  columns: readonly Wanted[],
  choices: readonly { readonly name: string; readonly sha256: string }[],
) {
  const wanted = useMemo(() => JSON.stringify(columns), [columns]);
  useEffect(() => {
    const needed: readonly Wanted[] = JSON.parse(wanted);
    const keys = needed.flatMap(({ place, model, device }) => {
      const sha256 = place === "browser" ? choices.find(({ name }) => name === model)?.sha256 : undefined;
      return sha256 === undefined ? [] : [workerKey(sha256, device)];
    });
    if (choices.length > 0) keepWorkers(new Set(keys));
  }, [wanted, choices]);
  useEffect(() => () => keepWorkers(new Set()), []);
}
