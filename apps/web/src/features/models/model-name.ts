const pattern = /^[A-Za-z0-9][\w.:-]{0,127}$/;

/** What is wrong with a name for a new model; undefined when it will do. An empty one is chosen from its file. */
export function nameProblem(name: string, taken: readonly string[]): string | undefined {
  if (name === "") return undefined;
  if (taken.includes(name)) return `There is a model ${name} already.`;
  if (pattern.test(name)) return undefined;
  return "A name has 1 to 128 letters, digits and . _ : - and begins with a letter or digit.";
}

/** What is wrong with a digest; undefined when it will do. */
export function digestProblem(digest: string): string | undefined {
  return digest === "" || /^[0-9a-f]{64}$/i.test(digest) ? undefined : "A SHA-256 digest has 64 hexadecimal digits.";
}
