"use client";

import { type ReactNode, useEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";

export interface TooltipProps {
  readonly text: string;
  readonly children: ReactNode;
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly above: boolean;
}

const delayMs = 350;
const roomAbove = 40;

/**
 * A few words about the control it wraps, on hover and on keyboard focus; Esc hides them. They repeat the control's
 * own label, so they are hidden from screen readers. Placed by hand: a positioning library weighs more than this page.
 */
export function Tooltip({ text, children }: TooltipProps) {
  const anchor = useRef<HTMLSpanElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [place, setPlace] = useState<Place>();

  function show() {
    const rect = anchor.current?.firstElementChild?.getBoundingClientRect();
    if (!rect) return;
    const above = rect.top > roomAbove;
    setPlace({ x: rect.left + rect.width / 2, y: above ? rect.top - 6 : rect.bottom + 6, above });
  }
  function hide() {
    clearTimeout(timer.current);
    setPlace(undefined);
  }
  useEffect(() => () => clearTimeout(timer.current), []);

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only listens to the control inside.
    <span
      ref={anchor}
      className="contents"
      onPointerEnter={({ pointerType }) => {
        if (pointerType === "mouse") timer.current = setTimeout(show, delayMs);
      }}
      onPointerLeave={hide}
      onPointerDown={hide}
      onFocus={({ target }) => target.matches(":focus-visible") && show()}
      onBlur={hide}
      onKeyDown={({ key }) => key === "Escape" && hide()}
    >
      {children}
      {place
        ? createPortal(
            <span
              aria-hidden
              className="pointer-events-none fixed z-50 w-max max-w-72 animate-fade rounded-sm bg-ink px-2 py-1 text-inverse text-xs"
              style={{
                left: Math.min(window.innerWidth - 8, Math.max(8, place.x)),
                top: place.y,
                transform: `translate(${nudge(place.x)}, ${place.above ? "-100%" : "0"})`,
              }}
            >
              {text}
            </span>,
            document.body,
          )
        : null}
    </span>
  );
}

/** Centred, unless an edge of the window is near: then its own edge lies there. */
function nudge(x: number): string {
  if (x < 100) return "-16px";
  return x > window.innerWidth - 100 ? "calc(-100% + 16px)" : "-50%";
}
