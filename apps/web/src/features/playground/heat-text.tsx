"use client";

import { type KeyboardEvent, useId, useMemo, useRef, useState } from "react";
import { cx } from "../../ui/class-names.ts";
import { type HeatWord, heatOf, percent, readable, wordsOf } from "./heat.ts";
import type { TokenLikelihood } from "./types.ts";

export interface HeatTextProps {
  readonly model: string;
  readonly tokens: readonly TokenLikelihood[];
}

const looks = ["", "bg-warn-soft", "bg-warn/25", "bg-bad-soft", "bg-bad/25"] as const;

/**
 * An answer whose words are marked by how unlikely the model found them. Hover shows a word's figures and what could have
 * stood there; with the keyboard, arrows go from word to word.
 */
export function HeatText({ model, tokens }: HeatTextProps) {
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const words = useMemo(() => wordsOf(tokens), [tokens]);
  const [focused, setFocused] = useState(0);
  const [shown, setShown] = useState<{ readonly word: number; readonly left: number; readonly top: number }>();

  function show(word: number) {
    const element = box.current?.querySelector<HTMLElement>(`[data-word="${word}"]`);
    if (!element || !box.current) return;
    const left = Math.max(0, Math.min(element.offsetLeft, box.current.clientWidth - 232));
    setShown({ word, left, top: element.offsetTop + element.offsetHeight + 4 });
  }
  function go(event: KeyboardEvent) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -words.length, End: words.length }[
      event.key
    ];
    if (event.key === "Escape" && shown) {
      event.stopPropagation();
      setShown(undefined);
    }
    if (step === undefined) return;
    event.preventDefault();
    const next = Math.min(words.length - 1, Math.max(0, focused + step));
    setFocused(next);
    show(next);
  }
  const word = shown && words[shown.word];
  return (
    <div ref={box} className="relative">
      <div
        role="listbox"
        tabIndex={0}
        aria-label={`What ${model} answered, word by word; arrow keys tell how likely each was`}
        aria-activedescendant={words.length > 0 ? `${id}-${focused}` : undefined}
        data-testid="answer"
        onKeyDown={go}
        onFocus={() => show(focused)}
        onBlur={() => setShown(undefined)}
        onPointerLeave={() => setShown(undefined)}
        className="whitespace-pre-wrap break-words rounded-xs text-md leading-[24px] focus-ring"
      >
        {words.map((one, at) => (
          <Word key={one.at} word={one} id={`${id}-${at}`} at={at} active={at === focused} onShow={show} />
        ))}
      </div>
      {word && shown ? <Figures word={word} left={shown.left} top={shown.top} /> : null}
    </div>
  );
}

interface WordProps {
  readonly word: HeatWord;
  readonly id: string;
  readonly at: number;
  readonly active: boolean;
  readonly onShow: (at: number) => void;
}

function Word({ word, id, at, active, onShow }: WordProps) {
  const heat = heatOf(word.probability);
  const [, space = "", rest = ""] = /^(\s*)([\s\S]*)$/.exec(word.text) ?? [];
  return (
    <>
      {rest === "" ? null : space}
      {/* biome-ignore lint/a11y/useFocusableInteractive: the list holds the focus and names its active option. */}
      <span
        id={id}
        role="option"
        data-word={at}
        data-heat={heat}
        aria-selected={active}
        aria-label={`${readable(rest || space)}: ${percent(word.probability)}. ${others(word)}`}
        onPointerEnter={() => onShow(at)}
        onPointerDown={() => onShow(at)}
        className={cx("rounded-xs", looks[heat], active && "in-focus-visible:outline in-focus-visible:outline-accent")}
      >
        {rest || space}
      </span>
    </>
  );
}

/** What could have stood there instead of a word's first token, for those who listen. */
function others({ tokens }: HeatWord): string {
  const [first] = tokens;
  const list = (first?.top ?? []).filter(({ text }) => text !== first?.text).slice(0, 3);
  if (list.length === 0) return "";
  return `Instead: ${list.map(({ text, logprob }) => `${readable(text)} ${percent(Math.exp(logprob))}`).join(", ")}.`;
}

function Figures({ word, left, top }: { readonly word: HeatWord; readonly left: number; readonly top: number }) {
  return (
    <div
      aria-hidden
      data-testid="likelihood"
      style={{ left, top }}
      className="pointer-events-none absolute z-20 grid w-[232px] max-w-full animate-fade gap-2 rounded-md bg-raised p-3 text-xs shadow-raised"
    >
      <p className="flex justify-between gap-3 font-medium">
        <span className="truncate">{readable(word.text.trim() || word.text)}</span>
        <span>{percent(word.probability)}</span>
      </p>
      {word.tokens.slice(0, 4).map((token, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a token is its place in the word.
        <dl key={at} className="grid gap-0.5 border-line border-t pt-1.5">
          {alternativesOf(token).map(({ text, logprob, chosen }) => (
            <div key={text} className={cx("flex justify-between gap-3", chosen ? "text-ink" : "text-ink-3")}>
              <dt className="truncate font-mono">{readable(text)}</dt>
              <dd>{percent(Math.exp(logprob))}</dd>
            </div>
          ))}
        </dl>
      ))}
      {word.tokens.length > 4 ? <p className="text-ink-3">and {word.tokens.length - 4} more tokens</p> : null}
    </div>
  );
}

function alternativesOf({ text, logprob, top }: TokenLikelihood) {
  const chosen = { text, logprob, chosen: true };
  return [chosen, ...top.filter((one) => one.text !== text).map((one) => ({ ...one, chosen: false }))].slice(0, 6);
}
