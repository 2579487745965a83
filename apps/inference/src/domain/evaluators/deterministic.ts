import type { Evaluate } from "./judged.ts";
import { cost, latency, length } from "./limits.ts";
import { bleu, chrf, rougeL } from "./overlap.ts";
import type { EvaluatorSpec } from "./spec.ts";
import { jsonFields, numeric, schemaValid, toolCalls } from "./structure.ts";
import { contains, editSimilarity, exact, normalised, regex } from "./text-match.ts";

/**
 * What an evaluator computes, where that needs neither a model nor a person's code; undefined where it does.
 * @throws Error for a pattern or a schema that is none
 */
export function deterministic(spec: EvaluatorSpec): Evaluate | undefined {
  switch (spec.kind) {
    case "exact":
      return exact;
    case "normalised":
      return normalised;
    case "contains":
      return contains(spec.text, spec.ignoreCase);
    case "regex":
      return regex(spec.pattern, spec.flags);
    case "json":
      return jsonFields(spec.fields);
    case "numeric":
      return numeric(spec.tolerance, spec.relative);
    case "rouge-l":
      return rougeL;
    case "bleu":
      return bleu;
    case "chrf":
      return chrf;
    case "edit-similarity":
      return editSimilarity;
    case "schema":
      return schemaValid(spec.schema);
    case "length":
      return length(spec.unit, spec.least, spec.most);
    case "latency":
      return latency(spec.atMostMs);
    case "cost":
      return cost(spec.atMostMicroUsd);
    case "tool-calls":
      return toolCalls(spec.inOrder);
    case "embedding":
    case "code":
    case "judge":
    case "judge-pairs":
    case "suite":
      return undefined;
  }
}
