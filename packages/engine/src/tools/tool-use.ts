import type { ChatTemplate } from "../chat-template/template.ts";
import type { ChatMessage, ToolDefinition } from "../chat-template/types.ts";
import { EngineError } from "../errors.ts";
import type { Constraint } from "../grammar/constraint.ts";
import { GrammarError } from "../grammar/errors.ts";
import type { Tokenizer } from "../tokenizer/types.ts";
import { type ToolChoice, toolConstraint } from "./grammar.ts";
import { withToolInstructions } from "./instructions.ts";
import { ToolReader } from "./reader.ts";
import type { ToolSyntax } from "./syntax.ts";

/** How a request uses tools. */
export interface ToolRequest {
  readonly tools: readonly ToolDefinition[];
  readonly toolChoice: ToolChoice;
  readonly parallel: boolean;
}

/** What a model needs to call tools, whether it was trained to or not. */
export class ToolUse {
  readonly #template: ChatTemplate;
  readonly #syntax: ToolSyntax;
  /** The control token that opens calls, where the model has one. */
  readonly spoken: ReadonlyMap<number, string>;

  constructor(template: ChatTemplate, tokenizer: Tokenizer) {
    this.#template = template;
    this.#syntax = template.toolSyntax;
    const { spoken } = this.#syntax;
    const id = spoken === undefined ? undefined : tokenizer.idOf(spoken);
    this.spoken = new Map(id === undefined || !tokenizer.isSpecial(id) ? [] : [[id, spoken!]]);
  }

  /** The prompt of a chat with tools. @throws ChatTemplateError */
  render(messages: readonly ChatMessage[], tools: readonly ToolDefinition[], addGenerationPrompt: boolean): string {
    if (this.#syntax.native) return this.#template.render({ messages, tools, addGenerationPrompt });
    return this.#template.render({ messages: withToolInstructions(messages, tools), addGenerationPrompt });
  }

  /** @throws EngineError `bad-request` for a tool that is not there, or whose strict schema can't be held to */
  constraint({ parallel, toolChoice, tools }: ToolRequest, answer: Constraint | undefined): Constraint {
    if (typeof toolChoice !== "string" && !tools.some((tool) => tool.function.name === toolChoice.name)) {
      const message = `toolChoice: there is no tool \`${toolChoice.name}\` among the request's tools`;
      throw new EngineError("bad-request", message, "Name one of the tools.");
    }
    try {
      return toolConstraint(tools, this.#syntax, toolChoice, parallel, answer);
    } catch (error) {
      if (!(error instanceof GrammarError)) throw error;
      throw new EngineError("bad-request", `tools: ${error.message}`, "Change the tool's parameters.");
    }
  }

  reader(): ToolReader {
    return new ToolReader(this.#syntax);
  }
}
