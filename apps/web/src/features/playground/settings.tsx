"use client";

import { Field, Textarea } from "../../ui/field.tsx";
import { StoredModels } from "./browser/stored-models.tsx";
import { FormatField } from "./format-field.tsx";
import { ParametersForm } from "./parameters-form.tsx";
import type { BrowserDevice, Candidate, Parameters } from "./types.ts";

export interface SettingsProps {
  readonly system: string;
  readonly candidate: Candidate;
  /** The column's number, where there are several. */
  readonly number: number | undefined;
  readonly contextLength: number | undefined;
  /** Whether an answer can be held to a form. */
  readonly takesFormat: boolean;
  readonly onSystem: (text: string) => void;
  readonly onChange: (change: Partial<Parameters>) => void;
  readonly onDevice: (device: BrowserDevice) => void;
}

/** What all columns share, then what is the selected column's own. */
export function Settings(props: SettingsProps) {
  const { system, candidate, number, contextLength, takesFormat, onSystem, onChange, onDevice } = props;
  return (
    <div className="grid gap-5">
      <Field label="System message" hint="What holds for the whole conversation, in every column.">
        {(control) => (
          <Textarea
            {...control}
            rows={4}
            value={system}
            onChange={(event) => onSystem(event.currentTarget.value)}
            placeholder="You answer in one sentence."
            className="field-sizing-content max-h-60 min-h-[92px]"
          />
        )}
      </Field>
      <div className="border-line border-t" />
      <h2 className="-mb-2 font-medium">{number === undefined ? "Parameters" : `Parameters of column ${number}`}</h2>
      <ParametersForm candidate={candidate} contextLength={contextLength} onChange={onChange} onDevice={onDevice} />
      {takesFormat || candidate.parameters.format.type !== "text" ? (
        <FormatField format={candidate.parameters.format} onChange={(format) => onChange({ format })} />
      ) : null}
      <StoredModels />
    </div>
  );
}
