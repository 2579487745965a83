"use client";

import * as Radix from "radix-ui/dropdown-menu";
import { type ReactNode, useRef, useState } from "react";

export interface MenuItem {
  readonly label: string;
  readonly icon?: ReactNode;
  readonly onSelect: () => void;
}

export interface MenuProps {
  readonly trigger: ReactNode;
  readonly items: readonly MenuItem[];
  readonly align?: "start" | "end";
}

/** What was chosen is done when the menu is gone and its trigger has the focus again, which a dialog then gives back. */
export function Menu({ trigger, items, align = "end" }: MenuProps) {
  const button = useRef<HTMLButtonElement>(null);
  const chosen = useRef<() => void>(undefined);
  const [container, setContainer] = useState<HTMLElement>();
  return (
    // Not modal: a modal menu locks scrolling by a style element that the content security policy refuses.
    <Radix.Root
      modal={false}
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
