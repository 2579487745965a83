"use client";

import { ArrowLeftRight, ChevronDown, History, Plus, Signpost, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { fromNow } from "../../ui/format.ts";
import { Panel } from "../../ui/panel.tsx";
import { AliasDialog } from "./alias-dialog.tsx";
import { AliasHistory } from "./alias-history.tsx";
import { CacheDialog } from "./cache-dialog.tsx";
import { cacheLine } from "./cache-line.ts";
import { RemoveAliasDialog } from "./remove-alias-dialog.tsx";
import { TargetView } from "./target-view.tsx";
import type { Alias } from "./types.ts";
import { useChoices } from "./use-choices.ts";

/** A dialog keeps the alias as it was when it opened: what somebody else changes meanwhile is a conflict, not lost. */
type Open = { readonly act: "create" } | { readonly act: "cache" | "move" | "remove"; readonly alias: Alias };

export function AliasesPanel({
  aliases,
  mayWrite,
}: {
  readonly aliases: readonly Alias[];
  readonly mayWrite: boolean;
}) {
  const choices = useChoices();
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const create = mayWrite ? (
    <Button kind="primary" size="sm" disabled={choices.length === 0} onClick={() => setOpen({ act: "create" })}>
      <Plus /> New alias
    </Button>
  ) : null;
  return (
    <Panel title="Aliases" note="stable names for programs" padded={false} actions={aliases.length > 0 ? create : null}>
      {aliases.length === 0 ? (
        <EmptyState icon={Signpost} title="No aliases yet" action={create}>
          Give programs a name like <span className="font-mono text-xs">support</span> instead of a model's. Then you
          can move it to a better model, try that with 5 % of the users first, and roll back, without touching a
          program.
        </EmptyState>
      ) : (
        <ul>
          {aliases.map((alias) => (
            <AliasRow key={alias.id} alias={alias} mayWrite={mayWrite} onOpen={setOpen} />
          ))}
        </ul>
      )}
      {open?.act === "create" ? <AliasDialog choices={choices} onClose={close} /> : null}
      {open?.act === "move" ? <AliasDialog alias={open.alias} choices={choices} onClose={close} /> : null}
      {open?.act === "cache" ? <CacheDialog alias={open.alias} onClose={close} /> : null}
      {open?.act === "remove" ? <RemoveAliasDialog alias={open.alias} onClose={close} /> : null}
    </Panel>
  );
}

interface AliasRowProps {
  readonly alias: Alias;
  readonly mayWrite: boolean;
  readonly onOpen: (open: Open) => void;
}

function AliasRow({ alias, mayWrite, onOpen }: AliasRowProps) {
  const [showsHistory, setShowsHistory] = useState(false);
  const { createdAt, createdBy, createdByName, number } = alias.current;
  return (
    <li className="grid gap-3 border-line border-b px-4 py-3 last:border-b-0">
      <div className="grid gap-x-6 gap-y-2 sm:grid-cols-[minmax(0,1fr)_minmax(0,1.4fr)_15rem]">
        <div className="min-w-0">
          <p className="flex items-center gap-1">
            <span className="min-w-0 break-all font-medium font-mono text-sm">{alias.name}</span>
            <CopyButton text={alias.name} what={`alias ${alias.name}`} />
          </p>
          <p className="text-ink-3 text-xs">
            version {number}, {fromNow(Date.parse(createdAt), Date.now())} by {createdByName ?? createdBy}
          </p>
        </div>
        <TargetView version={alias.current} />
        <div className="flex items-start gap-1 sm:justify-end">
          {mayWrite ? (
            <Button size="sm" onClick={() => onOpen({ act: "move", alias })}>
              <ArrowLeftRight /> Move
              <span className="sr-only"> {alias.name}</span>
            </Button>
          ) : null}
          <Button size="sm" kind="quiet" aria-expanded={showsHistory} onClick={() => setShowsHistory(!showsHistory)}>
            <ChevronDown className={cx("transition-transform", showsHistory && "rotate-180")} /> History
            <span className="sr-only"> of {alias.name}</span>
          </Button>
          {mayWrite ? (
            <IconButton
              label={`Answers of ${alias.name} from memory`}
              title="Answers from memory"
              size="sm"
              onClick={() => onOpen({ act: "cache", alias })}
            >
              <History />
            </IconButton>
          ) : null}
          {mayWrite ? (
            <IconButton
              label={`Remove ${alias.name}`}
              title="Remove"
              size="sm"
              onClick={() => onOpen({ act: "remove", alias })}
            >
              <Trash2 />
            </IconButton>
          ) : null}
        </div>
      </div>
      {alias.cache ? <p className="text-ink-2 text-xs">{cacheLine(alias.cache)}</p> : null}
      {showsHistory ? <AliasHistory alias={alias} mayWrite={mayWrite} /> : null}
    </li>
  );
}
