import type { NewExample, TraceDetail } from "@tugboat/db";
import { z } from "zod";

export const expectations = ["answer", "correction", "nothing"] as const;
export type Expectation = (typeof expectations)[number];

const asked = z.object({
  messages: z.array(z.json()).min(1).optional(),
  tools: z.array(z.json()).optional(),
  prompt: z.union([z.string(), z.array(z.string()).length(1)]).optional(),
});
const answered = z
  .array(
    z.object({
      content: z.string(),
      toolCalls: z.array(z.object({ name: z.string(), arguments: z.string() })).optional(),
    }),
  )
  .min(1);

/**
 * A request as an example of a dataset: what was asked, and as what it should answer its answer, the newest correction,
 * or nothing, so that a person says it later.
 * @returns a sentence where it can't be one
 */
export function toExample({ body, feedback, trace }: TraceDetail, expectation: Expectation): NewExample | string {
  if (body === null) return "The texts of this request are not kept, so it can't become an example.";
  const request = asked.safeParse(JSON.parse(body.input)).data;
  const [prompt] = [request?.prompt ?? []].flat();
  const input =
    request?.messages !== undefined
      ? { messages: request.messages, ...(request.tools && { tools: request.tools }) }
      : prompt;
  if (input === undefined) return "Only chats and completions of one prompt can become examples.";
  const origin = { kind: "trace", id: trace.id };
  if (expectation === "nothing") return { input, expected: null, origin };
  if (expectation === "correction") {
    const corrected = feedback.findLast(({ kind }) => kind === "correction")?.text;
    return corrected ? { input, expected: corrected, origin } : "Nobody has corrected this answer yet.";
  }
  const [answer] = answered.safeParse(JSON.parse(body.output)).data ?? [];
  if (answer === undefined) return "This request was not answered, so there is no answer to keep.";
  if (answer.toolCalls === undefined) return { input, expected: answer.content, origin };
  const calls = answer.toolCalls.map((call, index) => ({ id: `call_${index}`, type: "function", function: call }));
  return { input, expected: { role: "assistant", content: answer.content, tool_calls: calls }, origin };
}
