"use client";

import { Monitor, Moon, Sun } from "lucide-react";
import { useEffect, useState } from "react";
import { cx } from "../../ui/class-names.ts";
import { applyTheme, parseTheme, type Theme, themeChanged, themes } from "./theme.ts";

const looks = {
  system: { icon: Monitor, name: "System theme" },
  light: { icon: Sun, name: "Light theme" },
  dark: { icon: Moon, name: "Dark theme" },
} as const;

export function ThemeSwitch({ initial }: { readonly initial: Theme }) {
  const [theme, setTheme] = useState(initial);
  useEffect(() => {
    const follow = (event: Event) => event instanceof CustomEvent && setTheme(parseTheme(event.detail));
    window.addEventListener(themeChanged, follow);
    return () => window.removeEventListener(themeChanged, follow);
  }, []);
  return (
    <fieldset className="inline-flex rounded-md border border-line p-0.5">
      <legend className="sr-only">Theme</legend>
      {themes.map((choice) => {
        const { icon: Icon, name } = looks[choice];
        return (
          <label
            key={choice}
            title={name}
            className={cx(
              "grid h-6 w-7 cursor-pointer place-items-center rounded-xs transition-colors has-focus-visible:outline-2 has-focus-visible:outline-accent pointer-coarse:h-8 pointer-coarse:w-9",
              theme === choice ? "bg-pressed text-ink" : "text-ink-3 hover:text-ink",
            )}
          >
            <input
              type="radio"
              name="theme"
              className="sr-only"
              aria-label={name}
              checked={theme === choice}
              onChange={() => applyTheme(choice)}
            />
            <Icon aria-hidden className="size-3.5" />
          </label>
        );
      })}
    </fieldset>
  );
}
