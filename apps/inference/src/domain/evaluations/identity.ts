import { createHash } from "node:crypto";
import { canonicalJson, type OrganizationScope } from "@tugboat/db";
import { z } from "zod";
import type { Candidate } from "./config.ts";

/** What an answer depends on beside the example. A new way of asking is a new version. */
const version = 1;

/**
 * Of what a candidate is made of now, in hexadecimal: its answers are remembered by it, so that an alias that moved is
 * asked again. What is served by a prompt or a task can change unseen, and is remembered within its evaluation alone.
 */
export async function candidateKey(
  scope: OrganizationScope,
  candidate: Candidate,
  evaluation: string,
): Promise<string> {
  const { instruction = null, maxTokens, model, temperature } = candidate;
  const served = await servedBy(scope, model, evaluation);
  const made = { version, model, served, instruction, maxTokens, temperature };
  return createHash("sha256")
    .update(canonicalJson(z.json().parse(made)))
    .digest("hex");
}

async function servedBy(scope: OrganizationScope, model: string, evaluation: string): Promise<string> {
  if (/^(prompt|task):/.test(model)) return `evaluation ${evaluation}`;
  const alias = (await scope.aliases.list()).find(({ name }) => name === model);
  if (alias !== undefined) return `alias ${alias.id} ${alias.current.number}`;
  const known = await scope.models.get(model);
  return known === null ? "elsewhere" : `model ${known.id} ${known.addedAt.toISOString()}`;
}
