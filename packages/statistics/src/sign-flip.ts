import { differences } from "./interval.ts";
import { seededRandom } from "./random.ts";

/** For scores that are not right or wrong: two-sided p of the mean difference by random changes of sign (Fisher 1935). */
export function signFlip(a: readonly number[], b: readonly number[], rounds = 5000, seed = 1): number {
  const gaps = Float64Array.from(differences(a, b).filter((gap) => gap !== 0));
  const seen = Math.abs(gaps.reduce((sum, one) => sum + one, 0));
  const random = seededRandom(seed);
  let extreme = 0;
  for (let round = 0; round < rounds; round++) {
    let sum = 0;
    // 24 signs a number.
    let bits = 0;
    for (let i = 0; i < gaps.length; i++) {
      if (i % 24 === 0) bits = Math.floor(random() * 0x1000000);
      sum += bits & 1 ? (gaps[i] ?? 0) : -(gaps[i] ?? 0);
      bits >>>= 1;
    }
    if (Math.abs(sum) >= seen - 1e-12) extreme++;
  }
  return (extreme + 1) / (rounds + 1);
}
