"use client";

import { useId } from "react";

export interface ChecksProps {
  readonly legend: string;
  readonly all: string;
  readonly some: string;
  readonly choices: readonly { readonly value: string; readonly words: string; readonly code?: string }[];
  /** Undefined: all. */
  readonly chosen: readonly string[] | undefined;
  readonly onAll: () => void;
  /** Without values: "only these" was just chosen, and a sensible beginning is wanted. */
  readonly onSome: (values?: readonly string[]) => void;
  readonly problem: string | undefined;
}

const control = "size-3.5 shrink-0 accent-accent pointer-coarse:size-5";

/** All of something, or only what is ticked. */
export function Checks({ legend, all, some, choices, chosen, onAll, onSome, problem }: ChecksProps) {
  const name = useId();
  return (
    <fieldset className="grid gap-1.5" aria-describedby={problem ? `${name}-problem` : undefined}>
      <legend className="mb-1.5 font-medium text-ink-2 text-xs">{legend}</legend>
      <div className="flex flex-wrap gap-x-6 gap-y-1">
        <label className="flex items-center gap-2 py-0.5">
          <input type="radio" name={name} className={control} checked={chosen === undefined} onChange={onAll} />
          {all}
        </label>
        <label className="flex items-center gap-2 py-0.5">
          <input
            type="radio"
            name={name}
            className={control}
            checked={chosen !== undefined}
            onChange={() => onSome()}
            disabled={choices.length === 0}
          />
          {some}
        </label>
      </div>
      {chosen === undefined ? null : (
        <div className="grid max-h-44 overflow-y-auto rounded-md border border-line px-3 py-1.5">
          {choices.map(({ value, words, code }) => (
            <label key={value} className="flex items-center gap-2 py-1">
              <input
                type="checkbox"
                className={control}
                checked={chosen.includes(value)}
                onChange={(event) =>
                  onSome(event.currentTarget.checked ? [...chosen, value] : chosen.filter((one) => one !== value))
                }
              />
              <span className="grow">{words}</span>
              {code ? <code className="font-mono text-2xs text-ink-3">{code}</code> : null}
            </label>
          ))}
        </div>
      )}
      {problem ? (
        <p id={`${name}-problem`} className="text-bad text-xs">
          {problem}
        </p>
      ) : null}
    </fieldset>
  );
}
