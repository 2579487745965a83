"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { FileUp } from "lucide-react";
import { useRouter } from "next/navigation";
import { type DragEvent, type FormEvent, useEffect, useRef, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { Field, Input } from "../../ui/field.tsx";
import { bytes, written } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { useTRPC } from "../service/trpc.tsx";
import { digestProblem, nameProblem } from "./model-name.ts";
import { plainFileName } from "./transfer-rate.ts";
import type { PendingUpload } from "./types.ts";
import { forgetUpload, startUpload, uploadBecame } from "./upload-file.ts";
import { UploadProgress } from "./upload-progress.tsx";
import { useDiscardUpload, useUpload } from "./use-upload.ts";

export interface AddByUploadProps {
  readonly taken: readonly string[];
  /** In bytes. */
  readonly limit: number;
  readonly onClose: () => void;
}

export function AddByUpload({ taken, limit, onClose }: AddByUploadProps) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  const picker = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<File>();
  const [name, setName] = useState("");
  const [sha256, setSha256] = useState("");
  const [over, setOver] = useState(false);
  const waiting = useQuery(trpc.uploads.list.queryOptions()).data?.uploads ?? [];
  const discard = useMutation(
    trpc.uploads.discard.mutationOptions({
      onSettled: () => void queries.invalidateQueries({ queryKey: trpc.uploads.list.queryKey() }),
    }),
  );
  const upload = useUpload();
  const giveUp = useDiscardUpload();
  const added = upload?.phase === "added" ? upload.name : undefined;
  useEffect(() => {
    if (added === undefined) return;
    forgetUpload();
    onClose();
    router.push(`/models/${encodeURIComponent(added)}`);
  }, [added, onClose, router]);
  const resumed = file && waiting.find((one) => isSame(one, file));
  const wrongFile = file && fileProblem(file, limit);
  const problems = { name: nameProblem(name.trim(), taken), sha256: digestProblem(sha256.trim()) };

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!file || wrongFile || problems.name || problems.sha256) return;
    void startUpload({ file, name: name.trim(), sha256: sha256.trim(), resume: resumed });
  }

  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    setFile(event.dataTransfer.files[0]);
  }

  if (upload && upload.phase !== "added") {
    const renames = upload.phase === "refused" && ["exists", "bad-name"].includes(upload.problem?.code ?? "");
    return (
      <div className="grid gap-4 px-5 pt-4">
        <UploadProgress upload={upload} onDiscard={giveUp} />
        {renames ? (
          <Field label="Another name" problem={problems.name}>
            {(control) => <Input {...control} value={name} onChange={(event) => setName(event.currentTarget.value)} />}
          </Field>
        ) : null}
        <footer className="flex justify-end gap-2">
          {["failed", "refused"].includes(upload.phase) ? (
            <Button kind="quiet" onClick={giveUp}>
              Choose another file
            </Button>
          ) : null}
          {renames ? (
            <Button
              kind="primary"
              disabled={name.trim() === "" || problems.name !== undefined}
              onClick={() => uploadBecame({ phase: "here", name: name.trim() })}
            >
              Add it
            </Button>
          ) : (
            <Button onClick={onClose}>Close, go on in the background</Button>
          )}
        </footer>
      </div>
    );
  }
  return (
    <form onSubmit={submit} noValidate className="grid gap-4 px-5 pt-4">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: files are dropped on it; its button does the same. */}
      <div
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
        className={cx(
          "grid place-items-center gap-2 rounded-lg border border-dashed px-4 py-6 text-center",
          over ? "border-accent bg-accent-soft" : "border-line-strong",
        )}
      >
        <FileUp aria-hidden className="size-5 text-ink-3" />
        <p className="text-ink-2">
          {file ? (
            <>
              <span className="font-medium text-ink">{file.name}</span>, {written(bytes(file.size))}
            </>
          ) : (
            "Drop a .gguf file here"
          )}
        </p>
        <input
          ref={picker}
          type="file"
          accept=".gguf"
          aria-label="Model file"
          className="sr-only"
          tabIndex={-1}
          onChange={(event) => setFile(event.currentTarget.files?.[0])}
        />
        <Button size="sm" onClick={() => picker.current?.click()}>
          {file ? "Choose another" : "Choose a file"}
        </Button>
      </div>
      {wrongFile ? <Notice tone="bad">{wrongFile}</Notice> : null}
      {resumed ? (
        <Notice tone="neutral">
          {written(bytes(resumed.received))} of it are here already: it goes on from there.
        </Notice>
      ) : null}
      {!file && waiting.length > 0 ? (
        <ul className="grid gap-1">
          {waiting.map((one) => (
            <li key={one.id} className="flex items-center gap-2 text-ink-2">
              <span className="min-w-0 grow truncate">
                {one.fileName}: {percentOf(one)} % here. Choose it again to go on.
              </span>
              <Button kind="quiet" size="sm" onClick={() => discard.mutate({ id: one.id })}>
                Discard<span className="sr-only"> {one.fileName}</span>
              </Button>
            </li>
          ))}
        </ul>
      ) : null}
      <Field label="Name" hint="What requests call it; by default the file's name." problem={problems.name}>
        {(control) => <Input {...control} value={name} onChange={(event) => setName(event.currentTarget.value)} />}
      </Field>
      <Field label="SHA-256, if you know it" hint="A file with another digest is refused." problem={problems.sha256}>
        {(control) => (
          <Input
            {...control}
            spellCheck={false}
            className="font-mono"
            value={sha256}
            onChange={(event) => setSha256(event.currentTarget.value)}
          />
        )}
      </Field>
      <footer className="flex justify-end gap-2">
        <Button kind="quiet" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" kind="primary" disabled={!file || Boolean(wrongFile ?? problems.name ?? problems.sha256)}>
          {resumed ? "Go on with the upload" : "Upload"}
        </Button>
      </footer>
    </form>
  );
}

function fileProblem({ name, size }: File, limit: number): string | undefined {
  if (!/\.gguf$/i.test(name))
    return "This is no .gguf file. A folder of safetensors is added from this machine or the hub.";
  if (/-\d{5}-of-\d{5}\.gguf$/i.test(name))
    return "This is one part of several. Copy all parts onto the service's machine and add the first by its path, or add it from the hub.";
  if (size === 0) return "This file is empty.";
  if (size > limit) return `This file has ${written(bytes(size))}; at most ${written(bytes(limit))} are taken.`;
  return undefined;
}

function isSame(upload: PendingUpload, file: File): boolean {
  return upload.size === file.size && upload.fileName === plainFileName(file.name);
}

function percentOf({ received, size }: PendingUpload): number {
  return Math.floor((100 * received) / Math.max(1, size));
}
