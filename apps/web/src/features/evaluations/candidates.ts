import type { Chosen } from "./candidate-choice.tsx";
import type { Choices, NewCandidate } from "./types.ts";

/** One with an instruction of its own. */
export interface Draft {
  readonly key: number;
  readonly name: string;
  readonly model: string;
  readonly instruction: string;
}

/** The most that one evaluation compares. */
export const mostCandidates = 8;

/** Every chosen prompt on every chosen model, then those that were written here. */
export function candidatesOf(
  { models, prompts }: Chosen,
  drafts: readonly Draft[],
  maxTokens: number,
  known: Choices["prompts"],
): NewCandidate[] {
  const combined: NewCandidate[] =
    prompts.length === 0
      ? models.map((model) => ({ name: model, model, maxTokens }))
      : models.length === 0
        ? prompts.map((prompt) => ({ name: prompt, model: `prompt:${prompt}`, maxTokens }))
        : prompts.flatMap((prompt) =>
            models.map((model) => {
              const own = known.find(({ stands }) => stands === prompt)?.model === model && models.length === 1;
              return { name: own ? prompt : `${prompt} on ${model}`, model, prompt, maxTokens };
            }),
          );
  const written = drafts.map(({ instruction, model, name }): NewCandidate => {
    const said = instruction.trim();
    return {
      name: name.trim() || (said === "" ? model : `${model}, ${said.slice(0, 40)}`),
      model,
      maxTokens,
      ...(said !== "" && { instruction: said }),
    };
  });
  return [...combined, ...written];
}
