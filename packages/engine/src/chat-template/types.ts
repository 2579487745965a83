/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface TextPart {
  readonly type: "text";
  readonly text: string;
}
/** Accepted by the type, since clients send it; refused when rendered: models here read text alone. */
export interface ImagePart {
  readonly type: "image_url";
  readonly image_url: { readonly url: string; readonly detail?: string };
}
export interface RefusalPart {
  readonly type: "refusal";
  readonly refusal: string;
}
/** OpenAI's message content: text, or a list of parts. */
export type MessageContent = string | readonly (TextPart | ImagePart | RefusalPart)[];

export interface ToolCall {
  readonly id?: string;
  readonly type: "function";
  /** `arguments` is JSON in a string, as OpenAI has it. */
  readonly function: { readonly name: string; readonly arguments: string };
}

export interface InstructionMessage {
  readonly role: "system" | "developer";
  readonly content: MessageContent;
  readonly name?: string;
}
export interface UserMessage {
  readonly role: "user";
  readonly content: MessageContent;
  readonly name?: string;
}
export interface AssistantMessage {
  readonly role: "assistant";
  readonly content?: MessageContent | null;
  readonly tool_calls?: readonly ToolCall[];
  readonly refusal?: string | null;
  /** What a reasoning model thought, apart from its answer. */
  readonly reasoning_content?: string | null;
  readonly name?: string;
}
export interface ToolMessage {
  readonly role: "tool";
  readonly content: MessageContent;
  readonly tool_call_id: string;
}

/** A message of a chat, in the shape of OpenAI's API. */
export type ChatMessage = InstructionMessage | UserMessage | AssistantMessage | ToolMessage;

/** A function that the model may call, in the shape of OpenAI's API. */
export interface ToolDefinition {
  readonly type: "function";
  readonly function: {
    readonly name: string;
    readonly description?: string;
    /** A JSON Schema. */
    readonly parameters?: { readonly [key: string]: Json };
    readonly strict?: boolean | null;
  };
}
