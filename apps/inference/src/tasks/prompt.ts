import { promptOf } from "@tugboat/tuning";
import type { PromptStep } from "../domain/planner/plan.ts";
import type { TaskDocument } from "../domain/tasks/document.ts";
import type { Values } from "../domain/tasks/examples.ts";
import { labelsOf, objectParserOf, objectSchemaOf, onlyField } from "../domain/tasks/fields.ts";
import type { LearntExample } from "./artifact.ts";

/** What a model is asked, in the words that tuned models are taught with. */
export function chatBody(
  step: PromptStep,
  document: TaskDocument,
  input: string,
  shots: readonly LearntExample[],
  draw?: number,
): object {
  const instruction = instructionOf(step, document);
  return {
    model: step.model,
    messages: [{ role: "user", content: promptOf(instruction, input, shots) }],
    // A draw is the same each time it is asked for: a plan answers the same to the same.
    ...(draw === undefined ? { temperature: 0 } : { temperature: 0.8, seed: draw }),
    max_tokens: step.maxTokens,
    logprobs: true,
    ...constraint(step, document),
  };
}

function instructionOf(step: PromptStep, document: TaskDocument): string {
  if (step.wording === "tuned" && step.instruction !== null) return step.instruction;
  const asked = step.wording === "rewritten" && step.instruction !== null ? step.instruction : document.instruction;
  const labels = labelsOf(document.output);
  if (labels !== undefined) {
    return step.wording === "listed" ? `${asked}\nAnswer with one of: ${labels.join(", ")}.` : asked;
  }
  if (onlyField(document.output)?.type === "string") return asked;
  return `${asked}\nAnswer with a JSON object of this schema: ${JSON.stringify(objectSchemaOf(document.output))}`;
}

/** Holds the answer to what is valid, where the model's server can. */
function constraint(step: PromptStep, { output }: TaskDocument): object {
  if (!step.constrained) return {};
  const labels = labelsOf(output);
  if (labels !== undefined) return { structured_outputs: { choice: labels } };
  if (onlyField(output)?.type === "string") return {};
  const schema = objectSchemaOf(output);
  return { response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema } } };
}

/** What a text says as the task's output; undefined where it is none. */
export function readAnswer(text: string, { output }: TaskDocument): Values | undefined {
  const only = onlyField(output);
  const labels = labelsOf(output);
  const said = text.trim();
  if (only !== undefined && labels !== undefined) {
    const label = labelIn(said, labels);
    return label === undefined ? undefined : { [only.name]: label };
  }
  if (only?.type === "string") return { [only.name]: said };
  const begin = said.indexOf("{");
  const end = said.lastIndexOf("}");
  if (begin < 0 || end < begin) {
    const alone = only && objectParserOf(output).safeParse({ [only.name]: said });
    return alone?.success ? alone.data : undefined;
  }
  try {
    const parsed = objectParserOf(output).safeParse(JSON.parse(said.slice(begin, end + 1)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** The label that a text is, or the only one that it names. */
function labelIn(said: string, labels: readonly string[]): string | undefined {
  const plain = said.toLowerCase().replace(/^["'`]+|["'`.!]+$/g, "");
  const same = labels.find((label) => label.toLowerCase() === plain);
  if (same !== undefined) return same;
  const named = labels.filter((label) => said.toLowerCase().includes(label.toLowerCase()));
  return named.length === 1 ? named[0] : undefined;
}

/** A label as the task's output. */
export function outputOf(label: string, { output }: TaskDocument): Values | undefined {
  const only = onlyField(output);
  return only === undefined ? undefined : { [only.name]: label };
}
