"use client";

import { Trash2 } from "lucide-react";
import { useEffect, useState } from "react";
import { stringify } from "yaml";
import { Button } from "../../ui/button.tsx";
import { Field, Input, Select, Textarea } from "../../ui/field.tsx";
import {
  connectSteps,
  type DrawnStep,
  disconnectSteps,
  readFields,
  removeStep,
  renameStep,
  setField,
  stepValue,
} from "./flow-yaml.ts";
import { kindFields, kindWords, type StepField, settingFields } from "./step-kinds.ts";

export interface StepFormProps {
  readonly text: string;
  readonly step: DrawnStep;
  readonly steps: readonly DrawnStep[];
  readonly onType: (text: string) => void;
  readonly onSet: (text: string, chosen?: string) => void;
  readonly onClose: () => void;
}

/** One step's fields; what is typed here stands in the document at once. */
export function StepForm({ onClose, onSet, onType, step, steps, text }: StepFormProps) {
  const { kind, name } = step;
  const value = stepValue(text, name);
  const fields = kind === undefined ? [] : kindFields[kind];
  const waited = [value.after].flat();
  return (
    <section aria-label={`Step ${name}`} className="grid gap-3 border-line border-t p-4">
      <div className="flex items-end gap-2">
        <NameField
          key={name}
          name={name}
          onName={(next) => {
            const renamed = renameStep(text, name, next);
            if (renamed !== text) onSet(renamed, next);
          }}
        />
        <Button kind="quiet" onClick={onClose}>
          Close
        </Button>
        <Button kind="danger" aria-label={`Remove the step ${name}`} onClick={() => onSet(removeStep(text, name))}>
          <Trash2 aria-hidden />
          Remove
        </Button>
      </div>
      <p className="text-ink-3 text-xs">{kind === undefined ? "Say in the text what it does." : kindWords[kind]}</p>
      <div className="grid gap-3 sm:grid-cols-2">
        {fields.map((field) => (
          <StepControl
            key={`${name} ${field.path.join(".")}`}
            field={field}
            value={valueAt(value, field.path)}
            onValue={(next) => onType(setField(text, name, field.path, next))}
          />
        ))}
      </div>
      <details>
        <summary className="focus-ring cursor-pointer rounded-sm text-ink-2 text-xs">Tries, time, order</summary>
        <div className="mt-3 grid gap-3 sm:grid-cols-3">
          {settingFields.map((field) => (
            <StepControl
              key={`${name} ${field.path.join(".")}`}
              field={field}
              value={valueAt(value, field.path)}
              onValue={(next) => onType(setField(text, name, field.path, next))}
            />
          ))}
        </div>
        {steps.length > 1 ? (
          <fieldset className="mt-3 flex flex-wrap gap-x-4 gap-y-1">
            <legend className="mb-1 font-medium text-ink-2 text-xs">Begins after</legend>
            {steps
              .filter((other) => other.name !== name)
              .map((other) => (
                <label key={other.name} className="flex items-center gap-1.5 text-xs">
                  <input
                    type="checkbox"
                    checked={waited.includes(other.name)}
                    onChange={(event) =>
                      onSet(
                        event.currentTarget.checked
                          ? connectSteps(text, other.name, name)
                          : disconnectSteps(text, other.name, name),
                      )
                    }
                  />
                  {other.name}
                </label>
              ))}
          </fieldset>
        ) : null}
      </details>
    </section>
  );
}

function NameField({ name, onName }: { readonly name: string; readonly onName: (name: string) => void }) {
  const [typed, setTyped] = useState(name);
  return (
    <Field label="Name" className="min-w-0 grow">
      {(control) => (
        <Input
          {...control}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          onBlur={() => onName(typed.trim())}
          onKeyDown={(event) => event.key === "Enter" && onName(typed.trim())}
        />
      )}
    </Field>
  );
}

interface StepControlProps {
  readonly field: StepField;
  readonly value: unknown;
  readonly onValue: (value: unknown) => void;
}

function StepControl({ field, onValue, value }: StepControlProps) {
  const { form, hint, label } = field;
  const said = typeof value === "string" || typeof value === "number" ? String(value) : "";
  if (form === "fields") return <YamlControl field={field} value={value} onValue={onValue} />;
  if (typeof form !== "string") {
    return (
      <Field label={label} {...(hint && { hint })}>
        {(control) => (
          <Select {...control} value={said} onChange={(event) => onValue(event.currentTarget.value || undefined)}>
            {said === "" ? <option value="">as usual</option> : null}
            {form.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </Select>
        )}
      </Field>
    );
  }
  return (
    <Field label={label} {...(hint && { hint })} className={form === "text" ? "sm:col-span-2" : ""}>
      {(control) =>
        form === "text" ? (
          <Textarea
            {...control}
            rows={Math.min(12, Math.max(3, said.split("\n").length))}
            spellCheck={false}
            className="font-mono text-xs"
            value={said}
            onChange={(event) => onValue(event.currentTarget.value || undefined)}
          />
        ) : (
          <Input
            {...control}
            inputMode={form === "number" ? "decimal" : "text"}
            value={said}
            onChange={(event) => onValue(entered(event.currentTarget.value, form))}
          />
        )
      }
    </Field>
  );
}

/** A number is one as soon as it reads as one; until then the check says what is missing. */
function entered(text: string, form: StepField["form"]): string | number | undefined {
  if (text === "") return undefined;
  return form === "number" && /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** Names with values: written as YAML, and taken over while they are right. */
function YamlControl({ field: { hint, label }, onValue, value }: StepControlProps) {
  const [typed, setTyped] = useState(() => yamlOf(value));
  const read = readFields(typed);
  const outer = yamlOf(value);
  // Somebody changed it elsewhere: in the text, or by taking a change back.
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is typed here must not be reset by itself
  useEffect(() => {
    if (read === undefined || yamlOf(read.value) !== outer) setTyped(outer);
  }, [outer]);
  return (
    <Field
      label={label}
      className="sm:col-span-2"
      {...(hint && { hint })}
      {...(read === undefined && { problem: "This is no YAML yet; the step stays as it was." })}
    >
      {(control) => (
        <Textarea
          {...control}
          rows={Math.min(10, Math.max(2, typed.split("\n").length))}
          spellCheck={false}
          className="font-mono text-xs"
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            const next = readFields(event.currentTarget.value);
            if (next !== undefined) onValue(next.value);
          }}
        />
      )}
    </Field>
  );
}

function yamlOf(value: unknown): string {
  return value === undefined ? "" : stringify(value, { lineWidth: 0 }).trimEnd();
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, part) => new Map<string, unknown>(Object.entries(Object(inner))).get(part),
    value,
  );
}
