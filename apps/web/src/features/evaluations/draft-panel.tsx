"use client";

import { X } from "lucide-react";
import { IconButton } from "../../ui/button.tsx";
import { Field, Input, Select, Textarea } from "../../ui/field.tsx";
import { Panel } from "../../ui/panel.tsx";
import type { Draft } from "./candidates.ts";

export interface DraftPanelProps {
  readonly draft: Draft;
  readonly number: number;
  readonly models: readonly string[];
  readonly onChange: (part: Partial<Draft>) => void;
  readonly onRemove: () => void;
}

/** A candidate that is written here: a model with an instruction. */
export function DraftPanel({ draft, models, number, onChange, onRemove }: DraftPanelProps) {
  return (
    <Panel
      title={`With an instruction, ${number}`}
      actions={
        <IconButton label={`Remove instruction ${number}`} size="sm" onClick={onRemove}>
          <X />
        </IconButton>
      }
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Model or alias">
          {(control) => (
            <Select {...control} value={draft.model} onChange={({ target }) => onChange({ model: target.value })}>
              {models.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Name" hint="As the result calls it">
          {(control) => (
            <Input
              {...control}
              value={draft.name}
              maxLength={120}
              onChange={({ target }) => onChange({ name: target.value })}
            />
          )}
        </Field>
        <Field
          label="Instruction"
          hint="Said before each example; {{message}} stands for its field message"
          className="sm:col-span-2"
        >
          {(control) => (
            <Textarea
              {...control}
              rows={4}
              value={draft.instruction}
              onChange={({ target }) => onChange({ instruction: target.value })}
            />
          )}
        </Field>
      </div>
    </Panel>
  );
}
