"use client";

import * as Radix from "radix-ui/slider";
import { useId } from "react";

export interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly hint?: string;
  readonly onChange: (value: number) => void;
}

/** A slider and a number field for the same value: drag for a feeling, type for a figure. */
export function Slider({ label, value, min, max, step, hint, onChange }: SliderProps) {
  const id = useId();
  return (
    <div className="grid gap-1">
      <div className="flex items-center justify-between gap-2">
        <label htmlFor={id} className="font-medium text-ink-2 text-xs">
          {label}
        </label>
        <input
          id={id}
          type="number"
          inputMode="decimal"
          min={min}
          max={max}
          step={step}
          value={value}
          aria-describedby={hint ? `${id}-hint` : undefined}
          onChange={(event) => {
            const next = event.currentTarget.valueAsNumber;
            if (Number.isFinite(next)) onChange(Math.min(max, Math.max(min, next)));
          }}
          className="-mr-1.5 w-16 rounded-xs border border-transparent bg-transparent px-1.5 py-0.5 text-right font-medium text-xs outline-none [appearance:textfield] hover:border-line-strong focus:border-accent [&::-webkit-inner-spin-button]:appearance-none"
        />
      </div>
      <Radix.Root
        value={[value]}
        min={min}
        max={max}
        step={step}
        onValueChange={([next]) => next !== undefined && onChange(next)}
        className="relative flex h-4 touch-none select-none items-center"
      >
        <Radix.Track className="relative h-1 grow rounded-full bg-pressed">
          <Radix.Range className="absolute h-full rounded-full bg-ink-3" />
        </Radix.Track>
        <Radix.Thumb
          aria-label={label}
          className="block size-3.5 rounded-full border border-line-strong bg-knob shadow-card transition-transform hover:scale-110 focus-ring"
        />
      </Radix.Root>
      {hint ? (
        <p id={`${id}-hint`} className="text-2xs text-ink-3">
          {hint}
        </p>
      ) : null}
    </div>
  );
}
