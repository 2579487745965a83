"use client";

import * as Radix from "radix-ui/dropdown-menu";
import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import type { MenuProps, Opened } from "./menu.tsx";

export interface MenuListProps extends Required<Pick<MenuProps, "items" | "align">> {
  /** What opens it; it has the focus again when the list is gone. */
  readonly button: RefObject<HTMLButtonElement | null>;
  readonly opened: Opened;
  readonly onClose: () => void;
}

interface Place {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The stand-in is nothing that anybody meets: the button says what a menu's button says. */
const bare = { "aria-expanded": undefined, "aria-haspopup": undefined, "aria-controls": undefined };

/** What was chosen is done when the list is gone and its button has the focus again, which a dialog then gives back. */
export function MenuList({ button, items, align, opened, onClose }: MenuListProps) {
  const chosen = useRef<() => void>(undefined);
  const [place, setPlace] = useState<Place>();
  const [container, setContainer] = useState<HTMLElement>();

  useLayoutEffect(() => {
    if (opened === "no" || !button.current) return setPlace(undefined);
    const { height, left, top, width } = button.current.getBoundingClientRect();
    setPlace({ height, left, top, width });
    // What lies outside an open dialog is inert, and what lies outside all landmarks is not found by them.
    setContainer(button.current.closest<HTMLElement>("dialog, nav, header, aside, main") ?? undefined);
  }, [opened, button]);

  const chooseFirst = useCallback(
    (list: HTMLDivElement | null) => {
      if (opened === "keyboard") list?.querySelector<HTMLElement>("[role=menuitem]")?.focus();
    },
    [opened],
  );

  return (
    // Not modal: a modal menu locks scrolling by a style element that the content security policy refuses.
    <Radix.Root modal={false} open={place !== undefined} onOpenChange={(open) => open || onClose()}>
      {createPortal(
        <Radix.Trigger asChild>
          {/* Stands where the button is, for the list to hold on to: the button itself was there long before. */}
          <span aria-hidden {...bare} className="pointer-events-none fixed" style={place ?? { left: 0, top: 0 }} />
        </Radix.Trigger>,
        document.body,
      )}
      <Radix.Portal container={container}>
        <Radix.Content
          ref={chooseFirst}
          aria-label={button.current?.getAttribute("aria-label") ?? button.current?.textContent ?? undefined}
          aria-labelledby={undefined}
          align={align}
          sideOffset={4}
          collisionPadding={8}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            const act = chosen.current;
            chosen.current = undefined;
            button.current?.focus();
            act?.();
          }}
          className="z-40 min-w-44 animate-rise rounded-lg bg-raised p-1 shadow-raised"
        >
          {items.map(({ label, icon, onSelect }) => (
            <Radix.Item
              key={label}
              onSelect={() => {
                chosen.current = onSelect;
              }}
              className="flex h-8 cursor-default select-none items-center gap-2.5 rounded-sm px-2 outline-none data-[highlighted]:bg-hover [&>svg]:size-3.5 [&>svg]:text-ink-3"
            >
              {icon}
              {label}
            </Radix.Item>
          ))}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
