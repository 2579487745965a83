"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { FileUp } from "lucide-react";
import { useRouter } from "next/navigation";
import { type FormEvent, useCallback, useEffect, useId, useRef, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input, Select, Textarea } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { isAtWork } from "../activity/job.ts";
import { JobView } from "../activity/job-view.tsx";
import { RequestError } from "../service/request.ts";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { MappingEditor } from "./mapping-editor.tsx";
import { sendFile } from "./send-file.ts";
import type { Inspected, Mapping } from "./types.ts";

export interface ImportDialogProps {
  readonly onClose: () => void;
  /** The dataset that it goes into; left out, a new one. */
  readonly into?: string | undefined;
  /** What is offered as a new one's name. */
  readonly name?: string | undefined;
  /** Text that is taken at once. */
  readonly pasted?: string | undefined;
}

interface Sent {
  readonly upload: string;
  readonly file: string;
}

/** From a file to examples: give it, look at what was understood, correct it, import. */
export function ImportDialog({ into, name: offered, onClose, pasted }: ImportDialogProps) {
  const trpc = useTRPC();
  const router = useRouter();
  const client = useQueryClient();
  const form = useId();
  const [sent, setSent] = useState<Sent>();
  const [found, setFound] = useState<Inspected>();
  const [name, setName] = useState(into ?? offered ?? "");
  const [mode, setMode] = useState<"append" | "replace">("append");
  const [problem, setProblem] = useState<{ message: string; hint?: string | undefined }>();
  const [isSending, setSending] = useState(false);
  const inspect = useMutation(
    trpc.datasets.inspect.mutationOptions({
      onSuccess: (result) => {
        setProblem(undefined);
        setFound(result);
      },
      onError: (error) => setProblem(problemOf(error)),
    }),
  );
  const begin = useMutation(trpc.datasets.import.mutationOptions({ onError: (error) => setProblem(problemOf(error)) }));
  const job = useQuery(
    trpc.jobs.get.queryOptions(
      { id: begin.data?.job ?? "" },
      {
        enabled: begin.data !== undefined,
        refetchInterval: ({ state }) => (state.data && !isAtWork(state.data) ? false : 500),
      },
    ),
  ).data;
  const { mutate: look } = inspect;

  const take = useCallback(
    async (content: Blob, file: string) => {
      setProblem(undefined);
      setFound(undefined);
      setSending(true);
      try {
        const upload = await sendFile(content);
        setSent({ upload, file });
        setName((known) => known || slugOf(file));
        look({ upload, file });
      } catch (cause) {
        setProblem(cause instanceof RequestError ? cause.problem : { message: "The file could not be sent." });
      } finally {
        setSending(false);
      }
    },
    [look],
  );
  const took = useRef(false);
  useEffect(() => {
    if (pasted === undefined || took.current) return;
    took.current = true;
    void take(new Blob([pasted]), `${offered ?? "examples"}.csv`);
  }, [pasted, offered, take]);

  const isDone = job?.state === "done";
  useEffect(() => {
    if (!isDone) return;
    void client.invalidateQueries(trpc.datasets.pathFilter());
    router.push(`/datasets/${encodeURIComponent(name)}`);
    onClose();
  }, [isDone, client, trpc, router, name, onClose]);

  const hasFailed = job?.state === "failed";
  useEffect(() => {
    // Nothing of the file was kept: it is given again, mended.
    if (!hasFailed) return;
    setSent(undefined);
    setFound(undefined);
  }, [hasFailed]);

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (sent === undefined || found === undefined) return;
    setProblem(undefined);
    begin.mutate({ ...sent, name: name.trim(), mapping: found.mapping, mode });
  }
  const isRunning = begin.isPending || (begin.data !== undefined && (job === undefined || isAtWork(job) || isDone));
  return (
    <Dialog
      open
      shape="wide"
      keeps={sent ? "work" : undefined}
      onClose={onClose}
      title={into ? `Import into ${into}` : "Import examples"}
      description="CSV, Excel, JSON Lines, chat messages, preference pairs, or cells copied from a spreadsheet."
      actions={
        found ? (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button kind="primary" type="submit" form={form} disabled={isRunning || inspect.isPending}>
              Import
            </Button>
          </>
        ) : undefined
      }
    >
      {found === undefined ? <GiveFile onGive={take} isBusy={isSending || inspect.isPending} /> : null}
      {problem ? (
        <Notice tone="bad" hint={problem.hint}>
          {problem.message}
        </Notice>
      ) : null}
      {found && sent ? (
        <form id={form} onSubmit={submit} className="grid gap-4">
          <div className="grid gap-4 sm:grid-cols-2">
            <Field label="Dataset" hint={into ? undefined : "Its address, and its name for scripts."}>
              {(control) => (
                <Input
                  {...control}
                  required
                  disabled={into !== undefined}
                  value={name}
                  onChange={(event) => setName(event.currentTarget.value)}
                />
              )}
            </Field>
            <Field label="What is there already">
              {(control) => (
                <Select
                  {...control}
                  value={mode}
                  onChange={(event) => setMode(event.currentTarget.value === "replace" ? "replace" : "append")}
                >
                  <option value="append">stays; the file's rows are added</option>
                  <option value="replace">is replaced by the file's rows</option>
                </Select>
              )}
            </Field>
          </div>
          <MappingEditor
            found={found}
            file={sent.file}
            isLooking={inspect.isPending}
            onMap={(mapping: Mapping) => inspect.mutate({ ...sent, mapping })}
          />
        </form>
      ) : null}
      {job && job.state !== "done" ? <JobView job={job} untitled /> : null}
    </Dialog>
  );
}

function GiveFile({ isBusy, onGive }: { readonly isBusy: boolean; onGive(content: Blob, file: string): void }) {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <section
        aria-label="A file of examples"
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          const [file] = event.dataTransfer.files;
          if (file) onGive(file, file.name);
        }}
        className="grid min-h-32 place-content-center justify-items-center gap-2 rounded-md border border-line-strong border-dashed p-4 text-center"
      >
        <p className="text-ink-2">{isBusy ? "Reading…" : "Drop a file here"}</p>
        <Button onClick={() => input.current?.click()} disabled={isBusy}>
          <FileUp /> Choose a file
        </Button>
        <input
          ref={input}
          type="file"
          aria-label="File to import"
          className="sr-only"
          tabIndex={-1}
          onChange={(event) => {
            const [file] = event.currentTarget.files ?? [];
            if (file) onGive(file, file.name);
          }}
        />
      </section>
      <Field label="Or paste cells">
        {(control) => (
          <div className="grid gap-2">
            <Textarea
              {...control}
              rows={4}
              value={text}
              placeholder={"message\tqueue\nWhere is my parcel?\tdelivery"}
              onChange={(event) => setText(event.currentTarget.value)}
            />
            <Button disabled={text.trim() === "" || isBusy} onClick={() => onGive(new Blob([text]), "pasted cells")}>
              Take these
            </Button>
          </div>
        )}
      </Field>
    </div>
  );
}

function slugOf(file: string): string {
  const slug = file
    .replace(/\.[a-z]+$/i, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, "-")
    .replaceAll(/^[-._]+|[-._]+$/g, "");
  return slug.slice(0, 80) || "examples";
}
