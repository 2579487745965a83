/** The models that are compared, as the address keeps them: `?compare=a&compare=b`. */

const most = 6;

export function selectedIn(query: string, known: readonly string[]): readonly string[] {
  const wanted = new URLSearchParams(query).getAll("compare");
  return [...new Set(wanted)].filter((name) => known.includes(name)).slice(0, most);
}

/** The query with a model taken in or left out; the rest of it stays. */
export function toggled(query: string, name: string): string {
  const params = new URLSearchParams(query);
  const now = params.getAll("compare");
  params.delete("compare");
  const next = now.includes(name) ? now.filter((one) => one !== name) : [...now, name].slice(-most);
  for (const one of next) params.append("compare", one);
  return params.toString();
}
