"use client";

import { Code, Link2, Settings2, SquarePen } from "lucide-react";
import { useEffect, useReducer, useRef, useState } from "react";
import { Button, IconButton } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { toast } from "../../ui/toast.tsx";
import { Tooltip } from "../../ui/tooltip.tsx";
import { OverviewProblem } from "../service/overview-problem.tsx";
import { useOverview } from "../service/use-overview.ts";
import { CandidateColumn } from "./candidate-column.tsx";
import { Composer } from "./composer.tsx";
import { converse, emptyConversation, messagesFor } from "./conversation.ts";
import { ParametersForm } from "./parameters-form.tsx";
import { SnippetDialog } from "./snippet-dialog.tsx";
import type { Candidate, Conversation } from "./types.ts";
import { fromQuery, toQuery } from "./url.ts";
import { useAnswers } from "./use-answers.ts";

export function PlaygroundPage() {
  const { data, error } = useOverview();
  const models = data?.state === "up" ? data.models : [];
  const [state, dispatch] = useReducer(converse, undefined, () => emptyConversation());
  const restored = useRestoredAddress(state, (action) => dispatch(action));
  const { running, start, stop } = useAnswers();
  const [sheetOpen, setSheetOpen] = useState(false);
  const [snippetFor, setSnippetFor] = useState<string>();
  const composer = useRef<HTMLTextAreaElement>(null);
  const preferred =
    models.find(({ isDefault }) => isDefault) ?? models.find(({ hasChatTemplate }) => hasChatTemplate) ?? models[0];
  const candidates = state.candidates.map((candidate) => ({
    ...candidate,
    model: candidate.model || (preferred?.id ?? ""),
  }));

  /** Asks one candidate for its answer to a turn of `conversation`. */
  function answer(conversation: Conversation, candidate: Candidate, turn: number, seed: number) {
    start({
      key: candidate.id,
      request: {
        model: candidate.model,
        messages: messagesFor(conversation, candidate, turn),
        parameters: candidate.parameters,
        seed,
      },
      onChange: (next) => dispatch({ type: "answer", candidate: candidate.id, turn, answer: next }),
    });
  }

  function send() {
    const text = state.draft;
    if (!text.trim() || running || candidates.some(({ model }) => !model)) return;
    const action = { type: "ask", text } as const;
    const next = converse(state, action);
    dispatch(action);
    for (const candidate of candidates)
      answer(next, candidate, next.turns.length - 1, candidate.parameters.seed ?? drawSeed());
  }

  useEscape(running, stop);

  // Ready to write at once, but without calling up a phone's keyboard over the page.
  useEffect(() => {
    if (restored && matchMedia("(pointer: fine)").matches) composer.current?.focus();
  }, [restored]);

  async function share() {
    try {
      await navigator.clipboard.writeText(window.location.href);
      toast({ tone: "good", text: "Copied the link to this playground." });
    } catch {
      toast({
        tone: "bad",
        text: "The link could not be copied.",
        hint: "Copy it from the address bar: it holds everything.",
      });
    }
  }

  const first = candidates[0];
  const shownSnippet = candidates.find(({ id }) => id === snippetFor);
  const settings = first ? (
    <ParametersForm
      models={models}
      candidate={first}
      system={state.system}
      onModel={(model) => dispatch({ type: "model", candidate: first.id, model })}
      onSystem={(text) => dispatch({ type: "system", text })}
      onChange={(change) => dispatch({ type: "parameters", candidate: first.id, change })}
    />
  ) : null;

  return (
    <div className="flex h-[calc(100dvh-48px)] lg:h-dvh" data-ready={restored || undefined}>
      <div className="flex min-w-0 grow flex-col">
        <header className="flex h-12 shrink-0 items-center justify-between gap-2 border-line border-b pr-3 pl-4 sm:pl-6">
          <h1 className="truncate font-medium">
            Playground
            {first?.model ? <span className="font-normal text-ink-3"> · {first.model}</span> : null}
          </h1>
          <div className="flex items-center gap-1">
            <Tooltip text="Copy as code">
              <IconButton label="Copy as code" onClick={() => setSnippetFor(first?.id)} disabled={!first?.model}>
                <Code />
              </IconButton>
            </Tooltip>
            <Tooltip text="Copy a link to this">
              <IconButton label="Copy a link to this" onClick={() => void share()}>
                <Link2 />
              </IconButton>
            </Tooltip>
            <IconButton label="Model and parameters" onClick={() => setSheetOpen(true)} className="xl:hidden">
              <Settings2 />
            </IconButton>
            <Button
              size="sm"
              onClick={() => {
                stop();
                dispatch({ type: "clear" });
                composer.current?.focus();
              }}
              disabled={state.turns.length === 0}
            >
              <SquarePen /> New
            </Button>
          </div>
        </header>
        <div className="px-4 empty:hidden sm:px-6 [&>*]:mt-4">
          <OverviewProblem overview={data} error={error} />
        </div>
        <div className="grid min-h-0 grow auto-cols-fr grid-flow-col divide-x divide-line">
          {candidates.map((candidate) => (
            <CandidateColumn
              key={candidate.id}
              turns={state.turns}
              candidate={candidate}
              model={models.find(({ id }) => id === candidate.model)}
              running={running}
              onSample={(text) => {
                dispatch({ type: "draft", text });
                composer.current?.focus();
              }}
              onRetry={(turn) => answer(state, candidate, turn, drawSeed())}
              onEdit={(turn) => {
                stop();
                dispatch({ type: "edit", turn });
                composer.current?.focus();
              }}
            />
          ))}
        </div>
        <Composer
          ref={composer}
          draft={state.draft}
          running={running}
          ready={candidates.every(({ model }) => model !== "")}
          onDraft={(text) => dispatch({ type: "draft", text })}
          onSend={send}
          onStop={stop}
        />
      </div>
      <aside
        aria-label="Model and parameters"
        className="w-[288px] shrink-0 overflow-y-auto border-line border-l p-5 max-xl:hidden"
      >
        {settings}
      </aside>
      <Dialog open={sheetOpen} onClose={() => setSheetOpen(false)} title="Model and parameters">
        {settings}
      </Dialog>
      {shownSnippet ? (
        <SnippetDialog
          conversation={state}
          candidate={shownSnippet}
          apiUrl={data?.apiUrl ?? ""}
          onClose={() => setSnippetFor(undefined)}
        />
      ) : null}
    </div>
  );
}

function drawSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}

/** Esc stops what runs; a dialog that is open takes its own Esc first. */
function useEscape(running: boolean, stop: () => void): void {
  useEffect(() => {
    if (!running) return;
    function onKey(event: KeyboardEvent) {
      if (event.key === "Escape" && !document.querySelector("dialog[open]")) stop();
    }
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [running, stop]);
}

/** Reads the playground out of the address once, then keeps the address saying what is on screen. */
function useRestoredAddress(
  state: Conversation,
  dispatch: (action: { readonly type: "restore"; readonly state: Conversation }) => void,
): boolean {
  const [restored, setRestored] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the address the page was opened with counts.
  useEffect(() => {
    dispatch({ type: "restore", state: fromQuery(window.location.search) });
    setRestored(true);
  }, []);
  useEffect(() => {
    if (!restored) return;
    const timer = setTimeout(() => {
      const query = toQuery(state);
      if (query !== window.location.search.slice(1)) {
        window.history.replaceState(null, "", query ? `?${query}` : window.location.pathname);
      }
    }, 250);
    return () => clearTimeout(timer);
  }, [state, restored]);
  return restored;
}
