import { wordOverlap } from "@tugboat/tuning";
import { canonical, outputText, type Values } from "./examples.ts";

/**
 * How right an answer is, from 0 to 1. `accuracy`: the share of the output's fields that are the expected ones, so that
 * an output of one field is right or wrong. `overlap`: F1 over words. An answer that is none is wrong.
 */
export function scoreAnswer(measure: string, answer: Values | undefined, expected: Values): number {
  if (answer === undefined) return 0;
  if (measure === "overlap") return wordOverlap(outputText(answer), outputText(expected));
  const names = Object.keys(expected);
  const right = names.filter((name) => same(answer[name], expected[name])).length;
  return names.length === 0 ? 0 : right / names.length;
}

function same(a: unknown, b: unknown): boolean {
  if (typeof a === "string" && typeof b === "string") return a.trim() === b.trim();
  return canonical(a) === canonical(b);
}
