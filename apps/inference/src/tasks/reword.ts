import type { ModelFacts } from "../domain/planner/cost-model.ts";
import type { TaskDocument } from "../domain/tasks/document.ts";
import { inputText, outputText, type TaskExample } from "../domain/tasks/examples.ts";
import { labelsOf } from "../domain/tasks/fields.ts";
import type { AskModel } from "./run-step.ts";

/** Smaller ones write nothing that reads as an instruction. */
const fewestParameters = 300e6;
/** So many wordings are measured beside the person's. */
const mostWordings = 2;
const shown = 4;

/**
 * Other words for an instruction, by the largest model at hand that can write: an upstream's, else this machine's. They are
 * measured as anything else is. None where no model is large enough, or where it answers nothing of use.
 */
export async function reword(
  document: TaskDocument,
  learnt: readonly TaskExample[],
  models: readonly ModelFacts[],
  ask: AskModel,
): Promise<string[]> {
  const writer = writerOf(models);
  if (writer === undefined) return [];
  const examples = learnt
    .slice(0, shown)
    .map(
      ({ expected, input }) =>
        `Input: ${inputText(input).slice(0, 600)}\nRight answer: ${outputText(expected).slice(0, 300)}`,
    )
    .join("\n");
  const labels = labelsOf(document.output);
  const wanted = [
    "Write it more precisely: say what decides between the answers.",
    "Write it in other words, as short as it can be without losing anything.",
  ];
  const found: string[] = [];
  for (const how of wanted.slice(0, mostWordings)) {
    const content = [
      "Below is an instruction for a small language model, with examples of what it should answer.",
      `${how} Answer with the new instruction alone, in at most 80 words.`,
      `Instruction: ${document.instruction}`,
      ...(labels === undefined ? [] : [`Possible answers: ${labels.join(", ")}`]),
      examples,
    ].join("\n\n");
    const body = { model: writer, messages: [{ role: "user", content }], temperature: 0, max_tokens: 200 };
    const answer = await ask({ endpoint: "/v1/chat/completions", body });
    if (!answer.ok) return found;
    const text = plain(answer.text);
    const isNew = text !== document.instruction && !found.includes(text);
    if (answer.finishReason === "stop" && text.length >= 10 && text.length <= 1200 && isNew) found.push(text);
  }
  return found;
}

function writerOf(models: readonly ModelFacts[]): string | undefined {
  const able = models.filter(
    ({ fits, kind, parameters }) => fits && (kind === "upstream" ? true : (parameters ?? 0) >= fewestParameters),
  );
  const size = ({ kind, parameters }: ModelFacts) => parameters ?? (kind === "upstream" ? 1e12 : 0);
  return able.sort((a, b) => size(b) - size(a) || (a.name < b.name ? -1 : 1))[0]?.name;
}

/** Without what models write around an answer. */
function plain(text: string): string {
  return text
    .replace(/<think>[\s\S]*?<\/think>/g, "")
    .replace(/^\s*(new |rewritten )?instruction\s*:\s*/i, "")
    .trim()
    .replace(/^(["'`])([\s\S]*)\1$/, "$2")
    .trim();
}
