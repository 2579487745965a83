import type { EvaluationRowInfo, ReviewInfo } from "@tugboat/db";
import {
  bradleyTerry,
  cohenKappa,
  kappaInWords,
  krippendorffAlpha,
  type Match,
  seededRandom,
  shuffled,
} from "@tugboat/statistics";
import { z } from "zod";

export const reviewKinds = ["rating", "pairs"] as const;
export type ReviewKind = (typeof reviewKinds)[number];

export const queueConfig = z.object({
  candidates: z.array(z.string()),
  /** Of ratings: from 1 up to it. */
  highest: z.int().min(2).max(10).default(5),
  labels: z.array(z.string().min(1).max(60)).max(9).default([]),
  /** How many people look at each item. */
  overlap: z.int().min(1).max(20).default(1),
});
export type QueueConfig = z.output<typeof queueConfig>;

/** One thing to look at: an example with one candidate's answer, or two, `a` shown on the left unless swapped. */
const queueItem = z.object({ position: z.int(), a: z.int(), b: z.int().nullable(), swapped: z.boolean() });
export type QueueItem = z.output<typeof queueItem>;
export const queueItems = z.array(queueItem);

/**
 * What a queue shows and in which order: by chance, and blind, so that neither place nor name tells who answered. Pairs
 * whose answers are the same word for word tell nothing and are left out by `differ`.
 */
export function makeItems(
  kind: ReviewKind,
  rows: readonly Pick<EvaluationRowInfo, "position" | "failed">[],
  candidates: number,
  options: {
    readonly limit: number;
    readonly seed: number;
    readonly differ: (row: number, a: number, b: number) => boolean;
  },
): QueueItem[] {
  const random = seededRandom(options.seed);
  const items = rows.flatMap(({ failed, position }, row): QueueItem[] => {
    const answered = Array.from({ length: candidates }, (_, i) => i).filter((i) => !failed[i]);
    if (kind === "rating") return answered.map((a) => ({ position, a, b: null, swapped: false }));
    return answered.flatMap((a, i) =>
      answered
        .slice(i + 1)
        .filter((b) => options.differ(row, a, b))
        .map((b) => ({ position, a, b, swapped: random() < 0.5 })),
    );
  });
  return shuffled(items, random).slice(0, options.limit);
}

/** The first item that this person has not seen and that fewer than `overlap` others have. */
export function nextItem(
  items: number,
  reviews: readonly Pick<ReviewInfo, "item" | "reviewer">[],
  reviewer: string,
  overlap: number,
): number | undefined {
  const seen = new Set(reviews.filter((one) => one.reviewer === reviewer).map(({ item }) => item));
  const counts = new Map<number, number>();
  for (const { item } of reviews) counts.set(item, (counts.get(item) ?? 0) + 1);
  for (let item = 0; item < items; item++) {
    if (!seen.has(item) && (counts.get(item) ?? 0) < overlap) return item;
  }
  return undefined;
}

const interval = z.object({ score: z.number(), low: z.number(), high: z.number() });

export const reviewFigures = z.object({
  reviews: z.int(),
  /** How often each candidate is preferred to an average one; of pairs. */
  ranking: z.array(z.object({ name: z.string(), preferred: interval, wins: z.number(), played: z.number() })),
  /** Mean rating of each candidate; of ratings. */
  ratings: z.array(z.object({ name: z.string(), mean: z.number(), count: z.int() })),
  /** Between people, where two saw the same: Krippendorff's alpha. */
  agreement: z.object({ alpha: interval, items: z.int(), words: z.string() }).nullable(),
  /** Of two people who saw the same, Cohen's kappa. */
  pairs: z.array(z.object({ a: z.string(), b: z.string(), kappa: z.number(), items: z.int() })),
});
export type ReviewFigures = z.output<typeof reviewFigures>;

const choices = ["a", "b", "tie", "neither"];

/** What the reviews of a queue say together. */
export function figuresOf(
  kind: ReviewKind,
  { candidates, highest }: QueueConfig,
  items: readonly QueueItem[],
  reviews: readonly ReviewInfo[],
): ReviewFigures {
  const value = ({ preferred, rating }: ReviewInfo) =>
    kind === "rating" ? rating : preferred === null ? null : choices.indexOf(preferred);
  const units = items.map((_, item) => reviews.filter((one) => one.item === item));
  const values = units.map((unit) => unit.map(value).filter((one) => one !== null));
  const shared = values.filter((unit) => unit.length > 1).length;
  const alpha = krippendorffAlpha(values, kind === "rating" ? "ordinal" : "nominal", 500);
  return {
    reviews: reviews.length,
    ranking: kind === "pairs" ? rank(candidates, items, reviews) : [],
    ratings: kind === "rating" ? rated(candidates, items, reviews) : [],
    agreement: alpha === undefined ? null : { alpha, items: shared, words: kappaInWords(alpha.score) },
    pairs: kappas(units, value, kind === "rating" ? highest + 1 : choices.length),
  };
}

function rank(candidates: readonly string[], items: readonly QueueItem[], reviews: readonly ReviewInfo[]) {
  const matches = reviews.flatMap(({ item, preferred }): Match[] => {
    const { a, b } = items[item] ?? { a: 0, b: null };
    if (b === null || preferred === null) return [];
    if (preferred === "a") return [{ winner: a, loser: b, wins: 1 }];
    if (preferred === "b") return [{ winner: b, loser: a, wins: 1 }];
    return [
      { winner: a, loser: b, wins: 0.5 },
      { winner: b, loser: a, wins: 0.5 },
    ];
  });
  const ranked = bradleyTerry(candidates.length, matches);
  return candidates
    .map((name, i) => {
      const { played = 0, preferred = { score: 0.5, low: 0, high: 1 }, wins = 0 } = ranked[i] ?? {};
      return { name, preferred: played === 0 ? { score: 0.5, low: 0, high: 1 } : preferred, wins, played };
    })
    .sort((x, y) => y.preferred.score - x.preferred.score);
}

function rated(candidates: readonly string[], items: readonly QueueItem[], reviews: readonly ReviewInfo[]) {
  return candidates.map((name, candidate) => {
    const own = reviews.flatMap(({ item, rating }) =>
      rating !== null && items[item]?.a === candidate ? [rating] : [],
    );
    return { name, mean: own.reduce((sum, one) => sum + one, 0) / Math.max(1, own.length), count: own.length };
  });
}

function kappas(
  units: readonly (readonly ReviewInfo[])[],
  value: (review: ReviewInfo) => number | null,
  categories: number,
): ReviewFigures["pairs"] {
  const pairs = new Map<string, [number, number][]>();
  for (const unit of units) {
    const said = unit.flatMap((one) => {
      const v = value(one);
      return v === null || v < 0 ? [] : [{ who: one.reviewer, v }];
    });
    said.sort((x, y) => (x.who < y.who ? -1 : 1));
    said.forEach((one, i) => {
      for (const other of said.slice(i + 1)) {
        const key = `${one.who} ${other.who}`;
        pairs.set(key, [...(pairs.get(key) ?? []), [one.v, other.v]]);
      }
    });
  }
  return [...pairs].map(([key, met]) => {
    const [a = "", b = ""] = key.split(" ");
    return { a, b, kappa: cohenKappa(met, categories, "none").score, items: met.length };
  });
}
