import { EngineError, type EngineErrorCode } from "../errors.ts";

/**
 * A chat could not be turned into a prompt. `bad-request`: these messages do not fit the model's template.
 * `bad-model`: the template itself cannot be parsed or run.
 */
export class ChatTemplateError extends EngineError {
  constructor(
    code: Extract<EngineErrorCode, "bad-request" | "bad-model">,
    message: string,
    hint?: string,
    cause?: unknown,
  ) {
    super(code, message, hint, { cause });
    this.name = "ChatTemplateError";
  }
}
