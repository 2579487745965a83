"use client";

import { useQuery } from "@tanstack/react-query";
import { Search, SlidersHorizontal, X } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Field, Input, Select } from "../../ui/field.tsx";
import { useSession } from "../service/session.tsx";
import { useTRPC } from "../service/trpc.tsx";
import { caches, narrowing, noFilters, opinions, ranges, readFilters, statuses, type TraceFilters } from "./filters.ts";

export interface TraceFilterFormProps {
  readonly filters: TraceFilters;
  readonly onChange: (filters: TraceFilters) => void;
}

const settleMs = 250;

/** Narrows the list; each choice is in the address at once, words a moment after the last letter. */
export function TraceFilterForm({ filters, onChange }: TraceFilterFormProps) {
  const { may } = useSession();
  const trpc = useTRPC();
  const keys = useQuery(trpc.keys.list.queryOptions(undefined, { enabled: may("keys:read") }));
  const members = useQuery(trpc.members.list.queryOptions(undefined, { enabled: may("members:read") }));
  const [more, setMore] = useState(() => hidden.some((name) => filters[name] !== ""));
  const [text, setText] = useState(filters.text);
  useEffect(() => {
    if (text === filters.text) return;
    const timer = setTimeout(() => onChange({ ...filters, text }), settleMs);
    return () => clearTimeout(timer);
  }, [text, filters, onChange]);
  // Back through readFilters, so that a choice can only be one that there is.
  const set = (name: keyof TraceFilters) => (event: { readonly currentTarget: { readonly value: string } }) =>
    onChange(readFilters(new URLSearchParams({ ...filters, [name]: event.currentTarget.value })));
  return (
    <search className="grid gap-3 border-line border-b p-3">
      <div className="flex flex-wrap items-end gap-3">
        <label className="field-frame flex min-w-44 grow basis-64 items-center gap-2 px-2.5">
          <Search aria-hidden className="size-3.5 shrink-0 text-ink-3" />
          <span className="sr-only">Words of what was asked and answered</span>
          <input
            type="search"
            value={text}
            maxLength={200}
            placeholder="Words of what was asked and answered"
            onChange={(event) => setText(event.currentTarget.value)}
            className="control-h control-text w-full min-w-0 bg-transparent outline-none"
          />
        </label>
        <Choice label="Time" value={filters.range} onChange={set("range")}>
          {ranges.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Choice>
        <Choice label="Status" value={filters.status} onChange={set("status")}>
          <option value="">Every status</option>
          {statuses.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Choice>
        <Button kind="quiet" aria-expanded={more} onClick={() => setMore(!more)}>
          <SlidersHorizontal /> {more ? "Fewer filters" : "More filters"}
        </Button>
        {narrowing(filters) > 0 ? (
          <Button
            kind="quiet"
            onClick={() => {
              setText("");
              onChange({ ...noFilters, range: filters.range });
            }}
          >
            <X /> Clear
          </Button>
        ) : null}
      </div>
      {more ? (
        <div className="grid grid-cols-2 gap-3 lg:grid-cols-4">
          <Field label="Model or alias">
            {(control) => (
              <Input {...control} value={filters.model} placeholder="as it was asked for" onChange={set("model")} />
            )}
          </Field>
          <Choice label="Key" value={filters.key} onChange={set("key")}>
            <option value="">Every key</option>
            {keys.data?.keys.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Choice>
          <Choice label="Person" value={filters.user} onChange={set("user")}>
            <option value="">Everybody</option>
            {members.data?.members.map(({ name, userId }) => (
              <option key={userId} value={userId}>
                {name}
              </option>
            ))}
          </Choice>
          <Choice label="Cache" value={filters.cache} onChange={set("cache")}>
            <option value="">Cached or not</option>
            {caches.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Choice>
          <Choice label="Feedback" value={filters.feedback} onChange={set("feedback")}>
            <option value="">With or without</option>
            {opinions.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Choice>
          <Field label="Took at least" aside="ms">
            {(control) => <Input {...control} inputMode="decimal" value={filters.slower} onChange={set("slower")} />}
          </Field>
          <Field label="Cost at least" aside="dollars">
            {(control) => <Input {...control} inputMode="decimal" value={filters.dearer} onChange={set("dearer")} />}
          </Field>
        </div>
      ) : null}
    </search>
  );
}

const hidden = ["model", "key", "user", "cache", "feedback", "slower", "dearer"] as const;

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (event: { readonly currentTarget: { readonly value: string } }) => void;
  readonly children: ReactNode;
}

function Choice({ children, label, onChange, value }: ChoiceProps) {
  return (
    <Field label={label}>
      {(control) => (
        <Select {...control} value={value} onChange={onChange}>
          {children}
        </Select>
      )}
    </Field>
  );
}
