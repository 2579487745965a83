import { z } from "zod";
import { invalidRequest } from "../errors.ts";

const content = z.union([
  z.string(),
  z
    .array(z.object({ type: z.literal("text"), text: z.string() }))
    .transform((parts) => parts.map(({ text }) => text).join("")),
]);

const chat = z.looseObject({
  model: z.string(),
  messages: z.array(z.looseObject({ role: z.string(), content: content.nullish() })).min(1, "messages: there is none."),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
});

/**
 * Of a chat, what is needed to answer it by something that draws in its own way: what was said, as text, and whether the
 * answer is streamed.
 * @throws ApiError 400
 */
export function parseTextChat(json: unknown): z.output<typeof chat> {
  const parsed = chat.safeParse(json);
  if (parsed.success) return parsed.data;
  throw invalidRequest("invalid_value", parsed.error.issues[0]?.message ?? "The body does not fit.", "messages");
}
