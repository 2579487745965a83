"use client";

import * as Radix from "radix-ui/dropdown-menu";
import { useEffect, useRef, useState } from "react";
import type { MenuProps } from "./menu.tsx";

export interface RadixMenuProps extends MenuProps {
  readonly opensAtOnce: boolean;
  /** It takes the place of a trigger that had the focus. */
  readonly takesFocus: boolean;
}

/** What was chosen is done when the menu is gone and its trigger has the focus again, which a dialog then gives back. */
export function RadixMenu({ trigger, items, align = "end", opensAtOnce, takesFocus }: RadixMenuProps) {
  const button = useRef<HTMLButtonElement>(null);
  const chosen = useRef<() => void>(undefined);
  const [container, setContainer] = useState<HTMLElement>();

  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it takes the other's place.
  useEffect(() => {
    if (takesFocus && !opensAtOnce) button.current?.focus();
    setContainer(button.current?.closest("dialog") ?? undefined);
  }, []);

  return (
    // Not modal: a modal menu locks scrolling by a style element that the content security policy refuses.
    <Radix.Root
      modal={false}
      defaultOpen={opensAtOnce}
      // What lies outside an open dialog is inert: a menu of the dialog's belongs into it.
      onOpenChange={(open) => open && setContainer(button.current?.closest("dialog") ?? undefined)}
    >
      <Radix.Trigger asChild ref={button}>
        {trigger}
      </Radix.Trigger>
      <Radix.Portal container={container}>
        <Radix.Content
          align={align}
          sideOffset={4}
          collisionPadding={8}
          onCloseAutoFocus={(event) => {
            const act = chosen.current;
            if (!act) return;
            chosen.current = undefined;
            event.preventDefault();
            button.current?.focus();
            act();
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
