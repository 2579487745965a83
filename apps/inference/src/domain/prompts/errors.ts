/** What is wrong with a prompt or with what it is filled with. */
export class PromptError extends Error {
  override readonly name = "PromptError";
  readonly code = "bad-prompt";
  /** Where: `variables.order_id`. */
  readonly field: string;
  readonly hint: string;

  constructor(field: string, message: string, hint: string) {
    super(message);
    this.field = field;
    this.hint = hint;
  }
}
