"use client";

import { useQuery } from "@tanstack/react-query";
import { FileUp } from "lucide-react";
import { type DragEvent, useRef, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { Field, Select, Textarea } from "../../ui/field.tsx";
import { plural } from "../../ui/format.ts";
import { Panel } from "../../ui/panel.tsx";
import { useSession } from "../service/session.tsx";
import { useTRPC } from "../service/trpc.tsx";
import { base64Of } from "../tuning/base64.ts";

/** Examples that come with the declaration, or a dataset that is named. */
export type Given =
  | { readonly kind: "file"; readonly name: string; readonly base64: string }
  | { readonly kind: "dataset"; readonly name: string };

/** A file dropped or chosen, cells pasted, or a dataset picked. */
export function GiveExamples({ given, onGive }: { readonly given: Given | undefined; onGive(given: Given): void }) {
  const trpc = useTRPC();
  const { may } = useSession();
  const { data } = useQuery(trpc.datasets.list.queryOptions(undefined, { enabled: may("datasets:read") }));
  const datasets = (data?.datasets ?? []).filter(({ latest }) => (latest?.rows ?? 0) > 0);
  const input = useRef<HTMLInputElement>(null);
  const [pasted, setPasted] = useState("");
  const [isOver, setOver] = useState(false);
  async function read(file: File | undefined) {
    if (file) onGive({ kind: "file", name: file.name, base64: base64Of(new Uint8Array(await file.arrayBuffer())) });
  }
  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    void read(event.dataTransfer.files[0]);
  }
  return (
    <Panel title="Examples" note={given ? `from ${given.name}` : "10 or more; 60 measure a score to within ten points"}>
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
          <p className="text-ink-2">Drop a CSV, XLSX or JSON Lines file here</p>
          <Button onClick={() => input.current?.click()}>
            <FileUp /> Choose a file
          </Button>
          <input
            ref={input}
            type="file"
            aria-label="File of examples"
            accept=".csv,.tsv,.txt,.json,.jsonl,.xlsx,text/*"
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
                  onClick={() =>
                    onGive({
                      kind: "file",
                      name: "pasted.csv",
                      base64: base64Of(new TextEncoder().encode(pasted)),
                    })
                  }
                >
                  Use what I pasted
                </Button>
              </div>
            </div>
          )}
        </Field>
      </div>
      {datasets.length > 0 ? (
        <Field
          label="Or a dataset that is here already"
          hint="The task follows it: when the dataset has a new version, it is planned again."
          className="mt-4"
        >
          {(control) => (
            <Select
              {...control}
              value={given?.kind === "dataset" ? given.name : ""}
              onChange={(event) => {
                const { value } = event.currentTarget;
                if (value !== "") onGive({ kind: "dataset", name: value });
              }}
            >
              <option value="">Choose a dataset</option>
              {datasets.map(({ latest, name }) => (
                <option key={name} value={name}>
                  {name}, {plural(latest?.rows ?? 0, "example")}
                </option>
              ))}
            </Select>
          )}
        </Field>
      ) : null}
    </Panel>
  );
}
