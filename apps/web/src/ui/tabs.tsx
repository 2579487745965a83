"use client";

import * as Radix from "radix-ui/tabs";
import type { ReactNode } from "react";

export interface Tab {
  readonly id: string;
  readonly label: string;
  readonly content: ReactNode;
}

export interface TabsProps {
  /** Names the list of tabs for screen readers. */
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly actions?: ReactNode;
}

export function Tabs({ label, tabs, actions }: TabsProps) {
  return (
    <Radix.Root defaultValue={tabs[0]?.id} className="min-w-0">
      <div className="flex items-center justify-between gap-2 border-line border-b px-2">
        <Radix.List aria-label={label} className="flex">
          {tabs.map(({ id, label: name }) => (
            <Radix.Trigger
              key={id}
              value={id}
              className="-mb-px h-9 border-transparent border-b-2 px-2.5 font-medium text-ink-3 text-xs transition-colors focus-ring hover:text-ink data-[state=active]:border-ink data-[state=active]:text-ink"
            >
              {name}
            </Radix.Trigger>
          ))}
        </Radix.List>
        {actions}
      </div>
      {tabs.map(({ id, content }) => (
        <Radix.Content key={id} value={id} className="focus-ring rounded-b-lg">
          {content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
