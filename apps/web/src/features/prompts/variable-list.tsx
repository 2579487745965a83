"use client";

import { Input, Select } from "../../ui/field.tsx";
import type { Variable } from "./types.ts";

const types = [
  ["text", "a text"],
  ["number", "a number"],
  ["integer", "a whole number"],
  ["boolean", "true or false"],
  ["choice", "one of"],
  ["json", "JSON"],
] as const;

export interface VariableListProps {
  readonly variables: readonly Variable[];
  readonly onChange: (variables: Variable[]) => void;
}

/** What stands in braces in the messages, and what each may be. */
export function VariableList({ onChange, variables }: VariableListProps) {
  if (variables.length === 0) {
    return <p className="text-ink-3 text-xs">Write {"{{name}}"} in a message and it becomes a variable.</p>;
  }
  const set = (name: string, next: Partial<Variable>) =>
    onChange(variables.map((one) => (one.name === name ? { ...one, ...next } : one)));
  return (
    <section className="grid gap-2">
      <h3 className="font-medium text-ink-2 text-xs">Variables</h3>
      <ul className="grid gap-px overflow-hidden rounded-md border border-line bg-line">
        {variables.map(({ name, options, required, type }) => (
          <li key={name} className="flex flex-wrap items-center gap-2 bg-surface px-3 py-2">
            <code className="min-w-24 grow font-mono text-xs">{name}</code>
            <Select
              aria-label={`Type of ${name}`}
              value={type}
              onChange={(event) => {
                const found = types.find(([one]) => one === event.currentTarget.value)?.[0];
                if (found) set(name, { type: found, ...(found === "choice" && { options: options ?? [""] }) });
              }}
            >
              {types.map(([one, words]) => (
                <option key={one} value={one}>
                  {words}
                </option>
              ))}
            </Select>
            {type === "choice" ? (
              <Input
                aria-label={`Options of ${name}`}
                placeholder="billing, bug, other"
                className="max-w-52"
                defaultValue={(options ?? []).join(", ")}
                onChange={(event) => {
                  const given = event.currentTarget.value.split(",").map((one) => one.trim());
                  set(name, { options: given.filter((one) => one !== "") });
                }}
              />
            ) : null}
            <label className="flex items-center gap-1.5 text-xs">
              <input
                type="checkbox"
                checked={required}
                onChange={(event) => set(name, { required: event.currentTarget.checked })}
              />
              needed
            </label>
          </li>
        ))}
      </ul>
    </section>
  );
}
