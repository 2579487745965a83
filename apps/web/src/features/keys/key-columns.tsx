import { Ellipsis, Pencil, Trash2 } from "lucide-react";
import { Status, type Tone } from "../../ui/badge.tsx";
import { IconButton } from "../../ui/button.tsx";
import type { Column } from "../../ui/data-table.tsx";
import { formatCount, fromNow, plural } from "../../ui/format.ts";
import { Menu } from "../../ui/menu.tsx";
import { money } from "../../ui/money.ts";
import { keyScopes } from "./key-draft.ts";
import { type ApiKey, type KeyState, keyState } from "./key-state.ts";

export interface KeyColumnsOptions {
  /** Ms since the epoch. */
  readonly now: number;
  /** Undefined where there is one project, which then goes without saying. */
  readonly projectName: ((id: string) => string) | undefined;
  /** Undefined for whoever may only look. */
  readonly onEdit: ((key: ApiKey) => void) | undefined;
  readonly onRevoke: ((key: ApiKey) => void) | undefined;
}

const tones: Readonly<Record<KeyState, Tone>> = { valid: "good", expired: "warn", revoked: "neutral" };

export function keyColumns({ now, projectName, onEdit, onRevoke }: KeyColumnsOptions): readonly Column<ApiKey>[] {
  const columns: Column<ApiKey>[] = [
    {
      id: "name",
      header: "Name",
      value: (key) => key.name,
      cell: (key) => (
        <span className="grid leading-tight">
          <span className="min-w-40 max-w-64 truncate font-medium" title={key.name}>
            {key.name}
          </span>
          <code className="font-mono text-2xs text-ink-3">{key.prefix}…</code>
        </span>
      ),
    },
    {
      id: "state",
      header: "State",
      value: (key) => keyState(key, now),
      cell: (key) => {
        const state = keyState(key, now);
        return <Status tone={tones[state]}>{state}</Status>;
      },
    },
    {
      id: "used",
      header: "Last used",
      value: (key) => key.lastUsedAt ?? undefined,
      cell: (key) => (key.lastUsedAt ? <When at={key.lastUsedAt} now={now} /> : <Quiet>never</Quiet>),
    },
    { id: "may", header: "May", value: mayWords },
    {
      id: "models",
      header: "Models",
      value: (key) => key.models.join(", ") || "all",
      cell: (key) => (
        <span title={key.models.join(", ") || undefined}>
          {key.models.length === 0
            ? "all"
            : key.models.length === 1
              ? key.models[0]
              : plural(key.models.length, "model")}
        </span>
      ),
    },
    {
      id: "limits",
      header: "Per minute",
      value: limitWords,
      cell: (key) => limitWords(key) ?? <Quiet>no limit</Quiet>,
    },
    {
      id: "budget",
      header: "Budget",
      numeric: true,
      wide: true,
      value: (key) => key.budgetMicroUsd ?? undefined,
      cell: (key) => (key.budgetMicroUsd === null ? <Quiet>no limit</Quiet> : `${money(key.budgetMicroUsd)} a month`),
    },
    {
      id: "expires",
      header: "Expires",
      value: (key) => key.expiresAt ?? undefined,
      cell: (key) => (key.expiresAt ? <When at={key.expiresAt} now={now} /> : <Quiet>never</Quiet>),
    },
    ...(projectName
      ? [{ id: "project", header: "Project", wide: true, value: (key: ApiKey) => projectName(key.projectId) }]
      : []),
    {
      id: "created",
      header: "Created",
      wide: true,
      value: (key) => key.createdAt,
      cell: (key) => <When at={key.createdAt} now={now} />,
    },
  ];
  if (onEdit && onRevoke) {
    columns.push({
      id: "actions",
      header: "Actions",
      action: true,
      value: () => undefined,
      cell: (key) =>
        key.revokedAt === null ? (
          <Menu
            trigger={
              <IconButton label={`Actions for ${key.name}`} size="sm">
                <Ellipsis />
              </IconButton>
            }
            items={[
              { label: "Change", icon: <Pencil />, onSelect: () => onEdit(key) },
              { label: "Revoke", icon: <Trash2 />, onSelect: () => onRevoke(key) },
            ]}
          />
        ) : null,
    });
  }
  return columns;
}

function mayWords(key: ApiKey): string {
  if (key.scopes.includes("*")) return "everything";
  const words = keyScopes.filter(({ id }) => key.scopes.includes(id)).map(({ words }) => words.toLowerCase());
  if (words.length <= 2) return words.join(", ");
  return `${words[0]}, ${words.length - 1} more`;
}

function limitWords(key: ApiKey): string | undefined {
  const limits = [
    key.requestsPerMinute === null ? undefined : plural(key.requestsPerMinute, "request"),
    key.tokensPerMinute === null ? undefined : `${formatCount(key.tokensPerMinute)} tokens`,
  ].filter((limit) => limit !== undefined);
  return limits.length === 0 ? undefined : limits.join(", ");
}

function When({ at, now }: { readonly at: string; readonly now: number }) {
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()}>
      {fromNow(Date.parse(at), now)}
    </time>
  );
}

function Quiet({ children }: { readonly children: string }) {
  return <span className="text-ink-3">{children}</span>;
}
