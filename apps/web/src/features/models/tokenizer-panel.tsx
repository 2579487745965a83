"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { cx } from "../../ui/class-names.ts";
import { Field, Textarea } from "../../ui/field.tsx";
import { formatCount, plural } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { ScrollRegion } from "../../ui/scroll-region.tsx";
import { Switch } from "../../ui/switch.tsx";
import { problemOf, useTRPCClient } from "../service/trpc.tsx";
import { shownToken, tokenFigures } from "./token-view.ts";
import type { ModelFacts } from "./types.ts";

export interface TokenizerPanelProps {
  readonly model: string;
  readonly tokenizer: ModelFacts["tokenizer"];
}

const most = 20_000;
const sample = "A tugboat turns on its own length. Über 3.141 — 船 🚢";
const tints = ["bg-accent-soft", "bg-good-soft", "bg-warn-soft", "bg-bad-soft"];

/** A text as the model sees it: each token in a colour, with its id. */
export function TokenizerPanel({ model, tokenizer }: TokenizerPanelProps) {
  const client = useTRPCClient();
  const [text, setText] = useState(sample);
  const [special, setSpecial] = useState(false);
  const wanted = useDeferredValue(text);
  const result = useQuery({
    queryKey: ["tokenize", model, wanted, special],
    queryFn: ({ signal }) => client.models.tokenize.mutate({ name: model, text: wanted, special }, { signal }),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 30_000,
    enabled: wanted.length <= most,
  });
  const tokens = result.data?.tokens ?? [];
  const figures = tokenFigures(wanted, tokens);
  const tooLong = text.length > most ? `At most ${formatCount(most)} characters at once.` : undefined;
  const problem = tooLong ?? (result.error ? problemOf(result.error).message : undefined);
  return (
    <Panel title="Tokenizer" note={`${tokenizer.kind}, ${formatCount(tokenizer.vocabulary)} tokens`}>
      <div className="grid gap-4">
        <Field label="Try a text" problem={problem}>
          {(control) => (
            <Textarea
              {...control}
              rows={3}
              value={text}
              spellCheck={false}
              onChange={(event) => setText(event.currentTarget.value)}
            />
          )}
        </Field>
        <p className="text-ink-2" aria-live="polite">
          {plural(figures.tokens, "token")} for {plural(figures.characters, "character")}
          {figures.charactersPerToken === undefined
            ? ""
            : `: ${figures.charactersPerToken.toFixed(2)} characters to a token, ${formatCount(figures.distinct)} distinct`}
          .
        </p>
        <ScrollRegion label="Tokens" className="max-h-64 overflow-y-auto rounded-md bg-sunken p-3 focus-ring">
          <ol className="flex flex-wrap gap-1">
            {tokens.map((token, index) => (
              <li
                // biome-ignore lint/suspicious/noArrayIndexKey: a token is its place in the text.
                key={index}
                title={`id ${token.id}, bytes ${token.bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" ")}`}
                className={cx("rounded-xs px-1 py-0.5", token.special ? "bg-raised" : tints[index % tints.length])}
              >
                <span className="block whitespace-pre-wrap break-all font-mono text-ink text-xs">
                  {shownToken(token)}
                </span>
                <span className="block text-2xs text-ink-2 tabular-nums">{token.id}</span>
              </li>
            ))}
          </ol>
        </ScrollRegion>
        <Switch
          label="Read control tokens"
          hint="As in a chat template; a person's text is read without."
          checked={special}
          onChange={setSpecial}
        />
        {tokenizer.special.length > 0 ? (
          <ul className="flex flex-wrap gap-x-4 gap-y-1 text-ink-3 text-xs">
            {tokenizer.special.map(({ id, role, text: written }) => (
              <li key={id}>
                <code className="font-mono text-ink-2">{written}</code> ({id}) {role}
              </li>
            ))}
          </ul>
        ) : (
          <Notice tone="neutral">This tokenizer has no control tokens.</Notice>
        )}
      </div>
    </Panel>
  );
}
