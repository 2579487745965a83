import { withVariables } from "../prompts/content.ts";
import type { Content } from "../prompts/types.ts";
import { schemaProblem } from "./chat-body.ts";
import type { Candidate, Conversation } from "./types.ts";

/** What stands in the playground as a prompt: its words with their variables, and one column's model and parameters. */
export function asPrompt(
  { draft, system, turns }: Pick<Conversation, "draft" | "system" | "turns">,
  { model, parameters }: Pick<Candidate, "model" | "parameters">,
): Content {
  const said = (role: "system" | "user" | "assistant", content: string | undefined) =>
    content === undefined || content.trim() === "" ? [] : [{ role, content }];
  const messages = [
    ...said("system", system),
    ...turns.flatMap(({ example, user }) => [...said("user", user), ...said("assistant", example)]),
    ...said("user", draft),
  ];
  const { format, frequencyPenalty, maxTokens, presencePenalty, seed, stop, temperature, topP } = parameters;
  const held = format.type === "json_schema" && schemaProblem(format.schema) === undefined;
  return withVariables({
    model,
    messages: messages.length > 0 ? messages : [{ role: "user", content: "" }],
    variables: [],
    tools: [],
    parameters: {
      temperature,
      top_p: topP,
      max_tokens: maxTokens,
      ...(seed !== undefined && { seed }),
      ...(frequencyPenalty !== 0 && { frequency_penalty: frequencyPenalty }),
      ...(presencePenalty !== 0 && { presence_penalty: presencePenalty }),
      ...(stop.length > 0 && { stop: [...stop] }),
    },
    output: held ? JSON.parse(format.schema) : null,
  });
}
