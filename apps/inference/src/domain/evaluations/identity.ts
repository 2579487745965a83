import { createHash } from "node:crypto";
import { canonicalJson, type OrganizationScope } from "@tugboat/db";
import { z } from "zod";
import { contentDigest } from "../prompts/content.ts";
import { promptOf } from "./candidate-prompt.ts";
import type { PinnedCandidate } from "./config.ts";

/** What an answer depends on beside the example. A new way of asking is a new version. */
const version = 2;

/**
 * Of what a candidate is made of now, in hexadecimal: its answers are remembered by it, so that an alias or a label that
 * moved is asked again. What is served by a task can change unseen, and is remembered within its evaluation alone.
 */
export async function candidateKey(
  scope: OrganizationScope,
  candidate: PinnedCandidate,
  evaluation: string,
): Promise<string> {
  const { instruction = null, maxTokens, temperature } = candidate;
  const prompt = await promptOf(scope, candidate);
  const model = prompt?.model ?? candidate.model;
  const served = await servedBy(scope, model, evaluation);
  const words = prompt === undefined ? null : contentDigest({ ...prompt.content, model });
  const made = { version, model, served, words, instruction, maxTokens, temperature };
  return createHash("sha256")
    .update(canonicalJson(z.json().parse(made)))
    .digest("hex");
}

async function servedBy(scope: OrganizationScope, model: string, evaluation: string): Promise<string> {
  if (model.startsWith("task:")) return `evaluation ${evaluation}`;
  const alias = (await scope.aliases.list()).find(({ name }) => name === model);
  if (alias !== undefined) return `alias ${alias.id} ${alias.current.number}`;
  const known = await scope.models.get(model);
  return known === null ? "elsewhere" : `model ${known.id} ${known.addedAt.toISOString()}`;
}
