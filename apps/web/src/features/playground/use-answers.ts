"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import { RequestError } from "../service/request.ts";
import type { ServiceProblem } from "../service/types.ts";
import { answered } from "./answered.ts";
import type { ChatEvent } from "./chat-event.ts";
import type { Answer } from "./types.ts";

/** The screen is redrawn at most this often, however fast the tokens come. */
const redrawMs = 33;

/** Pieces that come closer together than this came at once. */
const sameBurstMs = 1;

export interface AnswerJob {
  /** Which column it is; a second job of a column replaces the first. */
  readonly key: string;
  readonly seed: number;
  readonly asked: string;
  readonly stream: (signal: AbortSignal) => AsyncIterable<ChatEvent>;
  readonly onChange: (answer: Answer) => void;
}

export interface Answers {
  /** The columns whose answers are under way. */
  readonly running: ReadonlySet<string>;
  readonly start: (job: AnswerJob) => void;
  /** Stops one column's answer, or all. */
  readonly stop: (key?: string) => void;
}

/**
 * Runs streamed answers side by side, each reporting its own progress; what goes wrong in one touches no other. They all
 * stop when the page is left.
 */
export function useAnswers(): Answers {
  const jobs = useRef(new Map<string, AbortController>());
  const [running, setRunning] = useState<ReadonlySet<string>>(new Set());

  const stop = useCallback((key?: string) => {
    for (const [job, controller] of jobs.current) if (key === undefined || job === key) controller.abort();
  }, []);
  useEffect(() => () => stop(), [stop]);

  const start = useCallback((job: AnswerJob) => {
    jobs.current.get(job.key)?.abort();
    const controller = new AbortController();
    jobs.current.set(job.key, controller);
    setRunning(new Set(jobs.current.keys()));
    void follow(job, controller.signal).finally(() => {
      if (jobs.current.get(job.key) === controller) jobs.current.delete(job.key);
      setRunning(new Set(jobs.current.keys()));
    });
  }, []);

  return { running, start, stop };
}

async function follow({ seed, asked, stream, onChange }: AnswerJob, signal: AbortSignal): Promise<void> {
  let began = performance.now();
  let firstAt: number | undefined;
  let answer: Answer = { status: "waiting", text: "", seed, asked };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let bursts = 0;
  let lastAt = Number.NEGATIVE_INFINITY;
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
    for await (const event of stream(signal)) {
      const now = performance.now();
      switch (event.type) {
        case "open":
          change({ requestId: event.requestId });
          break;
        case "progress":
          // A download or a load is no part of the model's own time to first token.
          began = now;
          change({ progress: event.words });
          break;
        case "text":
          firstAt ??= now;
          if (now - lastAt > sameBurstMs) bursts++;
          lastAt = now;
          change({
            status: "streaming",
            progress: undefined,
            text: answer.text + event.text,
            ttftMs: firstAt - began,
            decodeMs: now - firstAt,
            bursts,
          });
          break;
        case "tokens":
          change({ tokens: [...(answer.tokens ?? []), ...event.tokens] });
          break;
        case "finish":
          change({ finishReason: event.reason });
          break;
        case "cost":
          change({ costMicroUsd: event.microUsd });
          break;
        case "usage": {
          const { type: _, ...usage } = event;
          change(usage);
        }
      }
    }
    if (signal.aborted) change({ status: "stopped", finishReason: "stopped", progress: undefined });
    else {
      change({ status: "done", progress: undefined });
      window.dispatchEvent(new Event(answered));
    }
  } catch (cause) {
    if (signal.aborted) change({ status: "stopped", finishReason: "stopped", progress: undefined });
    else change({ status: "failed", problem: problemOf(cause), progress: undefined });
  }
  show();
}

function problemOf(cause: unknown): ServiceProblem {
  if (cause instanceof RequestError) return cause.problem;
  return {
    code: "stream-cut",
    message: "The connection broke off in the middle of the answer.",
    hint: "Look whether npm start is still running, then try again.",
  };
}
