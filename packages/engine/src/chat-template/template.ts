import type { Tokenizer } from "../tokenizer/types.ts";
import { type ToolSyntax, toolSyntaxOf } from "../tools/syntax.ts";
import { ChatTemplateError } from "./errors.ts";
import { fallbackTemplate } from "./fallback.ts";
import {
  BoundedInterpreter,
  defaultLimits,
  type TemplateLimits,
  TemplateRefusal,
  templateScope,
} from "./interpreter.ts";
import { parseTemplate, type SyntaxNode } from "./jinja.ts";
import { type MessageStyle, templateMessages } from "./messages.ts";
import { strftime } from "./strftime.ts";
import type { ChatMessage, Json, ToolDefinition } from "./types.ts";

export interface RenderRequest {
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly ToolDefinition[];
  /** End with the opening of the model's turn. */
  readonly addGenerationPrompt?: boolean;
  /** More variables for the template: `enable_thinking`. */
  readonly extra?: { readonly [name: string]: Json };
}

export interface ChatTemplateOptions {
  /** What `bos_token` and `eos_token` write. */
  readonly bosToken?: string;
  readonly eosToken?: string;
  /** Another template for chats with tools, where the model has one. */
  readonly toolSource?: string;
  /** For `strftime_now`. */
  readonly now?: () => Date;
  readonly limits?: TemplateLimits;
}

/** Longer templates are no templates. The longest known has 20,000 characters. */
const longestSource = 1_000_000;

/** A chat of one turn takes a template a few hundred steps. */
const probeSteps = 50_000;

/** Turns a chat into the one text that the model was trained on, by the model's own Jinja template. */
export class ChatTemplate {
  /** Where the template is from: the model, or one of the two fallbacks. */
  readonly origin: "model" | "chatml" | "transcript";
  /** Strings that end the model's turn, for models without a token for it. */
  readonly stops: readonly string[];
  /** Whether the template mentions tools. Without that, tools are silently left out of the prompt. */
  readonly supportsTools: boolean;
  /** How the model writes calls. */
  readonly toolSyntax: ToolSyntax;
  readonly #plain: Program;
  readonly #withTools: Program;

  /**
   * @param source Jinja, as Transformers runs it: `trim_blocks`, `lstrip_blocks`, loop controls.
   * @throws ChatTemplateError `bad-model` when it cannot be parsed.
   */
  constructor(
    source: string,
    options: ChatTemplateOptions = {},
    fallback?: { readonly origin: "chatml" | "transcript"; readonly stops: readonly string[] },
  ) {
    this.origin = fallback?.origin ?? "model";
    this.stops = fallback?.stops ?? [];
    this.#plain = new Program(source, options);
    this.#withTools = options.toolSource === undefined ? this.#plain : new Program(options.toolSource, options);
    this.supportsTools = /\btools\b/.test(options.toolSource ?? source);
    this.toolSyntax = toolSyntaxOf(this.supportsTools ? (options.toolSource ?? source) : undefined);
  }

  /**
   * The prompt. Encode it with `special: true` and without BOS: templates write their own.
   * @throws ChatTemplateError `bad-request` when the template refuses the messages, or they hold images.
   */
  render(request: RenderRequest): string {
    return (request.tools?.length ? this.#withTools : this.#plain).render(request);
  }
}

/** The model's own template, or the documented fallback: ChatML where the vocabulary has it, else a transcript. */
export function chatTemplateFor(
  source: string | undefined,
  tokenizer: Tokenizer,
  options: Omit<ChatTemplateOptions, "bosToken" | "eosToken"> = {},
): ChatTemplate {
  const text = (id: number | undefined) => (id === undefined ? undefined : tokenizer.tokenText(id));
  const all = { ...options, bosToken: text(tokenizer.bos), eosToken: text(tokenizer.eos) };
  if (source !== undefined && source.trim() !== "") return new ChatTemplate(source, all);
  const fallback = fallbackTemplate(tokenizer);
  return new ChatTemplate(fallback.source, all, fallback);
}

/** One parsed template, and how it wants its messages. */
class Program {
  readonly #source: string;
  readonly #options: ChatTemplateOptions;
  readonly #syntax: SyntaxNode;
  #style: MessageStyle | undefined;

  constructor(source: string, options: ChatTemplateOptions) {
    this.#source = source;
    this.#options = options;
    if (source.length > longestSource) {
      throw new ChatTemplateError(
        "bad-model",
        `The model's chat template has ${source.length} characters; that is none`,
      );
    }
    try {
      this.#syntax = parseTemplate(source);
    } catch (cause) {
      throw new ChatTemplateError(
        "bad-model",
        `The model's chat template cannot be parsed: ${reason(cause)}`,
        "Give the model another template, or send a prompt of your own instead of messages.",
        cause,
      );
    }
  }

  render(request: RenderRequest): string {
    this.#style ??= this.#findStyle();
    const limits = this.#options.limits ?? defaultLimits;
    return this.#run(templateMessages(request.messages, this.#style), request, limits);
  }

  #run(
    messages: readonly { readonly [key: string]: Json }[],
    request: Omit<RenderRequest, "messages">,
    limits: TemplateLimits,
  ): string {
    const scope = templateScope(this.#options.now ?? (() => new Date()), strftime);
    const variables: Record<string, unknown> = {
      ...request.extra,
      messages,
      tools: request.tools?.length ? request.tools : null,
      add_generation_prompt: request.addGenerationPrompt ?? false,
      bos_token: this.#options.bosToken ?? "",
      eos_token: this.#options.eosToken ?? "",
    };
    try {
      for (const [name, value] of Object.entries(variables)) scope.set(name, value);
      const size = messages.length + (request.tools?.length ?? 0);
      const result = new BoundedInterpreter(scope, limits, size).run(this.#syntax);
      return String(result.value);
    } catch (cause) {
      if (cause instanceof ChatTemplateError) throw cause;
      if (cause instanceof TemplateRefusal) {
        const sentence = cause.message.trim().replace(/[.!]$/, "");
        throw new ChatTemplateError("bad-request", `The model's chat template refuses these messages: ${sentence}`);
      }
      throw new ChatTemplateError(
        "bad-model",
        `The model's chat template failed: ${reason(cause)}`,
        "It may expect other messages or tools than these. A prompt of your own works without it.",
        cause,
      );
    }
  }

  /** Tries the template on a chat of one turn: what it leaves out, it does not know. */
  #findStyle(): MessageStyle {
    const developer = /\bdeveloper\b/.test(this.#source);
    const limits = { ...(this.#options.limits ?? defaultLimits), steps: probeSteps };
    const shows = (messages: readonly { readonly [key: string]: Json }[], text: string) => {
      try {
        return this.#run(messages, { addGenerationPrompt: true }, limits).includes(text);
      } catch {
        return false;
      }
    };
    const [question, instruction] = ["tugboat question", "tugboat instruction"];
    const asParts = (text: string) => [{ type: "text", text }];
    const parts =
      !shows([{ role: "user", content: question }], question) &&
      shows([{ role: "user", content: asParts(question) }], question);
    const content = (text: string) => (parts ? asParts(text) : text);
    const chat = [
      { role: "system", content: content(instruction) },
      { role: "user", content: content(question) },
    ];
    // A template that shows nothing at all is left to fail on the real messages.
    const system = shows(chat, instruction) || !shows(chat.slice(1), question);
    return { developer, system, parts };
  }
}

function reason(cause: unknown): string {
  if (cause instanceof RangeError && /call stack/i.test(cause.message)) return "it nests or calls itself without end";
  return cause instanceof Error ? cause.message : String(cause);
}
