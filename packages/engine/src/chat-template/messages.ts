import { ChatTemplateError } from "./errors.ts";
import type { ChatMessage, Json, MessageContent, ToolCall } from "./types.ts";

/** How a template wants its messages; found out by trying it (see `ChatTemplate`). */
export interface MessageStyle {
  /** Knows `developer`; otherwise that becomes `system`. */
  readonly developer: boolean;
  /** Shows system messages; otherwise their text goes in front of the next user message. */
  readonly system: boolean;
  /** Reads content only as a list of parts. */
  readonly parts: boolean;
}

type TemplateMessage = { readonly [key: string]: Json };

/**
 * Messages as Transformers' templates expect them: text content, `arguments` as an object and not as a string.
 * @throws ChatTemplateError `bad-request` for images.
 */
export function templateMessages(messages: readonly ChatMessage[], style: MessageStyle): TemplateMessage[] {
  const out: TemplateMessage[] = [];
  let instructions: string[] = [];
  messages.forEach((message, index) => {
    const role = message.role === "developer" && !style.developer ? "system" : message.role;
    let text = contentText(message.content ?? refusalOf(message), index);
    if (role === "system" && !style.system) {
      instructions.push(text);
      return;
    }
    if (role === "user" && instructions.length > 0) {
      text = [...instructions, text].join("\n\n");
      instructions = [];
    }
    out.push({ role, content: style.parts ? [{ type: "text", text }] : text, ...extras(message) });
  });
  // Instructions with no user message after them still have to reach the model.
  if (instructions.length > 0) out.push({ role: "user", content: instructions.join("\n\n") });
  return out;
}

function refusalOf(message: ChatMessage): string {
  return message.role === "assistant" ? (message.refusal ?? "") : "";
}

/** Text parts, one a line. */
function contentText(content: MessageContent, index: number): string {
  if (typeof content === "string") return content;
  return content
    .map((part) => {
      switch (part.type) {
        case "text":
          return part.text;
        case "refusal":
          return part.refusal;
        default:
          throw new ChatTemplateError(
            "bad-request",
            `messages[${index}] has a part of the type "${part.type}", but this model reads only text`,
            "Leave that part out, or describe it in words.",
          );
      }
    })
    .join("\n");
}

function extras(message: ChatMessage): TemplateMessage {
  switch (message.role) {
    case "assistant":
      return {
        ...(message.reasoning_content ? { reasoning_content: message.reasoning_content } : {}),
        ...(message.tool_calls?.length ? { tool_calls: message.tool_calls.map(templateCall) } : {}),
      };
    case "tool":
      return { tool_call_id: message.tool_call_id };
    default:
      return message.name === undefined ? {} : { name: message.name };
  }
}

function templateCall(call: ToolCall): Json {
  const { name } = call.function;
  const callArguments = parsedArguments(call.function.arguments);
  return {
    ...(call.id === undefined ? {} : { id: call.id }),
    type: "function",
    function: { name, arguments: callArguments },
  };
}

/** Templates write arguments with `tojson`; a string would be quoted twice. What is no JSON object stays as it is. */
function parsedArguments(text: string): Json {
  try {
    const value: Json = JSON.parse(text === "" ? "{}" : text);
    return typeof value === "object" && value !== null ? value : text;
  } catch {
    return text;
  }
}
