"use client";

import { Field, Input, Select, Textarea } from "../../ui/field.tsx";
import { Slider } from "../../ui/slider.tsx";
import type { ModelCard } from "../service/types.ts";
import type { Candidate, Parameters } from "./types.ts";

export interface ParametersFormProps {
  readonly models: readonly ModelCard[];
  readonly candidate: Candidate;
  readonly system: string;
  readonly onModel: (model: string) => void;
  readonly onSystem: (text: string) => void;
  readonly onChange: (change: Partial<Parameters>) => void;
}

export function ParametersForm({ models, candidate, system, onModel, onSystem, onChange }: ParametersFormProps) {
  const { temperature, topP, maxTokens, seed } = candidate.parameters;
  const model = models.find(({ id }) => id === candidate.model);
  const longest = model?.contextLength ?? 4096;
  return (
    <div className="grid gap-5">
      <Field
        label="Model"
        problem={models.length > 0 && !model ? `There is no model called ${candidate.model}.` : undefined}
      >
        {(control) => (
          <Select
            {...control}
            value={candidate.model}
            onChange={(event) => onModel(event.currentTarget.value)}
            disabled={models.length === 0}
          >
            {model ? null : <option value={candidate.model}>{candidate.model || "Loading"}</option>}
            {models.map(({ id }) => (
              <option key={id} value={id}>
                {id}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label="System message" hint="What holds for the whole conversation.">
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
      <Slider
        label="Temperature"
        value={temperature}
        min={0}
        max={2}
        step={0.05}
        hint={temperature === 0 ? "Always the likeliest token: the same text each time." : undefined}
        onChange={(value) => onChange({ temperature: Math.round(value * 100) / 100 })}
      />
      <Slider
        label="Top-p"
        value={topP}
        min={0}
        max={1}
        step={0.01}
        onChange={(value) => onChange({ topP: Math.round(value * 100) / 100 })}
      />
      <Slider
        label="Max tokens"
        value={Math.min(maxTokens, longest)}
        min={1}
        max={longest}
        step={1}
        onChange={(value) => onChange({ maxTokens: Math.round(value) })}
      />
      <Field label="Seed" hint="Empty: a new one for each answer. The same seed gives the same text.">
        {(control) => (
          <Input
            {...control}
            type="number"
            inputMode="numeric"
            min={0}
            max={4294967295}
            step={1}
            placeholder="Random"
            value={seed ?? ""}
            onChange={(event) => {
              const { valueAsNumber: value } = event.currentTarget;
              onChange({ seed: Number.isInteger(value) && value >= 0 && value < 2 ** 32 ? value : undefined });
            }}
          />
        )}
      </Field>
    </div>
  );
}
