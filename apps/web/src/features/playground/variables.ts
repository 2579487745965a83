/** `{{name}}`: a letter or underscore first, then letters, digits, `_`, `-` and `.`; spaces inside the braces are allowed. */
const placeholder = /\{\{\s*([\p{L}_][\p{L}\p{N}_.-]{0,63})\s*\}\}/gu;

/** The names in the texts, each once, in the order in which they appear. */
export function variablesIn(texts: readonly string[]): readonly string[] {
  const names = new Set<string>();
  for (const text of texts) for (const [, name] of text.matchAll(placeholder)) if (name) names.add(name);
  return [...names];
}

/** The text with values for names; a name without a value stays as it is. Values are not looked into again. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(placeholder, (whole, name: string) => (Object.hasOwn(values, name) && values[name]) || whole);
}

/** The names that have no value yet. */
export function missingIn(texts: readonly string[], values: Readonly<Record<string, string>>): readonly string[] {
  return variablesIn(texts).filter((name) => !(Object.hasOwn(values, name) && values[name]));
}

/** Everything of a conversation in which a variable may stand. */
export function textsOf(state: {
  readonly system: string;
  readonly draft: string;
  readonly turns: readonly { readonly user: string; readonly example?: string }[];
}): readonly string[] {
  return [state.system, ...state.turns.flatMap(({ user, example = "" }) => [user, example]), state.draft];
}
