"use client";

import { useQuery } from "@tanstack/react-query";
import { FileUp, ThumbsUp } from "lucide-react";
import { type DragEvent, useRef, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { Field, Select, Textarea } from "../../ui/field.tsx";
import { plural } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { sendFile } from "../datasets/send-file.ts";
import { RequestError } from "../service/request.ts";
import { useSession } from "../service/session.tsx";
import { useTRPC } from "../service/trpc.tsx";
import type { SamplesFrom } from "./types.ts";

export interface Given {
  readonly name: string;
  readonly from: SamplesFrom;
}

export interface GiveExamplesProps {
  /** The name of what was given. */
  readonly given: string | undefined;
  onGive(given: Given): void;
}

/** Where examples come from: a file, cells that are pasted, a dataset, what people said of answers. */
export function GiveExamples({ given, onGive }: GiveExamplesProps) {
  const { may } = useSession();
  const input = useRef<HTMLInputElement>(null);
  const [pasted, setPasted] = useState("");
  const [isOver, setOver] = useState(false);
  const { isSending, problem, send } = useSending(onGive);
  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    const [file] = event.dataTransfer.files;
    if (file) void send(file, file.name);
  }
  return (
    <Panel
      title="Examples"
      note={given ? `from ${given}` : "CSV, Excel, JSON Lines, or cells from a spreadsheet; 10 to 3 million"}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <section
          aria-label="A file of examples"
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={drop}
          className={cx(
            "grid min-h-32 place-content-center justify-items-center gap-2 rounded-md border border-line-strong border-dashed p-4 text-center",
            isOver && "bg-accent-soft",
          )}
        >
          <p className="text-ink-2">{isSending ? "Sending…" : "Drop a file here"}</p>
          <Button onClick={() => input.current?.click()} disabled={isSending}>
            <FileUp /> Choose a file
          </Button>
          <input
            ref={input}
            type="file"
            aria-label="File of examples"
            accept=".csv,.tsv,.txt,.jsonl,.json,.xlsx,text/*"
            className="sr-only"
            tabIndex={-1}
            onChange={(event) => {
              const [file] = event.currentTarget.files ?? [];
              if (file) void send(file, file.name);
            }}
          />
        </section>
        <Field label="Or paste them">
          {(control) => (
            <div className="grid gap-2">
              <Textarea
                {...control}
                rows={4}
                value={pasted}
                placeholder={"message\tqueue\nWhere is my parcel?\tdelivery"}
                onChange={(event) => setPasted(event.currentTarget.value)}
              />
              <div>
                <Button
                  disabled={pasted.trim() === "" || isSending}
                  onClick={() => void send(new Blob([pasted]), "pasted examples")}
                >
                  Use what I pasted
                </Button>
              </div>
            </div>
          )}
        </Field>
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
      </div>
      {problem ? (
        <Notice tone="bad" hint={problem.hint} className="mt-4">
          {problem.message}
        </Notice>
      ) : null}
    </Panel>
  );
}

function PickDataset({ given, onGive }: GiveExamplesProps) {
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

/** Sends what was given to the service, which reads it from its disk however large it is. */
export function useSending(onGive: (given: Given) => void) {
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState<{ message: string; hint?: string | undefined }>();
  async function send(content: Blob, file: string) {
    setProblem(undefined);
    setSending(true);
    try {
      const upload = await sendFile(content);
      onGive({ name: file.replace(/\.[a-z]+$/i, ""), from: { kind: "file", upload, file } });
    } catch (cause) {
      setProblem(cause instanceof RequestError ? cause.problem : { message: "The file could not be sent." });
    } finally {
      setSending(false);
    }
  }
  return { isSending, problem, send };
}
