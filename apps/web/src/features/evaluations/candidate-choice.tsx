"use client";

import { Panel } from "../../ui/panel.tsx";
import type { Choices } from "./types.ts";

export interface Chosen {
  readonly models: readonly string[];
  /** `name@3` or `name@label`. */
  readonly prompts: readonly string[];
}

export interface CandidateChoiceProps {
  readonly choices: Choices;
  readonly chosen: Chosen;
  readonly onChange: (chosen: Chosen) => void;
}

/** Models and prompts, each with each. */
export function CandidateChoice({ choices, chosen, onChange }: CandidateChoiceProps) {
  return (
    <div className="grid items-start gap-4 md:grid-cols-2">
      <Panel title="Models" note={chosen.prompts.length > 0 ? "none chosen: each prompt's own" : undefined}>
        <Boxes
          label="Models to compare"
          options={choices.models.map(({ kind, name }) => ({ value: name, note: kind }))}
          chosen={chosen.models}
          onChange={(models) => onChange({ ...chosen, models })}
        />
      </Panel>
      <Panel title="Prompts" note="each is said to each model">
        {choices.prompts.length === 0 ? (
          <p className="text-ink-2">
            There is no prompt yet. Models are asked the example as it is, or with an instruction below.
          </p>
        ) : (
          <Boxes
            label="Prompts to compare"
            options={choices.prompts.map(({ model, stands, version }) => ({
              value: stands,
              note: stands.endsWith(`@${version}`) ? model : `version ${version}, ${model}`,
            }))}
            chosen={chosen.prompts}
            onChange={(prompts) => onChange({ ...chosen, prompts })}
          />
        )}
      </Panel>
    </div>
  );
}

interface BoxesProps {
  readonly label: string;
  readonly options: readonly { readonly value: string; readonly note: string }[];
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
}

function Boxes({ chosen, label, onChange, options }: BoxesProps) {
  return (
    <fieldset className="grid max-h-64 gap-1 overflow-y-auto">
      <legend className="sr-only">{label}</legend>
      {options.map(({ note, value }) => (
        <label
          key={value}
          className="flex min-w-0 cursor-pointer items-center gap-2 rounded-sm px-1 py-1 hover:bg-hover"
        >
          <input
            type="checkbox"
            className="focus-ring accent-accent"
            checked={chosen.includes(value)}
            onChange={({ target }) =>
              onChange(target.checked ? [...chosen, value] : chosen.filter((one) => one !== value))
            }
          />
          <span className="truncate">{value}</span>
          <span className="ml-auto shrink-0 truncate text-ink-3 text-xs">{note}</span>
        </label>
      ))}
    </fieldset>
  );
}
