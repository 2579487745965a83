"use client";

import { FileUp } from "lucide-react";
import { type DragEvent, type ReactNode, useRef, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { Field, Textarea } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";

export interface GiveExamplesProps {
  /** What was given, or what may be. */
  readonly note: string;
  /** Said while what was given is on its way; then nothing else can be given. */
  readonly busy: string | undefined;
  readonly problem: { readonly message: string; readonly hint?: string | undefined } | undefined;
  /** Of the files that can be chosen. */
  readonly accept?: string;
  onGive(content: Blob, file: string): void;
  /** Where else examples may come from. */
  readonly children?: ReactNode;
}

/** Examples as a file that is dropped or chosen, as cells that are pasted, or from elsewhere. */
export function GiveExamples({ accept, busy, children, note, onGive, problem }: GiveExamplesProps) {
  const input = useRef<HTMLInputElement>(null);
  const [pasted, setPasted] = useState("");
  const [isOver, setOver] = useState(false);
  const give = (file: File | undefined) => {
    if (file && busy === undefined) onGive(file, file.name);
  };
  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    give(event.dataTransfer.files[0]);
  }
  return (
    <Panel title="Examples" note={note}>
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
          <p className="text-ink-2">{busy ?? "Drop a file here"}</p>
          <Button onClick={() => input.current?.click()} disabled={busy !== undefined}>
            <FileUp /> Choose a file
          </Button>
          <input
            ref={input}
            type="file"
            aria-label="File of examples"
            accept={accept ?? ".csv,.tsv,.txt,.jsonl,.json,.xlsx,text/*"}
            className="sr-only"
            tabIndex={-1}
            onChange={(event) => give(event.currentTarget.files?.[0])}
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
                  disabled={pasted.trim() === "" || busy !== undefined}
                  onClick={() => onGive(new Blob([pasted]), "pasted examples")}
                >
                  Use what I pasted
                </Button>
              </div>
            </div>
          )}
        </Field>
        {children}
      </div>
      {problem ? (
        <Notice tone="bad" hint={problem.hint} className="mt-4">
          {problem.message}
        </Notice>
      ) : null}
    </Panel>
  );
}
