"use client";

import { Field, Input, Select } from "../../ui/field.tsx";
import { Checks } from "./checks.tsx";
import { callingScopes, type DraftProblems, type Expiry, type KeyDraft, keyScopes } from "./key-draft.ts";

export interface KeyFormProps {
  readonly draft: KeyDraft;
  readonly onChange: (draft: KeyDraft) => void;
  readonly problems: DraftProblems;
  readonly projects: readonly { readonly id: string; readonly name: string }[];
  /** A key stays in its project. */
  readonly projectFixed: boolean;
  readonly models: readonly string[];
}

const expiries: readonly { readonly value: Expiry; readonly words: string }[] = [
  { value: "never", words: "Never" },
  { value: "7", words: "In 7 days" },
  { value: "30", words: "In 30 days" },
  { value: "90", words: "In 90 days" },
  { value: "365", words: "In a year" },
  { value: "date", words: "On a day" },
];

export function KeyForm({ draft, onChange, problems, projects, projectFixed, models }: KeyFormProps) {
  const set = (part: Partial<KeyDraft>) => onChange({ ...draft, ...part });
  return (
    <div className="grid gap-4">
      <Field label="Name" hint="Where it will be used, so that you know it again." problem={problems.name}>
        {(control) => (
          <Input
            {...control}
            data-first-focus
            value={draft.name}
            maxLength={100}
            autoComplete="off"
            placeholder="support-bot, staging"
            onChange={(event) => set({ name: event.currentTarget.value })}
          />
        )}
      </Field>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Project" problem={problems.projectId}>
          {(control) => (
            <Select
              {...control}
              value={draft.projectId}
              disabled={projectFixed}
              onChange={(event) => set({ projectId: event.currentTarget.value })}
            >
              {projects.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Expires" problem={draft.expiry === "date" ? undefined : problems.date}>
          {(control) => (
            <Select
              {...control}
              value={draft.expiry}
              onChange={(event) => {
                const chosen = expiries.find(({ value }) => value === event.currentTarget.value);
                if (chosen) set({ expiry: chosen.value });
              }}
            >
              {expiries.map(({ value, words }) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      {draft.expiry === "date" ? (
        <Field label="Last day" problem={problems.date}>
          {(control) => (
            <Input
              {...control}
              type="date"
              value={draft.date}
              onChange={(event) => set({ date: event.currentTarget.value })}
            />
          )}
        </Field>
      ) : null}
      <Checks
        legend="Permissions"
        all="Everything that keys may do"
        some="Only these"
        choices={keyScopes.map(({ id, words }) => ({ value: id, words, code: id }))}
        chosen={draft.scopes.includes("*") ? undefined : draft.scopes}
        onAll={() => set({ scopes: ["*"] })}
        onSome={(values) =>
          set({ scopes: values ? keyScopes.map(({ id }) => id).filter((id) => values.includes(id)) : callingScopes })
        }
        problem={problems.scopes}
      />
      <Checks
        legend="Models"
        all="All, also those added later"
        some="Only these"
        choices={[...new Set([...models, ...(draft.models === "all" ? [] : draft.models)])].map((model) => ({
          value: model,
          words: model,
        }))}
        chosen={draft.models === "all" ? undefined : draft.models}
        onAll={() => set({ models: "all" })}
        onSome={(values) => set({ models: values ?? models.slice(0, 1) })}
        problem={problems.models}
      />
      <Field
        label="Budget a month, in dollars"
        hint="Empty: no limit. Then it is refused until the next month begins, UTC."
        problem={problems.budget}
      >
        {(control) => (
          <Input
            {...control}
            inputMode="decimal"
            autoComplete="off"
            value={draft.budget}
            onChange={(event) => set({ budget: event.currentTarget.value })}
          />
        )}
      </Field>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Requests per minute" hint="Empty: no limit." problem={problems.requestsPerMinute}>
          {(control) => (
            <Input
              {...control}
              inputMode="numeric"
              value={draft.requestsPerMinute}
              onChange={(event) => set({ requestsPerMinute: event.currentTarget.value })}
            />
          )}
        </Field>
        <Field label="Tokens per minute" hint="Empty: no limit." problem={problems.tokensPerMinute}>
          {(control) => (
            <Input
              {...control}
              inputMode="numeric"
              value={draft.tokensPerMinute}
              onChange={(event) => set({ tokensPerMinute: event.currentTarget.value })}
            />
          )}
        </Field>
      </div>
    </div>
  );
}
