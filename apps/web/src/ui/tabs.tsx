"use client";

import { type KeyboardEvent, type ReactNode, useId, useState } from "react";

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

/** One panel at a time. Arrow keys, Home and End move between tabs, as the ARIA practices have it. */
export function Tabs({ label, tabs, actions }: TabsProps) {
  const prefix = useId();
  const [chosen, setChosen] = useState(tabs[0]?.id);
  const at = Math.max(
    0,
    tabs.findIndex(({ id }) => id === chosen),
  );
  const shown = tabs[at];

  function move(event: KeyboardEvent<HTMLDivElement>): void {
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: (at + 1) % tabs.length,
      ArrowLeft: (at - 1 + tabs.length) % tabs.length,
      Home: 0,
      End: tabs.length - 1,
    };
    const next = tabs[steps[event.key] ?? -1];
    if (!next) return;
    event.preventDefault();
    setChosen(next.id);
    document.getElementById(`${prefix}tab-${next.id}`)?.focus();
  }

  return (
    <div className="min-w-0">
      <div className="flex items-center justify-between gap-2 border-line border-b px-2">
        <div role="tablist" aria-label={label} className="flex" onKeyDown={move}>
          {tabs.map(({ id, label: name }) => (
            <button
              key={id}
              type="button"
              role="tab"
              id={`${prefix}tab-${id}`}
              aria-selected={id === shown?.id}
              aria-controls={id === shown?.id ? `${prefix}panel` : undefined}
              tabIndex={id === shown?.id ? 0 : -1}
              onClick={() => setChosen(id)}
              className="-mb-px h-9 border-transparent border-b-2 px-2.5 font-medium text-ink-3 text-xs transition-colors focus-ring hover:text-ink aria-selected:border-ink aria-selected:text-ink"
            >
              {name}
            </button>
          ))}
        </div>
        {actions}
      </div>
      {shown ? (
        <div
          role="tabpanel"
          id={`${prefix}panel`}
          aria-labelledby={`${prefix}tab-${shown.id}`}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a panel without a control of its own is reached by Tab.
          tabIndex={0}
          className="focus-ring rounded-b-lg"
        >
          {shown.content}
        </div>
      ) : null}
    </div>
  );
}
