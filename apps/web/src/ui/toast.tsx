"use client";

import { Check, CircleAlert, X } from "lucide-react";
import { useEffect, useState, useSyncExternalStore } from "react";
import { IconButton } from "./button.tsx";

export interface ToastMessage {
  readonly tone: "good" | "bad";
  readonly text: string;
  readonly hint?: string;
}

interface Shown extends ToastMessage {
  readonly id: number;
}

const shownMs = { good: 4000, bad: 8000 } as const;
const most = 3;
const none: readonly Shown[] = [];

let shown = none;
let lastId = 0;
const listeners = new Set<() => void>();

function change(next: readonly Shown[]): void {
  shown = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function dismiss(id: number): void {
  change(shown.filter((message) => message.id !== id));
}

/** Says briefly that something was done, or was not. Anything the reader must act on belongs on the page instead. */
export function toast(message: ToastMessage): void {
  change([...shown.slice(1 - most), { ...message, id: ++lastId }]);
}

/** Mounted once by the root layout. The live region is there before its first message, or it would not be read. */
export function Toaster() {
  const messages = useSyncExternalStore(
    subscribe,
    () => shown,
    () => none,
  );
  return (
    <section
      aria-label="Notices"
      aria-live="polite"
      className="pointer-events-none fixed right-0 bottom-0 z-50 grid w-[360px] max-w-full gap-2 p-4 empty:p-0"
    >
      {messages.map((message) => (
        <Toast key={message.id} message={message} />
      ))}
    </section>
  );
}

function Toast({ message: { id, tone, text, hint } }: { readonly message: Shown }) {
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => dismiss(id), shownMs[tone]);
    return () => clearTimeout(timer);
  }, [id, tone, held]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only waits while it is looked at; its button is the control.
    <div
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
      className="pointer-events-auto flex animate-rise items-start gap-2.5 rounded-md bg-raised py-2 pr-1.5 pl-3 shadow-raised"
    >
      {tone === "good" ? (
        <Check aria-hidden className="mt-[7px] size-3.5 shrink-0 text-good" />
      ) : (
        <CircleAlert aria-hidden className="mt-[7px] size-3.5 shrink-0 text-bad" />
      )}
      <div className="min-w-0 grow break-words py-1">
        <p className="font-medium">{text}</p>
        {hint ? <p className="text-ink-2">{hint}</p> : null}
      </div>
      <IconButton label="Dismiss" size="sm" onClick={() => dismiss(id)}>
        <X />
      </IconButton>
    </div>
  );
}
