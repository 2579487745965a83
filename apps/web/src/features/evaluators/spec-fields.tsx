"use client";

import { useState } from "react";
import { CodeBlock } from "../../ui/code-block.tsx";
import { Field, Input, Select, Textarea } from "../../ui/field.tsx";
import { codeTypes } from "./kinds.ts";
import type { Spec } from "./types.ts";

export interface SpecFieldsProps {
  readonly spec: Spec;
  readonly models: readonly string[];
  readonly onChange: (spec: Spec) => void;
}

/** The settings of an evaluator, by its kind. */
export function SpecFields({ models, onChange, spec }: SpecFieldsProps) {
  switch (spec.kind) {
    case "judge":
    case "judge-pairs":
      return <JudgeFields spec={spec} models={models} onChange={onChange} />;
    case "code":
      return (
        <>
          <Field
            label="Code"
            hint="Declares `evaluate`. It has 200 ms and 32 MiB for an answer, and nothing outside of it."
          >
            {(control) => (
              <Textarea
                {...control}
                rows={12}
                spellCheck={false}
                className="font-mono text-xs"
                value={spec.source}
                onChange={({ target }) => onChange({ ...spec, source: target.value })}
              />
            )}
          </Field>
          <details>
            <summary className="focus-ring cursor-pointer rounded-sm font-medium text-ink-2 text-xs">
              Types that it may use
            </summary>
            <div className="pt-2">
              <CodeBlock what="types" code={codeTypes} />
            </div>
          </details>
        </>
      );
    case "contains":
      return (
        <Field label="Text" hint="Left empty: the example's expected answer">
          {(control) => (
            <Input
              {...control}
              value={spec.text ?? ""}
              onChange={({ target }) =>
                onChange({ kind: "contains", ignoreCase: true, ...(target.value !== "" && { text: target.value }) })
              }
            />
          )}
        </Field>
      );
    case "regex":
      return (
        <div className="grid grid-cols-[minmax(0,1fr)_6rem] gap-4">
          <Field label="Pattern">
            {(control) => (
              <Input
                {...control}
                className="font-mono"
                value={spec.pattern}
                onChange={({ target }) => onChange({ ...spec, pattern: target.value })}
              />
            )}
          </Field>
          <Field label="Flags">
            {(control) => (
              <Input
                {...control}
                className="font-mono"
                value={spec.flags ?? ""}
                onChange={({ target }) => onChange({ ...spec, flags: target.value })}
              />
            )}
          </Field>
        </div>
      );
    case "json":
      return (
        <Field label="Fields" hint="Names with commas between them; left empty, all that are expected">
          {(control) => (
            <Input
              {...control}
              defaultValue={(spec.fields ?? []).join(", ")}
              onChange={({ target }) => {
                const fields = target.value
                  .split(",")
                  .map((one) => one.trim())
                  .filter((one) => one !== "");
                onChange({ kind: "json", ...(fields.length > 0 && { fields }) });
              }}
            />
          )}
        </Field>
      );
    case "schema":
      return <SchemaField schema={spec.schema} onChange={(schema) => onChange({ ...spec, schema })} />;
    case "numeric":
      return (
        <NumberField
          label="Tolerance"
          hint="How far from the expected number still is right"
          value={spec.tolerance ?? 0}
          onChange={(tolerance) => onChange({ ...spec, tolerance })}
        />
      );
    case "length":
      return (
        <div className="grid gap-4 sm:grid-cols-3">
          <NumberField label="At least" value={spec.least ?? 0} onChange={(least) => onChange({ ...spec, least })} />
          <NumberField label="At most" value={spec.most ?? 40} onChange={(most) => onChange({ ...spec, most })} />
          <Field label="Counted in">
            {(control) => (
              <Select
                {...control}
                value={spec.unit ?? "words"}
                onChange={({ target }) =>
                  onChange({ ...spec, unit: target.value === "characters" ? "characters" : "words" })
                }
              >
                <option>words</option>
                <option>characters</option>
              </Select>
            )}
          </Field>
        </div>
      );
    case "embedding":
      return <ModelField model={spec.model} models={models} onChange={(model) => onChange({ ...spec, model })} />;
    case "latency":
      return (
        <NumberField
          label="At most, in milliseconds"
          value={spec.atMostMs}
          onChange={(atMostMs) => onChange({ ...spec, atMostMs })}
        />
      );
    case "cost":
      return (
        <NumberField
          label="At most, in millionths of a dollar"
          value={spec.atMostMicroUsd}
          onChange={(atMostMicroUsd) => onChange({ ...spec, atMostMicroUsd })}
        />
      );
    default:
      return null;
  }
}

type JudgeSpec = Extract<Spec, { kind: "judge" | "judge-pairs" }>;

function JudgeFields({
  models,
  onChange,
  spec,
}: {
  readonly spec: JudgeSpec;
  readonly models: readonly string[];
  readonly onChange: (spec: Spec) => void;
}) {
  const { highest, lowest } = (spec.kind === "judge" ? spec.scale : undefined) ?? { lowest: 1, highest: 5 };
  return (
    <>
      <Field
        label="Rubric"
        hint="What a good answer is, grade by grade. The model sees it with the question and the answer."
      >
        {(control) => (
          <Textarea
            {...control}
            rows={6}
            value={spec.rubric}
            onChange={({ target }) => onChange({ ...spec, rubric: target.value })}
          />
        )}
      </Field>
      <div className="grid gap-4 sm:grid-cols-3">
        <ModelField model={spec.model} models={models} onChange={(model) => onChange({ ...spec, model })} />
        {spec.kind === "judge" ? (
          <>
            <NumberField
              label="Worst grade"
              value={lowest}
              onChange={(value) => onChange({ ...spec, scale: { lowest: Math.round(value), highest } })}
            />
            <NumberField
              label="Best grade"
              value={highest}
              onChange={(value) => onChange({ ...spec, scale: { lowest, highest: Math.round(value) } })}
            />
          </>
        ) : null}
      </div>
      <label className="flex items-center gap-2 text-sm">
        <input
          type="checkbox"
          checked={spec.withExpected ?? true}
          onChange={({ target }) => onChange({ ...spec, withExpected: target.checked })}
        />
        The judge sees the expected answer
      </label>
    </>
  );
}

interface ModelFieldProps {
  readonly model: string;
  readonly models: readonly string[];
  readonly onChange: (model: string) => void;
}

function ModelField({ model, models, onChange }: ModelFieldProps) {
  return (
    <Field label="Judging model">
      {(control) => (
        <Select {...control} value={model} onChange={({ target }) => onChange(target.value)}>
          {[...new Set([model, ...models])].map((one) => (
            <option key={one}>{one}</option>
          ))}
        </Select>
      )}
    </Field>
  );
}

interface NumberFieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
}

function NumberField({ hint, label, onChange, value }: NumberFieldProps) {
  return (
    <Field label={label} hint={hint}>
      {(control) => (
        <Input
          {...control}
          type="number"
          step="any"
          value={value}
          onChange={({ target }) => onChange(target.value === "" ? 0 : Number(target.value))}
        />
      )}
    </Field>
  );
}

function SchemaField({
  onChange,
  schema,
}: {
  readonly schema: Extract<Spec, { kind: "schema" }>["schema"];
  readonly onChange: (schema: Extract<Spec, { kind: "schema" }>["schema"]) => void;
}) {
  const [text, setText] = useState(() => JSON.stringify(schema, null, 2));
  const [problem, setProblem] = useState<string>();
  return (
    <Field label="JSON Schema" {...(problem !== undefined && { problem })}>
      {(control) => (
        <Textarea
          {...control}
          rows={8}
          spellCheck={false}
          className="font-mono text-xs"
          value={text}
          onChange={({ target }) => {
            setText(target.value);
            try {
              const read: unknown = JSON.parse(target.value);
              if (typeof read !== "object" || read === null || Array.isArray(read)) throw new SyntaxError("no object");
              setProblem(undefined);
              onChange(JSON.parse(target.value));
            } catch {
              setProblem("This is no JSON object yet.");
            }
          }}
        />
      )}
    </Field>
  );
}
