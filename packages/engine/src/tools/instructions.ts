import type { ChatMessage, MessageContent, ToolDefinition } from "../chat-template/types.ts";

/**
 * Messages for a model whose template knows no tools: they are described in the instruction, calls and their results become
 * text, in the words of Hermes' function calling.
 */
export function withToolInstructions(
  messages: readonly ChatMessage[],
  tools: readonly ToolDefinition[],
): ChatMessage[] {
  const list = tools.map((tool) => JSON.stringify({ type: tool.type, function: tool.function })).join("\n");
  const instruction = [
    "You may call one or more functions to help with the user's request. Their signatures:",
    `<tools>\n${list}\n</tools>`,
    "For each call write a JSON object with the function's name and arguments within tags:",
    '<tool_call>\n{"name": <name>, "arguments": <arguments>}\n</tool_call>',
  ].join("\n");
  const plain = messages.map(plainMessage);
  const [first, ...rest] = plain;
  if (first?.role === "system" || first?.role === "developer") {
    return [{ role: "system", content: `${textOf(first.content)}\n\n${instruction}` }, ...rest];
  }
  return [{ role: "system", content: instruction }, ...plain];
}

function plainMessage(message: ChatMessage): ChatMessage {
  if (message.role === "tool") {
    return { role: "user", content: `<tool_response>\n${textOf(message.content)}\n</tool_response>` };
  }
  if (message.role !== "assistant" || !message.tool_calls?.length) return message;
  const calls = message.tool_calls.map(
    ({ function: { arguments: args, name } }) =>
      `<tool_call>\n{"name": ${JSON.stringify(name)}, "arguments": ${args === "" ? "{}" : args}}\n</tool_call>`,
  );
  const text = textOf(message.content ?? "");
  return { role: "assistant", content: [...(text === "" ? [] : [text]), ...calls].join("\n") };
}

function textOf(content: MessageContent): string {
  if (typeof content === "string") return content;
  return content.map((part) => (part.type === "text" ? part.text : "")).join("\n");
}
