"use client";

import { Field, Input, Select } from "../../ui/field.tsx";
import { Slider } from "../../ui/slider.tsx";
import { Switch } from "../../ui/switch.tsx";
import { alternatives } from "./chat-body.ts";
import { StopField } from "./stop-field.tsx";
import type { BrowserDevice, Candidate, Parameters } from "./types.ts";

export interface ParametersFormProps {
  readonly candidate: Candidate;
  /** Tokens that fit into one conversation, where it is known. */
  readonly contextLength: number | undefined;
  readonly onChange: (change: Partial<Parameters>) => void;
  readonly onDevice: (device: BrowserDevice) => void;
}

/** How one column's model writes. */
export function ParametersForm({ candidate, contextLength = 4096, onChange, onDevice }: ParametersFormProps) {
  const { temperature, topP, maxTokens, seed, frequencyPenalty, presencePenalty, stop, logprobs } =
    candidate.parameters;
  return (
    <div className="grid gap-5">
      {candidate.place === "browser" ? (
        <Field label="Computes with" hint="The same engine as the service's, in this tab.">
          {(control) => (
            <Select
              {...control}
              value={candidate.device}
              onChange={(event) => onDevice(deviceOf(event.currentTarget.value))}
            >
              <option value="auto">WebGPU, else WebAssembly</option>
              <option value="webgpu">WebGPU</option>
              <option value="cpu">WebAssembly</option>
            </Select>
          )}
        </Field>
      ) : null}
      <Slider
        label="Temperature"
        value={temperature}
        min={0}
        max={2}
        step={0.05}
        hint={temperature === 0 ? "Always the likeliest token: the same text each time." : undefined}
        onChange={(value) => onChange({ temperature: rounded(value) })}
      />
      <Slider
        label="Top-p"
        value={topP}
        min={0}
        max={1}
        step={0.01}
        onChange={(value) => onChange({ topP: rounded(value) })}
      />
      <Slider
        label="Max tokens"
        value={Math.min(maxTokens, contextLength)}
        min={1}
        max={contextLength}
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
      <Switch
        label="Show how likely each word was"
        hint={`Logprobs, with ${alternatives} alternatives for each token.`}
        checked={logprobs}
        onChange={(checked) => onChange({ logprobs: checked })}
      />
      <StopField stop={stop} onChange={(next) => onChange({ stop: next })} />
      <Slider
        label="Frequency penalty"
        value={frequencyPenalty}
        min={-2}
        max={2}
        step={0.1}
        onChange={(value) => onChange({ frequencyPenalty: rounded(value) })}
      />
      <Slider
        label="Presence penalty"
        value={presencePenalty}
        min={-2}
        max={2}
        step={0.1}
        onChange={(value) => onChange({ presencePenalty: rounded(value) })}
      />
    </div>
  );
}

function rounded(value: number): number {
  // Adding zero makes the negative zero of a slider a plain one.
  return Math.round(value * 100) / 100 + 0;
}

function deviceOf(text: string): BrowserDevice {
  return text === "webgpu" || text === "cpu" ? text : "auto";
}
