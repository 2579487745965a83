"use client";

import { Button } from "../../ui/button.tsx";
import { Field, Select } from "../../ui/field.tsx";
import { plural } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { ScrollRegion } from "../../ui/scroll-region.tsx";
import type { Checked, FindingKind } from "./types.ts";

export interface CheckedExamplesProps {
  readonly checked: Checked;
  readonly isChecking: boolean;
  onMap(mapping: Checked["mapping"]): void;
  onMend(kind: FindingKind): void;
}

/** What was understood of the examples, and what may be wrong with them. */
export function CheckedExamples({ checked, isChecking, onMap, onMend }: CheckedExamplesProps) {
  const { columns, examples, findings, kind, labels, mapping, preview, rows, taken } = checked;
  const what =
    kind === "labels"
      ? `sorting into ${plural(labels.length, "answer")}`
      : kind === "pairs"
        ? "which of two answers is better"
        : "answers in free text, compared word by word";
  const options = columns.map((column) => (
    <option key={column} value={column}>
      {column}
    </option>
  ));
  return (
    <Panel title={plural(examples, "example")} note={what}>
      <div className="grid gap-4">
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="The model is shown">
            {(control) => (
              <Select
                {...control}
                value={mapping.input}
                onChange={(event) => onMap({ ...mapping, input: event.currentTarget.value })}
              >
                {options}
              </Select>
            )}
          </Field>
          <Field label="It should answer">
            {(control) => (
              <Select
                {...control}
                value={mapping.output}
                onChange={(event) => onMap({ ...mapping, output: event.currentTarget.value })}
              >
                {options}
              </Select>
            )}
          </Field>
        </div>
        {taken < rows ? (
          <p className="text-ink-2">
            {taken.toLocaleString("en")} of {rows.toLocaleString("en")} are taken, chosen by their content: no run
            learns from more.
          </p>
        ) : null}
        {findings.map(({ kind: found, mend, sentence, weight }) => (
          <Notice
            key={found}
            tone={weight === "stop" ? "bad" : "warn"}
            action={
              mend === null ? undefined : (
                <Button size="sm" className="whitespace-normal" disabled={isChecking} onClick={() => onMend(found)}>
                  {mend}
                </Button>
              )
            }
          >
            {sentence}
          </Notice>
        ))}
        {findings.length === 0 ? <p className="text-ink-2">Nothing is wrong with them.</p> : null}
        <ScrollRegion label="The first examples" className="focus-ring overflow-x-auto rounded-md border border-line">
          <table className="w-full min-w-[480px] text-left">
            <thead className="text-ink-3 text-xs">
              <tr className="border-line border-b">
                <th className="px-3 py-2 font-medium">{mapping.input}</th>
                <th className="px-3 py-2 font-medium">{mapping.output}</th>
              </tr>
            </thead>
            <tbody>
              {preview.map(({ input, output }, row) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: examples may repeat, and never move
                <tr key={row} className="border-line border-b last:border-b-0">
                  <td className="px-3 py-1.5">{input}</td>
                  <td className="px-3 py-1.5 text-ink-2">{output}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollRegion>
      </div>
    </Panel>
  );
}
