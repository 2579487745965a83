"use client";

import { ArrowDown, ArrowUp, Ellipsis, Pencil, PencilLine, PinOff, Trash2 } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import { Button, IconButton } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Textarea } from "../../ui/field.tsx";
import { Menu } from "../../ui/menu.tsx";
import type { Turn } from "./types.ts";
import { fill } from "./variables.ts";

export interface TurnActions {
  /** Goes back to it: it becomes the draft, and what followed is gone. */
  readonly onEdit: (turn: string) => void;
  /** Changes its words and leaves the rest. */
  readonly onRewrite: (turn: string, text: string) => void;
  readonly onMove: (turn: string, by: -1 | 1) => void;
  readonly onRemove: (turn: string) => void;
  readonly onUnpin: (turn: string) => void;
}

export interface TurnViewProps extends TurnActions {
  readonly turn: Turn;
  readonly variables: Readonly<Record<string, string>>;
  readonly first: boolean;
  readonly last: boolean;
}

/** A message of the user's, with what can be done to it. It is one for all columns. */
export function TurnView({ turn, variables, first, last, ...actions }: TurnViewProps) {
  const [rewriting, setRewriting] = useState(false);
  if (rewriting) {
    return (
      <Rewrite
        text={turn.user}
        onCancel={() => setRewriting(false)}
        onSave={(text) => {
          setRewriting(false);
          actions.onRewrite(turn.id, text);
        }}
      />
    );
  }
  const items = [
    { label: "Change its words in place", icon: <PencilLine />, onSelect: () => setRewriting(true) },
    ...(first ? [] : [{ label: "Move up", icon: <ArrowUp />, onSelect: () => actions.onMove(turn.id, -1) }]),
    ...(last ? [] : [{ label: "Move down", icon: <ArrowDown />, onSelect: () => actions.onMove(turn.id, 1) }]),
    ...(turn.example === undefined
      ? []
      : [{ label: "Back to each column's own answer", icon: <PinOff />, onSelect: () => actions.onUnpin(turn.id) }]),
    { label: "Delete with its answers", icon: <Trash2 />, onSelect: () => actions.onRemove(turn.id) },
  ];
  const text = fill(turn.user, variables);
  return (
    <div className="group relative rounded-lg bg-hover px-3.5 py-2">
      <p className="whitespace-pre-wrap break-words text-md">
        <span className="sr-only">You: </span>
        {text}
      </p>
      <div className="absolute top-1 right-1 flex rounded-md bg-raised opacity-0 shadow-card transition-opacity focus-within:opacity-100 group-hover:opacity-100 has-data-[state=open]:opacity-100 pointer-coarse:static pointer-coarse:justify-end pointer-coarse:bg-transparent pointer-coarse:opacity-100 pointer-coarse:shadow-none">
        <span className="contents max-sm:hidden">
          <CopyButton text={text} what="message" />
        </span>
        <IconButton label="Edit this message and go on from it" size="sm" onClick={() => actions.onEdit(turn.id)}>
          <Pencil />
        </IconButton>
        <Menu
          items={items}
          trigger={
            <IconButton label="More for this message" size="sm">
              <Ellipsis />
            </IconButton>
          }
        />
      </div>
    </div>
  );
}

interface RewriteProps {
  readonly text: string;
  readonly onSave: (text: string) => void;
  readonly onCancel: () => void;
}

function Rewrite({ text, onSave, onCancel }: RewriteProps) {
  const [value, setValue] = useState(text);
  function onKey(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      onCancel();
    }
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) {
      event.preventDefault();
      event.stopPropagation();
      if (value.trim()) onSave(value);
    }
  }
  return (
    <form
      className="grid gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (value.trim()) onSave(value);
      }}
    >
      <Textarea
        autoFocus
        aria-label="The message's words"
        value={value}
        onKeyDown={onKey}
        onChange={(event) => setValue(event.currentTarget.value)}
        className="field-sizing-content max-h-60 min-h-16"
      />
      <div className="flex justify-end gap-2">
        <Button size="sm" onClick={onCancel}>
          Cancel
        </Button>
        <Button size="sm" kind="primary" type="submit" disabled={!value.trim()}>
          Save
        </Button>
      </div>
    </form>
  );
}
