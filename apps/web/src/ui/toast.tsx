"use client";

import { Check, CircleAlert } from "lucide-react";
import * as Radix from "radix-ui/toast";
import { useSyncExternalStore } from "react";
import { cx } from "./class-names.ts";

export interface ToastMessage {
  readonly tone: "good" | "bad";
  readonly text: string;
  readonly hint?: string;
}

interface Shown extends ToastMessage {
  readonly id: number;
}

let shown: readonly Shown[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function change(next: readonly Shown[]): void {
  shown = next;
  for (const listener of listeners) listener();
}

/** Says briefly that something was done, or was not. Anything the reader must act on belongs on the page instead. */
export function toast(message: ToastMessage): void {
  change([...shown.slice(-2), { ...message, id: ++lastId }]);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const none: readonly Shown[] = [];

/** Mounted once by the root layout. */
export function Toaster() {
  const messages = useSyncExternalStore(
    subscribe,
    () => shown,
    () => none,
  );
  return (
    <Radix.Provider duration={4000} swipeDirection="right" label="Notice">
      {messages.map(({ id, tone, text, hint }) => (
        <Radix.Root
          key={id}
          type={tone === "bad" ? "foreground" : "background"}
          onOpenChange={(open) => !open && change(shown.filter((message) => message.id !== id))}
          className="flex animate-rise items-start gap-2.5 rounded-md bg-raised px-3 py-2.5 shadow-raised data-[swipe=move]:translate-x-(--radix-toast-swipe-move-x)"
        >
          {tone === "good" ? (
            <Check aria-hidden className={cx("mt-[3px] size-3.5 text-good")} />
          ) : (
            <CircleAlert aria-hidden className="mt-[3px] size-3.5 text-bad" />
          )}
          <div className="min-w-0">
            <Radix.Title className="font-medium">{text}</Radix.Title>
            {hint ? <Radix.Description className="text-ink-2">{hint}</Radix.Description> : null}
          </div>
        </Radix.Root>
      ))}
      <Radix.Viewport className="fixed right-0 bottom-0 z-50 m-0 grid w-[360px] max-w-full list-none gap-2 p-4 outline-none" />
    </Radix.Provider>
  );
}
