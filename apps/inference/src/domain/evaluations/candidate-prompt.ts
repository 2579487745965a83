import type { OrganizationScope } from "@tugboat/db";
import { type PromptContent, promptContent } from "../prompts/content.ts";
import type { Candidate, PinnedCandidate } from "./config.ts";

const prefix = "prompt:";

/** The prompt that a candidate says, and who answers it. */
export interface CandidatePrompt {
  readonly content: PromptContent;
  /** The prompt's own, or the one that the candidate names instead. */
  readonly model: string;
  /** `name@3` */
  readonly version: string;
}

/** Undefined for a candidate that says no prompt. @throws DatabaseError `not-found` */
export async function promptOf(
  scope: OrganizationScope,
  candidate: PinnedCandidate,
): Promise<CandidatePrompt | undefined> {
  const served = candidate.model.startsWith(prefix);
  const reference = candidate.pinned ?? (served ? candidate.model.slice(prefix.length) : candidate.prompt);
  if (reference === undefined) return undefined;
  const { prompt, version } = await scope.prompts.resolve(reference);
  const content = promptContent.parse(version.content);
  return {
    content,
    model: served ? content.model : candidate.model,
    version: `${prompt.name}@${version.number}`,
  };
}

/**
 * A candidate as it is now: a label becomes the version that it points to, so that a move while the evaluation runs, or
 * after it, changes nothing of what was compared.
 * @throws DatabaseError `not-found`
 */
export async function pin(scope: OrganizationScope, candidate: Candidate): Promise<PinnedCandidate> {
  const prompt = await promptOf(scope, candidate);
  if (prompt === undefined) {
    return candidate.instruction === undefined ? { ...candidate, stands: candidate.model } : candidate;
  }
  const asServed = candidate.instruction === undefined && prompt.model === prompt.content.model;
  return { ...candidate, pinned: prompt.version, ...(asServed && { stands: `${prefix}${prompt.version}` }) };
}
