/**
 * How much of an expected answer an answer says: F1 over its words, as SQuAD scores answers (Rajpurkar et al. 2016), from
 * 0 to 1.
 */
export function wordOverlap(answer: string, expected: string): number {
  const [given, wanted] = [words(answer), words(expected)];
  if (given.length === 0 || wanted.length === 0) return given.length === wanted.length ? 1 : 0;
  const left = new Map<string, number>();
  for (const word of wanted) left.set(word, (left.get(word) ?? 0) + 1);
  let shared = 0;
  for (const word of given) {
    const count = left.get(word) ?? 0;
    if (count > 0) {
      shared++;
      left.set(word, count - 1);
    }
  }
  return (2 * shared) / (given.length + wanted.length);
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
