export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];
export const themeCookie = "tugboat_theme";

export function parseTheme(value: string | undefined): Theme {
  return themes.find((theme) => theme === value) ?? "system";
}

/** Applies a theme at once and remembers it for the next page load, which the server then renders in it. */
export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in Firefox and Safari.
  document.cookie = `${themeCookie}=${theme}; path=/; max-age=31536000; samesite=strict`;
  window.dispatchEvent(new CustomEvent(themeChanged, { detail: theme }));
}

/** Fired on the window after a change, from wherever it was made. */
export const themeChanged = "tugboat:theme";
