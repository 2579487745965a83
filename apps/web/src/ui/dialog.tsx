"use client";

import { X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { IconButton } from "./button.tsx";
import { cx } from "./class-names.ts";

export interface DialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  /** What this will do, in a sentence. */
  readonly description?: ReactNode;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
  /** `sheet` slides in from the left edge and is as tall as the screen; `bare` brings its own header; `wide` is a card for rows. */
  readonly shape?: "card" | "wide" | "sheet" | "bare";
  /** Holds what would be lost: a click beside it does not close it, nor does Esc when this is "buttons". */
  readonly keeps?: "work" | "buttons";
}

/**
 * A modal on the platform's own `<dialog>`: it traps focus, closes on Esc and makes the page behind it inert.
 * Put `data-first-focus` on what should have the focus first; otherwise it is the first control.
 */
export function Dialog({ open, onClose, title, description, children, actions, shape = "card", keeps }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const before = useRef<HTMLElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = element.current;
    if (!dialog) return;
    if (open && !dialog.open) {
      before.current = document.activeElement instanceof HTMLElement ? document.activeElement : null;
      dialog.showModal();
      dialog.querySelector<HTMLElement>("[data-first-focus]")?.focus();
    }
    if (!open && dialog.open) dialog.close();
  }, [open]);
  useEffect(() => {
    // One that is taken off the page while it is open does not give the focus back by itself.
    const dialog = element.current;
    return () => {
      if (dialog?.open && before.current?.isConnected) before.current.focus();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the click closes on the backdrop; Esc does it from the keyboard.
    <dialog
      ref={element}
      aria-labelledby={`${id}-title`}
      aria-describedby={description ? `${id}-description` : undefined}
      onClose={onClose}
      onCancel={(event) => keeps === "buttons" && event.preventDefault()}
      onClick={(event) => event.target === event.currentTarget && !keeps && onClose()}
      className={cx(
        "bg-raised p-0 shadow-raised open:animate-rise",
        shape === "sheet"
          ? "m-0 h-dvh max-h-none w-[280px] max-w-[85vw] rounded-none"
          : "mt-[12vh] max-h-[76vh] w-[calc(100vw-32px)] overflow-hidden rounded-xl",
        shape === "card" && "max-w-[460px] overflow-y-auto",
        shape === "wide" && "max-w-[720px] overflow-y-auto",
        shape === "bare" && "max-w-[580px]",
      )}
    >
      {open && (shape === "card" || shape === "wide") ? (
        <div className="grid gap-4 p-5">
          <header className="flex items-start justify-between gap-4">
            <div className="grid gap-1">
              <h2 id={`${id}-title`} className="font-medium text-lg">
                {title}
              </h2>
              {description ? (
                <p id={`${id}-description`} className="text-ink-2">
                  {description}
                </p>
              ) : null}
            </div>
            <IconButton label="Close" size="sm" onClick={onClose} className="-mt-1 -mr-1">
              <X />
            </IconButton>
          </header>
          {children}
          {actions ? <footer className="flex justify-end gap-2">{actions}</footer> : null}
        </div>
      ) : null}
      {open && (shape === "sheet" || shape === "bare") ? (
        <>
          <h2 id={`${id}-title`} className="sr-only">
            {title}
          </h2>
          {children}
        </>
      ) : null}
    </dialog>
  );
}
