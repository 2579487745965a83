"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import { RequestError } from "../service/request.ts";
import { type ChatRequest, streamChat } from "./stream-chat.ts";
import type { Answer } from "./types.ts";

/** Fired on the window when an answer has come to its end; the guided tour waits for one. */
export const answered = "tugboat:answered";

/** The screen is redrawn at most this often, however fast the tokens come. */
const redrawMs = 33;

export interface AnswerJob {
  /** Which answer it is; a second job with the same key replaces the first. */
  readonly key: string;
  readonly request: ChatRequest;
  readonly onChange: (answer: Answer) => void;
}

export interface Answers {
  readonly running: boolean;
  readonly start: (job: AnswerJob) => void;
  readonly stop: () => void;
}

/** Runs streamed answers side by side, each reporting its own progress. They all stop when the page is left. */
export function useAnswers(): Answers {
  const jobs = useRef(new Map<string, AbortController>());
  const [running, setRunning] = useState(false);

  const stop = useCallback(() => {
    for (const controller of jobs.current.values()) controller.abort();
  }, []);
  useEffect(() => stop, [stop]);

  const start = useCallback((job: AnswerJob) => {
    jobs.current.get(job.key)?.abort();
    const controller = new AbortController();
    jobs.current.set(job.key, controller);
    setRunning(true);
    void follow(job, controller.signal).finally(() => {
      if (jobs.current.get(job.key) === controller) jobs.current.delete(job.key);
      setRunning(jobs.current.size > 0);
    });
  }, []);

  return { running, start, stop };
}

async function follow({ request, onChange }: AnswerJob, signal: AbortSignal): Promise<void> {
  const began = performance.now();
  let firstAt: number | undefined;
  let answer: Answer = { status: "waiting", text: "", seed: request.seed };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const show = () => {
    clearTimeout(timer);
    timer = undefined;
    onChange(answer);
  };
  const change = (fields: Partial<Answer>) => {
    answer = { ...answer, ...fields };
    timer ??= setTimeout(show, redrawMs);
  };
  show();
  try {
    for await (const event of streamChat(request, signal)) {
      const now = performance.now();
      switch (event.type) {
        case "open":
          change({ requestId: event.requestId });
          break;
        case "text":
          firstAt ??= now;
          change({
            status: "streaming",
            text: answer.text + event.text,
            ttftMs: firstAt - began,
            decodeMs: now - firstAt,
          });
          break;
        case "finish":
          change({ finishReason: event.reason });
          break;
        case "usage":
          change({
            promptTokens: event.promptTokens,
            completionTokens: event.completionTokens,
            cachedTokens: event.cachedTokens,
          });
      }
    }
    change({ status: "done" });
    window.dispatchEvent(new Event(answered));
  } catch (cause) {
    if (signal.aborted) change({ status: "stopped", finishReason: "stopped" });
    else change({ status: "failed", problem: problemOf(cause) });
  }
  show();
}

function problemOf(cause: unknown) {
  if (cause instanceof RequestError) return cause.problem;
  return {
    code: "stream-cut",
    message: "The connection broke off in the middle of the answer.",
    hint: "Look whether npm start is still running, then try again.",
  };
}
