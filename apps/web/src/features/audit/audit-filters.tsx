"use client";

import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { Button } from "../../ui/button.tsx";
import { Field, Input, Select } from "../../ui/field.tsx";
import { useTRPC } from "../service/trpc.tsx";
import { actGroups, actInWords, actorInWords } from "./acts.ts";
import type { AuditFilters } from "./filters.ts";

export interface AuditFilterFormProps {
  readonly filters: AuditFilters;
  readonly problem: string | undefined;
  readonly onChange: (filters: AuditFilters) => void;
}

/** Narrows the log; each choice is in the address at once. */
export function AuditFilterForm({ filters, problem, onChange }: AuditFilterFormProps) {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.members.list.queryOptions());
  const members = data?.members ?? [];
  const { actor = "", action = "", subject, from = "", to = "" } = filters;
  const known = actor === "" || actor === "system" || members.some(({ userId }) => userId === actor);
  return (
    <search className="grid gap-2 border-line border-b p-3">
      <div className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        <Field label="Who">
          {(control) => (
            <Select
              {...control}
              value={actor}
              onChange={(event) => onChange({ ...filters, actor: event.currentTarget.value })}
            >
              <option value="">Everybody</option>
              {members.map(({ userId, name }) => (
                <option key={userId} value={userId}>
                  {name}
                </option>
              ))}
              <option value="system">This machine</option>
              {known ? null : <option value={actor}>{actorInWords({ actor, actorName: actor })}</option>}
            </Select>
          )}
        </Field>
        <Field label="What">
          {(control) => (
            <Select
              {...control}
              value={action}
              onChange={(event) => onChange({ ...filters, action: event.currentTarget.value })}
            >
              <option value="">Every change</option>
              {actGroups.map(({ noun, name, acts }) => (
                <optgroup key={noun} label={name}>
                  <option value={noun}>{`Anything about ${name.toLowerCase()}`}</option>
                  {acts.map((act) => (
                    <option key={act} value={act}>
                      {actInWords(act)}
                    </option>
                  ))}
                </optgroup>
              ))}
            </Select>
          )}
        </Field>
        <Field label="From">
          {(control) => (
            <Input
              {...control}
              type="date"
              value={from}
              onChange={(event) => onChange({ ...filters, from: event.currentTarget.value })}
            />
          )}
        </Field>
        <Field label="To" problem={problem}>
          {(control) => (
            <Input
              {...control}
              type="date"
              value={to}
              onChange={(event) => onChange({ ...filters, to: event.currentTarget.value })}
            />
          )}
        </Field>
      </div>
      {subject || actor || action || from || to ? (
        <div className="flex flex-wrap items-center gap-2">
          {subject ? (
            <span className="min-w-0 break-all text-ink-2 text-xs">
              Only about <code className="font-mono">{subject}</code>
            </span>
          ) : null}
          <Button kind="quiet" size="sm" onClick={() => onChange({})}>
            <X /> Clear the filters
          </Button>
        </div>
      ) : null}
    </search>
  );
}
