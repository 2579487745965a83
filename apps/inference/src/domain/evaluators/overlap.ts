import { type Evaluate, expectedText, unsaid } from "./judged.ts";

const against = (measure: (text: string, wanted: string) => number): Evaluate => {
  return ({ text }, expected) => {
    const wanted = expectedText(expected);
    return wanted === undefined ? unsaid : { value: measure(text, wanted) };
  };
};

/** F1 of the longest common subsequence of words (Lin 2004, section 3), lower case, letters and digits alone. */
export const rougeL = against((text, wanted) => {
  const [a, b] = [words(text), words(wanted)];
  if (a.length === 0 || b.length === 0) return a.length === b.length ? 1 : 0;
  const common = longestCommon(a, b);
  return common === 0 ? 0 : (2 * common) / (a.length + b.length);
});

function words(text: string): string[] {
  return (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).slice(0, 2000);
}

function longestCommon(a: readonly string[], b: readonly string[]): number {
  let row = new Uint16Array(b.length + 1);
  for (const one of a) {
    const next = new Uint16Array(b.length + 1);
    for (let j = 1; j <= b.length; j++) {
      next[j] = one === b[j - 1] ? (row[j - 1] ?? 0) + 1 : Math.max(row[j] ?? 0, next[j - 1] ?? 0);
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/**
 * BLEU of a sentence (Papineni et al. 2002), up to 4 words, with the tokens of mteval-v13a, effective order and exponential
 * smoothing (Chen and Cherry 2014, method 3), as sacreBLEU's sentence score is.
 */
export const bleu = against((text, wanted) => {
  const [a, b] = [tokens13a(text), tokens13a(wanted)];
  if (a.length === 0 || b.length === 0) return a.length === b.length ? 1 : 0;
  let logs = 0;
  let orders = 0;
  let halving = 1;
  for (let n = 1; n <= 4; n++) {
    const total = a.length - n + 1;
    if (total <= 0) break;
    const right = matches(counted(a, n), counted(b, n));
    if (right === 0 && n === 1) return 0;
    if (right === 0) halving *= 2;
    logs += Math.log((right === 0 ? 1 / halving : right) / total);
    orders++;
  }
  const brevity = a.length < b.length ? Math.exp(1 - b.length / a.length) : 1;
  return brevity * Math.exp(logs / orders);
});

function tokens13a(text: string): string[] {
  const spaced = ` ${text.replaceAll("\n", " ")} `
    .replace(/([{-~[-` -&(-+:-@/])/g, " $1 ")
    .replace(/([^0-9])([.,])/g, "$1 $2 ")
    .replace(/([.,])([^0-9])/g, " $1 $2")
    .replace(/([0-9])(-)/g, "$1 $2 ");
  return spaced.split(/\s+/).filter(Boolean).slice(0, 4000);
}

/**
 * chrF2 (Popović 2015): F2 of n-grams of up to 6 characters, white space aside, with the averages of precision and recall
 * over the orders that both have, as sacreBLEU's.
 */
export const chrf = against((text, wanted) => {
  const [a, b] = [text, wanted].map((one) => [...one.replace(/\s+/gu, "")].slice(0, 8000));
  if (a === undefined || b === undefined || a.length === 0 || b.length === 0) return a?.length === b?.length ? 1 : 0;
  let [precision, recall, orders] = [0, 0, 0];
  for (let n = 1; n <= 6; n++) {
    const [own, theirs] = [a.length - n + 1, b.length - n + 1];
    if (own <= 0 || theirs <= 0) break;
    const right = matches(counted(a, n), counted(b, n));
    precision += right / own;
    recall += right / theirs;
    orders++;
  }
  if (precision + recall === 0) return 0;
  const [p, r] = [precision / orders, recall / orders];
  return (5 * p * r) / (4 * p + r);
});

function counted(items: readonly string[], n: number): Map<string, number> {
  const out = new Map<string, number>();
  for (let i = 0; i + n <= items.length; i++) {
    let key = items[i] ?? "";
    for (let k = 1; k < n; k++) key += `\u0000${items[i + k]}`;
    out.set(key, (out.get(key) ?? 0) + 1);
  }
  return out;
}

function matches(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const [key, many] of a) sum += Math.min(many, b.get(key) ?? 0);
  return sum;
}
