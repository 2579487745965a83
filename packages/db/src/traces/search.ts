const dayMs = 86_400_000;

/** A search's words, each as the beginning of one, as PostgreSQL's `to_tsquery` reads them; undefined where there are none. */
export function wordsOf(text: string | undefined): string | undefined {
  const words = text?.match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.length === 0 ? undefined : words.map((word) => `${word}:*`).join(" & ");
}

/** A time cut into whole days (UTC), the newest first: one, one, then twice as many each time. */
export function slicesOf(from: Date, to: Date): { readonly from: Date; readonly to: Date }[] {
  const slices: { from: Date; to: Date }[] = [];
  let end = to.getTime();
  let days = 1;
  while (end > from.getTime()) {
    const begin = Math.max(from.getTime(), Math.floor((end - 1) / dayMs) * dayMs - (days - 1) * dayMs);
    slices.push({ from: new Date(begin), to: new Date(end) });
    days = slices.length < 2 ? 1 : days * 2;
    end = begin;
  }
  return slices;
}
