"use client";

import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/code-block.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Select } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import type { ModelCard } from "../service/types.ts";
import { keySnippets } from "./key-snippets.ts";
import type { ApiKey } from "./key-state.ts";

export interface KeyMadeDialogProps {
  readonly secret: string;
  readonly apiKey: ApiKey;
  readonly models: readonly ModelCard[];
  readonly apiUrl: string;
  readonly onClose: () => void;
}

/** The one time that a secret is seen, with a first program to paste. */
export function KeyMadeDialog({ secret, apiKey, models, apiUrl, onClose }: KeyMadeDialogProps) {
  const usable = models.filter(({ id }) => apiKey.models.length === 0 || apiKey.models.includes(id));
  const [chosen, setChosen] = useState(usable[0]?.id);
  const model = usable.find(({ id }) => id === chosen) ?? usable[0];
  const mayCall = apiKey.scopes.some((scope) => scope === "*" || scope === "inference:run");
  return (
    <Dialog open onClose={onClose} title={`Key ${apiKey.name}`} shape="bare" keeps="buttons">
      <div className="grid max-h-[76vh] gap-4 overflow-y-auto p-5">
        <div className="grid gap-1">
          <p aria-hidden className="break-words font-medium text-lg">
            {apiKey.name} is ready
          </p>
          <p className="text-ink-2">Copy the key now: only its digest is kept, so it can't be shown again.</p>
        </div>
        <div className="flex items-center gap-2 rounded-md border border-line bg-sunken py-1 pr-1 pl-3">
          <code data-testid="secret" className="min-w-0 grow select-all break-all font-mono text-xs">
            {secret}
          </code>
          <CopyButton text={secret} what="key" />
        </div>
        {mayCall && model ? (
          <div className="grid gap-3">
            <Field label="A first program, with" className="max-w-60">
              {(control) => (
                <Select {...control} value={model.id} onChange={(event) => setChosen(event.currentTarget.value)}>
                  {usable.map(({ id }) => (
                    <option key={id}>{id}</option>
                  ))}
                </Select>
              )}
            </Field>
            <div className="min-w-0 overflow-hidden rounded-lg border border-line">
              <Tabs
                label="Language"
                tabs={keySnippets({
                  baseUrl: `${apiUrl}/v1`,
                  secret,
                  model: model.id,
                  chat: model.hasChatTemplate !== false,
                }).map(({ id, name, needs, code }) => ({
                  id,
                  label: name,
                  content: (
                    <>
                      {needs ? (
                        <p className="border-line border-b bg-sunken px-4 py-2 text-ink-2 text-xs">
                          Once: <code className="font-mono">{needs}</code>
                        </p>
                      ) : null}
                      <CodeBlock code={code} what={`${name} snippet`} className="bg-sunken" />
                    </>
                  ),
                }))}
              />
            </div>
          </div>
        ) : (
          <Notice tone="neutral">
            {mayCall ? "There is no model that this key may call yet." : "This key may not call models."}
          </Notice>
        )}
        <footer className="flex justify-end">
          <Button kind="primary" onClick={onClose}>
            I have copied the key
          </Button>
        </footer>
      </div>
    </Dialog>
  );
}
