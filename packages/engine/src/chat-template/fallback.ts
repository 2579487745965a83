import type { Tokenizer } from "../tokenizer/types.ts";

/** A template for a model that brings none. */
export interface FallbackTemplate {
  readonly origin: "chatml" | "transcript";
  readonly source: string;
  /** Where the model's turn ends, when no token says so. */
  readonly stops: readonly string[];
}

const chatml: FallbackTemplate = {
  origin: "chatml",
  source:
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}{% endfor %}" +
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
  stops: [],
};

const transcript: FallbackTemplate = {
  origin: "transcript",
  source:
    "{% for message in messages %}" +
    "{% if message.role == 'system' %}{{ message.content + '\\n\\n' }}" +
    "{% elif message.role == 'assistant' %}{{ 'Assistant: ' + message.content + '\\n' }}" +
    "{% elif message.role == 'tool' %}{{ 'Result: ' + message.content + '\\n' }}" +
    "{% else %}{{ 'User: ' + message.content + '\\n' }}{% endif %}{% endfor %}" +
    "{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}",
  stops: ["\nUser:"],
};

/**
 * What to do with a chat when the model says nothing: ChatML if the vocabulary has its tokens as control tokens, else a
 * transcript with `User:` and `Assistant:`, which a base model can go on with.
 */
export function fallbackTemplate(tokenizer: Tokenizer): FallbackTemplate {
  const has = (text: string) => {
    const id = tokenizer.idOf(text);
    return id !== undefined && tokenizer.isSpecial(id);
  };
  return has("<|im_start|>") && has("<|im_end|>") ? chatml : transcript;
}
