"use client";

import { FileUp } from "lucide-react";
import { type DragEvent, useRef, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { Field, Textarea } from "../../ui/field.tsx";
import { Panel } from "../../ui/panel.tsx";
import { base64Of } from "../tuning/base64.ts";

export interface Given {
  readonly name: string;
  readonly base64: string;
}

/** A file dropped or chosen, or cells pasted. */
export function GiveExamples({ given, onGive }: { readonly given: string | undefined; onGive(given: Given): void }) {
  const input = useRef<HTMLInputElement>(null);
  const [pasted, setPasted] = useState("");
  const [isOver, setOver] = useState(false);
  async function read(file: File | undefined) {
    if (file) onGive({ name: file.name, base64: base64Of(new Uint8Array(await file.arrayBuffer())) });
  }
  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    void read(event.dataTransfer.files[0]);
  }
  return (
    <Panel title="Examples" note={given ? `from ${given}` : "10 or more; 60 measure a score to within ten points"}>
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
            "grid min-h-28 place-items-center gap-2 rounded-md border border-line-strong border-dashed p-4 text-center",
            isOver && "bg-accent-soft",
          )}
        >
          <p className="text-ink-2">Drop a CSV or JSON Lines file here</p>
          <Button onClick={() => input.current?.click()}>
            <FileUp /> Choose a file
          </Button>
          <input
            ref={input}
            type="file"
            aria-label="File of examples"
            accept=".csv,.tsv,.txt,.jsonl,text/*"
            className="sr-only"
            tabIndex={-1}
            onChange={(event) => void read(event.currentTarget.files?.[0])}
          />
        </section>
        <Field label="Or paste them">
          {(control) => (
            <div className="grid gap-2">
              <Textarea
                {...control}
                rows={3}
                value={pasted}
                placeholder={"message\tqueue\nWhere is my parcel?\tdelivery"}
                onChange={(event) => setPasted(event.currentTarget.value)}
              />
              <div>
                <Button
                  disabled={pasted.trim() === ""}
                  onClick={() => onGive({ name: "pasted.csv", base64: base64Of(new TextEncoder().encode(pasted)) })}
                >
                  Use what I pasted
                </Button>
              </div>
            </div>
          )}
        </Field>
      </div>
    </Panel>
  );
}
