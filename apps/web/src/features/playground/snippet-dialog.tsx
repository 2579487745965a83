"use client";

import { X } from "lucide-react";
import { IconButton } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/code-block.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { messagesFor } from "./messages.ts";
import { snippets } from "./snippets.ts";
import type { Candidate, Conversation } from "./types.ts";

export interface SnippetDialogProps {
  readonly conversation: Conversation;
  readonly candidate: Candidate;
  readonly apiUrl: string;
  readonly onClose: () => void;
}

/** The last request of the conversation (or the one being written) as code that runs as pasted. */
export function SnippetDialog({ conversation, candidate, apiUrl, onClose }: SnippetDialogProps) {
  const pending = conversation.draft.trim() !== "" || conversation.turns.length === 0;
  const asked = pending
    ? { ...conversation, turns: [...conversation.turns, { id: "draft", user: conversation.draft || "Hello" }] }
    : conversation;
  const turn = asked.turns.at(-1)?.id ?? "";
  const request = {
    model: candidate.model,
    messages: messagesFor(asked, candidate, turn),
    parameters: candidate.parameters,
    seed: candidate.answers[turn]?.seed ?? candidate.parameters.seed ?? 0,
  };
  return (
    <Dialog open onClose={onClose} title="Copy as code" shape="bare">
      <header className="relative grid gap-0.5 px-5 pt-4 pb-3">
        <p aria-hidden className="font-medium text-lg">
          Copy as code
        </p>
        <IconButton label="Close" size="sm" onClick={onClose} className="absolute top-3 right-3">
          <X />
        </IconButton>
        <p className="text-ink-2">
          The same request, with its seed. It takes the key from{" "}
          <code className="font-mono text-xs">TUGBOAT_API_KEY</code>.
          {candidate.place === "browser" ? " It asks the service: programs have no browser to compute in." : null}
        </p>
      </header>
      <div>
        <Tabs
          label="Language"
          tabs={snippets(request, `${apiUrl}/v1`).map(({ id, name, code }) => ({
            id,
            label: name,
            content: <CodeBlock code={code} what={`${name} snippet`} className="bg-sunken" />,
          }))}
        />
      </div>
    </Dialog>
  );
}
