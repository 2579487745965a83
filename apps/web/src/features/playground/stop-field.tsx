"use client";

import { useState } from "react";
import { Field, Textarea } from "../../ui/field.tsx";

export interface StopFieldProps {
  readonly stop: readonly string[];
  readonly onChange: (stop: readonly string[]) => void;
}

const most = 16;

/** Texts that end an answer, one a line; `\n` in it stands for a line's end. */
export function StopField({ stop, onChange }: StopFieldProps) {
  // What is being typed may hold empty lines, which are no texts.
  const [typed, setTyped] = useState<string>();
  const shown = stop.map((text) => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n"));
  const count = typed === undefined ? 0 : linesOf(typed).length;
  return (
    <Field
      label="Stop at"
      hint={"One text a line; \\n stands for the end of a line."}
      problem={count > most ? `At most ${most} texts can end an answer; the first ${most} count.` : undefined}
    >
      {(control) => (
        <Textarea
          {...control}
          rows={2}
          value={typed ?? shown.join("\n")}
          onChange={(event) => {
            const { value } = event.currentTarget;
            setTyped(value);
            onChange(linesOf(value).slice(0, most));
          }}
          onBlur={() => setTyped(undefined)}
          className="field-sizing-content max-h-32 font-mono text-xs"
        />
      )}
    </Field>
  );
}

function linesOf(typed: string): string[] {
  return typed
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.replaceAll(/\\(\\|n)/g, (_, sign: string) => (sign === "n" ? "\n" : "\\")).slice(0, 1000));
}
