import { normalQuantile } from "./distributions.ts";
import type { Interval } from "./interval.ts";

/** One side's wins over another. A tie is half a win of either. */
export interface Match {
  readonly winner: number;
  readonly loser: number;
  /** 1, or 0.5 for each direction of a tie. */
  readonly wins: number;
}

export interface Ranked {
  /** In log odds, against the mean of all. */
  readonly strength: Interval;
  /** The chance of being preferred to an average one: the strength's, between 0 and 1. */
  readonly preferred: Interval;
  readonly wins: number;
  readonly played: number;
}

/**
 * Strengths from pairwise preferences (Bradley and Terry 1952) by minorisation-maximisation (Hunter 2004), with intervals
 * from the observed information. A tenth of a win is added in each direction between those that met, without which
 * someone who always wins would be infinitely strong.
 * @param prior wins that are added in each direction; 0 is plain maximum likelihood
 */
export function bradleyTerry(count: number, matches: readonly Match[], prior = 0.1, level = 0.95): Ranked[] {
  const wins = Array.from({ length: count }, () => new Float64Array(count));
  for (const { loser, winner, wins: many } of matches) {
    const row = wins[winner];
    if (row === undefined || loser < 0 || loser >= count) throw new RangeError(`${winner}, ${loser} do not compete`);
    row[loser] = (row[loser] ?? 0) + many;
  }
  const played = (i: number, j: number) => (wins[i]?.[j] ?? 0) + (wins[j]?.[i] ?? 0);
  const games = (i: number, j: number) => (played(i, j) > 0 ? played(i, j) + 2 * prior : 0);
  const won = wins.map((row, i) => row.reduce((sum, one, j) => sum + one + (played(i, j) > 0 ? prior : 0), 0));
  const indices = wins.map((_, i) => i);
  let skill = indices.map(() => 1);
  for (let round = 0; round < 10_000; round++) {
    const next = skill.map((own, i) => {
      const rate = indices.reduce((sum, j) => sum + (j === i ? 0 : games(i, j) / (own + (skill[j] ?? 1))), 0);
      return rate === 0 ? own : (won[i] ?? 0) / rate;
    });
    const scale = Math.exp(next.reduce((sum, one) => sum + Math.log(Math.max(1e-12, one)), 0) / count);
    const moved = next.map((one) => Math.max(1e-12, one / scale));
    const change = Math.max(...moved.map((one, i) => Math.abs(Math.log(one / (skill[i] ?? 1)))));
    skill = moved;
    if (change < 1e-10) break;
  }
  const errors = standardErrors(skill, games);
  const z = normalQuantile(0.5 + level / 2);
  return skill.map((own, i) => {
    const score = Math.log(own);
    const half = z * (errors[i] ?? 0);
    const strength = { score, low: score - half, high: score + half };
    const share = (x: number) => 1 / (1 + Math.exp(-x));
    return {
      strength,
      preferred: { score: share(score), low: share(strength.low), high: share(strength.high) },
      wins: indices.reduce((sum, j) => sum + (wins[i]?.[j] ?? 0), 0),
      played: indices.reduce((sum, j) => sum + played(i, j), 0),
    };
  });
}

/** Of strengths that sum to 0: the diagonal of the information's inverse on that plane. */
function standardErrors(skill: readonly number[], games: (i: number, j: number) => number): number[] {
  const k = skill.length;
  if (k < 2) return skill.map(() => 0);
  // Adding 1/k everywhere makes the information invertible without changing it on the plane.
  const matrix = skill.map((own, i) =>
    skill.map((other, j) => {
      if (i !== j) return 1 / k - (games(i, j) * own * other) / (own + other) ** 2;
      const total = skill.reduce(
        (sum, one, m) => sum + (m === i ? 0 : (games(i, m) * own * one) / (own + one) ** 2),
        0,
      );
      return 1 / k + total;
    }),
  );
  const inverse = invert(matrix);
  return skill.map((_, i) => Math.sqrt(Math.max(0, (inverse[i]?.[i] ?? 0) - 1 / k)));
}

/** Gauss and Jordan, with the largest pivot. A side that never played makes it singular: its variance is then infinite. */
function invert(matrix: readonly (readonly number[])[]): number[][] {
  const k = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let column = 0; column < k; column++) {
    let best = column;
    for (let r = column; r < k; r++) {
      if (Math.abs(rows[r]?.[column] ?? 0) > Math.abs(rows[best]?.[column] ?? 0)) best = r;
    }
    const [from, to] = [rows[best], rows[column]];
    if (from === undefined || to === undefined || Math.abs(from[column] ?? 0) < 1e-12) {
      return matrix.map((row) => row.map(() => Number.POSITIVE_INFINITY));
    }
    rows[best] = to;
    rows[column] = from;
    const pivot = from[column] ?? 1;
    for (let j = 0; j < 2 * k; j++) from[j] = (from[j] ?? 0) / pivot;
    rows.forEach((row, r) => {
      const factor = row[column] ?? 0;
      if (r === column || factor === 0) return;
      for (let j = 0; j < 2 * k; j++) row[j] = (row[j] ?? 0) - factor * (from[j] ?? 0);
    });
  }
  return rows.map((row) => row.slice(k));
}
