"use client";

import { X } from "lucide-react";
import { Badge } from "../../ui/badge.tsx";
import { ButtonLink, IconButton } from "../../ui/button.tsx";
import { Select } from "../../ui/field.tsx";
import { Panel } from "../../ui/panel.tsx";
import type { Choices } from "./types.ts";

export interface EvaluatorChoiceProps {
  readonly choices: Choices;
  /** The first decides. */
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
}

/** How answers are judged: one evaluator decides, others are shown beside it. */
export function EvaluatorChoice({ choices, chosen, onChange }: EvaluatorChoiceProps) {
  const left = choices.evaluators.filter(({ name }) => !chosen.includes(name));
  return (
    <Panel
      title="Judged by"
      note="the first decides"
      actions={
        <ButtonLink size="sm" kind="quiet" href="/evaluators/new">
          Write a rubric
        </ButtonLink>
      }
    >
      <div className="grid gap-3">
        <ul className="grid gap-1.5">
          {chosen.map((name, index) => (
            <li key={name} className="flex min-w-0 items-center gap-2">
              <span className="font-medium">{name}</span>
              {index === 0 ? <Badge tone="accent">decides</Badge> : null}
              <span className="min-w-0 truncate text-ink-3 text-xs">
                {choices.evaluators.find((one) => one.name === name)?.what}
              </span>
              {chosen.length > 1 ? (
                <IconButton
                  label={`Leave ${name} out`}
                  size="sm"
                  className="ml-auto"
                  onClick={() => onChange(chosen.filter((one) => one !== name))}
                >
                  <X />
                </IconButton>
              ) : null}
            </li>
          ))}
        </ul>
        <div className="flex flex-wrap gap-2">
          <Select
            aria-label="Evaluator that decides"
            value={chosen[0] ?? ""}
            onChange={({ target }) =>
              onChange([target.value, ...chosen.slice(1).filter((one) => one !== target.value)])
            }
          >
            {choices.evaluators.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
          {chosen.length < 8 ? (
            <Select
              aria-label="Another evaluator"
              value=""
              onChange={({ target }) => target.value !== "" && onChange([...chosen, target.value])}
            >
              <option value="">and also by…</option>
              {left.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </Select>
          ) : null}
        </div>
      </div>
    </Panel>
  );
}
