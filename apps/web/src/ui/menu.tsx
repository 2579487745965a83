"use client";

import * as Radix from "radix-ui/dropdown-menu";
import type { ReactNode } from "react";

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

export function Menu({ trigger, items, align = "end" }: MenuProps) {
  return (
    // Not modal: a modal menu locks scrolling by a style element that the content security policy refuses.
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          sideOffset={4}
          collisionPadding={8}
          className="z-40 min-w-44 animate-rise rounded-lg bg-raised p-1 shadow-raised"
        >
          {items.map(({ label, icon, onSelect }) => (
            <Radix.Item
              key={label}
              onSelect={onSelect}
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
