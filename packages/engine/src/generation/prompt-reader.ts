import type { ChatTemplate } from "../chat-template/template.ts";
import type { ChatMessage, ToolDefinition } from "../chat-template/types.ts";
import type { GenerateRequest } from "../engine.ts";
import { EngineError } from "../errors.ts";
import type { Tokenizer } from "../tokenizer/types.ts";
import type { ToolUse } from "../tools/tool-use.ts";

export interface PromptLimits {
  readonly vocabulary: number;
  /** Tokens of prompt and answer together. */
  readonly contextLength: number;
}

/** Makes tokens of prompts, and refuses what the model could not read. */
export class PromptReader {
  readonly #tokenizer: Tokenizer;
  readonly #chat: ChatTemplate;
  readonly #tools: ToolUse;
  readonly #limits: PromptLimits;

  constructor(tokenizer: Tokenizer, chat: ChatTemplate, tools: ToolUse, limits: PromptLimits) {
    this.#tokenizer = tokenizer;
    this.#chat = chat;
    this.#tools = tools;
    this.#limits = limits;
  }

  /** The prompt that a chat becomes. @throws ChatTemplateError */
  render(messages: readonly ChatMessage[], tools: readonly ToolDefinition[], addGenerationPrompt: boolean): string {
    if (tools.length > 0) return this.#tools.render(messages, tools, addGenerationPrompt);
    return this.#chat.render({ messages, addGenerationPrompt });
  }

  /** @throws EngineError `bad-request` for a chat without messages; ChatTemplateError */
  tokens(prompt: GenerateRequest["prompt"]): readonly number[] {
    if ("tokens" in prompt) return prompt.tokens;
    if ("text" in prompt) return this.#tokenizer.encode(prompt.text, { bos: true });
    return this.#chatTokens(prompt.messages, prompt.tools ?? [], true);
  }

  /** As `tokens`, but a chat without the turn that an answer would begin. */
  opening(prompt: GenerateRequest["prompt"]): readonly number[] {
    if (!("messages" in prompt)) return this.tokens(prompt);
    return this.#chatTokens(prompt.messages, prompt.tools ?? [], false);
  }

  /** @throws EngineError `bad-request` */
  check(tokens: readonly number[]): void {
    const { vocabulary } = this.#limits;
    if (tokens.length === 0) throw new EngineError("bad-request", "prompt: it has no tokens", "Send some text.");
    const wrong = tokens.find((token) => !Number.isInteger(token) || token < 0 || token >= vocabulary);
    if (wrong === undefined) return;
    throw new EngineError("bad-request", `prompt: ${wrong} is not a token id below ${vocabulary}`);
  }

  /** For what reads a text and writes none. @throws EngineError `bad-request`, `context-overflow` */
  checkFits(tokens: readonly number[]): void {
    this.check(tokens);
    const { contextLength } = this.#limits;
    if (tokens.length > contextLength) throw overflow(tokens.length, 0, contextLength);
  }

  /** @returns how many tokens may be generated. @throws EngineError `bad-request`, `context-overflow` */
  room(tokens: readonly number[], maxTokens: number | undefined): number {
    this.check(tokens);
    const { contextLength } = this.#limits;
    const room = contextLength - tokens.length;
    if (room < 1 || (maxTokens !== undefined && maxTokens > room)) {
      throw overflow(tokens.length, maxTokens ?? 1, contextLength);
    }
    return maxTokens ?? room;
  }

  #chatTokens(
    messages: readonly ChatMessage[],
    tools: readonly ToolDefinition[],
    addGenerationPrompt: boolean,
  ): readonly number[] {
    if (messages.length === 0) throw new EngineError("bad-request", "messages: there is none");
    const text = this.render(messages, tools, addGenerationPrompt);
    // A model's own template writes its own beginning of text; a stand-in leaves that to the tokenizer.
    return this.#tokenizer.encode(text, { special: true, bos: this.#chat.origin !== "model" });
  }
}

function overflow(prompt: number, answer: number, contextLength: number): EngineError {
  return new EngineError(
    "context-overflow",
    `the context holds ${contextLength} tokens; ${prompt} of the prompt and ${answer} to generate are ${prompt + answer}`,
    "Shorten the prompt or lower the number of tokens to generate.",
  );
}
